"""Two ways to ask the engine for a turn with tools: it parses the calls, or it leaves them in the text for us.

The rule: the second way is taken at most once, when the first ended in a fault of the engine's own parser, grammar or
template, and nothing of the answer had reached the client; or from the start, when tools were loaded in the middle of the
conversation, which the engine's grammar does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from unsloth_studio.engine.replies import PARSER_FAULT
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import Event, PromptProgress, TurnFailed, TurnStart

Lane = Literal["engine", "ours"]


class Lanes:
    """Which lane a turn is in. `two` says whether the second one may be taken at all, `first` which one it begins in;
    `switched` that it began anew."""

    def __init__(self, *, two: bool, first: Lane = "engine") -> None:
        self._another = two and first == "engine"
        self._answering = False
        self._started = False
        self.switched = False
        self.lane: Lane = first

    @property
    def may_switch(self) -> bool:
        """Whether the second lane can still be taken."""
        return self._another

    def switches(self, error: TurnError) -> bool:
        """Whether the turn starts anew in the other lane instead of failing with `error`."""
        if error.code != PARSER_FAULT or not self._another or self._answering:
            return False
        self._another = False
        self.switched = True
        self.lane = "ours"
        return True

    def pass_on(self, events: Sequence[Event]) -> tuple[Sequence[Event], bool]:
        """What of `events` the client gets, and whether the turn starts anew."""
        if self._answering:
            return events, False
        passed: list[Event] = []
        for event in events:
            match event:
                case TurnStart() if self._started:
                    continue  # the client has had it from the first lane
                case TurnStart():
                    self._started = True
                case PromptProgress() if self.switched:
                    continue
                case PromptProgress():
                    pass
                case TurnFailed(error) if self.switches(error):
                    return passed, True
                case _:
                    self._answering = True
            passed.append(event)
        return passed, False
