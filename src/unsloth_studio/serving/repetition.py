"""Notices a model that writes the same thing for ever.

The rule: rather too late than wrong. Only a unit of words counts (several letters, and long enough), and only after it stood
many times back to back and filled a page; rows of zeros, table rules and empty cells never do. What is found, and where,
does not depend on how the text is cut into chunks. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    ReasoningDelta,
    TextDelta,
    TurnEnd,
    TurnStart,
    Usage,
)

UNIT_AT_LEAST = 20
UNIT_AT_MOST = 400
TIMES = 40
LENGTH_AT_LEAST = 4096
LETTERS_AT_LEAST = 8
"""Different letters in a unit. `<td></td>`, `0x00, ` and `| 0 | 0 |` have fewer; sentences have more."""

_STEP = 512
_KEPT = max(UNIT_AT_MOST * TIMES, LENGTH_AT_LEAST)


class RepetitionGuard(Struct):
    """Feed it one part's text as it comes. Looks at the text once every 512 characters; keeps the last 16,000."""

    _tail: str = ""
    _pending: list[str] = field(default_factory=list[str])
    _missing: int = _STEP
    _tripped: bool = False

    def feed(self, text: str) -> bool:
        """Whether the text so far ends in nothing but repetition; stays true once it was."""
        at = 0
        while at < len(text) and not self._tripped:
            piece = text[at : at + self._missing]
            at += len(piece)
            self._missing -= len(piece)
            self._pending.append(piece)
            if not self._missing:
                self._tail = "".join((self._tail, *self._pending))[-_KEPT:]
                self._pending = []
                self._missing = _STEP
                self._tripped = _repeats(self._tail)
        return self._tripped


class EndlessTurn:
    """Feed it a turn's events; it ends the turn as if its limit of tokens had been reached once its text or its thinking
    repeats itself."""

    def __init__(self) -> None:
        self._guard = RepetitionGuard()
        self._read = Usage()
        self._written = 0
        self.ended = False

    def feed(self, events: Sequence[Event]) -> Sequence[Event]:
        """`events`, or those up to the repetition and the end of the turn. Its tokens are the deltas: the engine is stopped
        and gives no number."""
        for at, event in enumerate(events):
            if isinstance(event, ArgumentsDelta):
                self._written += 1  # what is written into a file may repeat itself
            elif isinstance(event, TextDelta | ReasoningDelta):
                self._written += 1
                if self._guard.feed(event.text):
                    self.ended = True
                    usage = replace(self._read, completion_tokens=self._written)
                    return [*events[: at + 1], PartEnd(event.index), TurnEnd("length", usage)]
            elif isinstance(event, PartStart):
                self._guard = RepetitionGuard()
            elif isinstance(event, TurnStart):
                self._read = Usage(event.prompt_tokens or 0, cached_tokens=event.cached_tokens or 0)
        return events


def _repeats(tail: str) -> bool:
    probe = tail[-UNIT_AT_MOST:]
    near = tail[-2 * UNIT_AT_MOST : -1]
    at = near.rfind(probe)  # as long as the longest unit, so that its last occurrence gives the shortest period
    if at < 0:
        return False
    unit = len(near) + 1 - len(probe) - at
    length = max(TIMES * unit, LENGTH_AT_LEAST)
    if unit < UNIT_AT_LEAST or length > len(tail):
        return False
    letters = {letter for letter in tail[-unit:].casefold() if letter.isalpha()}
    return len(letters) >= LETTERS_AT_LEAST and tail[-length:-unit] == tail[-length + unit :]
