"""The cache doctor's book: how much of a conversation's prompts could be reused, how much was, and what was in the way.

The rule: in memory only and bounded; numbers and the names of differences, no text of anybody's.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

import msgspec
from msgspec import Struct, field

from unsloth_studio.turn.events import Usage
from unsloth_studio.turn.record import PromptReuse

MOST_CONVERSATIONS = 256
MOST_DIFFERENCES = 16
"""Kinds of differences that are counted by name for one conversation."""
FORGOTTEN = "not in the engine's memory"
_TOLERANCE = 0.1
"""Of the prompt. Letters are no tokens, and the engine reads the last tokens again in any case."""


class CacheNote(msgspec.Struct, kw_only=True, frozen=True):
    """How a request's prompt compares with the one before it in its conversation. `possible` is the share of it that the
    former one began with, `reused` the share that the engine did not read again, both 0 to 1; `difference` names where
    they part, "" when this one merely goes on; `removed` what was taken out of both so that they do not differ by it."""

    conversation: int
    turn: int
    session: str
    agent: str
    possible: float | None
    reused: float | None
    difference: str
    removed: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True):
    name: str
    count: int


class ConversationCache(msgspec.Struct, kw_only=True, frozen=True):
    """Tokens are sums from the second turn on: of the prompts, of what of them could be reused (as far as letters tell), and
    of what was; `lost_tokens` were read again because a prompt changed, or the engine had forgotten it. `differences`, the
    most frequent first; `last_difference` is that of the last turn. `at` is in seconds since 1970."""

    conversation: int
    at: float
    client: str
    model: str
    session: str
    agent: str
    turns: int
    prompt_tokens: int
    possible_tokens: int
    reused_tokens: int
    lost_tokens: int
    last_difference: str
    differences: list[Difference]
    removed: list[str]


class CacheReport(msgspec.Struct, frozen=True):
    """The conversations of late, the one used last first."""

    conversations: list[ConversationCache]


class _Sums(Struct):
    client: str
    model: str
    at: float = 0.0
    prompt: int = 0
    possible: int = 0
    reused: int = 0
    lost: int = 0
    former: int = 0
    last: CacheNote | None = None
    differences: Counter[str] = field(default_factory=Counter[str])
    removed: dict[str, None] = field(default_factory=dict[str, None])


class CacheLog:
    def __init__(self, most: int = MOST_CONVERSATIONS) -> None:
        self._most = most
        self._sums: OrderedDict[int, _Sums] = OrderedDict()

    def count(self, note: CacheNote, usage: Usage, *, at: float, client: str, model: str) -> None:
        """A turn is over."""
        sums = self._sums.setdefault(note.conversation, _Sums(client, model))
        self._sums.move_to_end(note.conversation)
        while len(self._sums) > self._most:
            self._sums.popitem(last=False)
        if note.possible is not None:
            possible = round(note.possible * usage.prompt_tokens)
            sums.prompt += usage.prompt_tokens
            sums.possible += possible
            sums.reused += usage.cached_tokens
            if note.difference:
                gone = min(sums.former, usage.prompt_tokens) if sums.former else possible
                sums.lost += max(0, gone - usage.cached_tokens)
                if note.difference in sums.differences or len(sums.differences) < MOST_DIFFERENCES:
                    sums.differences[note.difference] += 1
        sums.at, sums.last, sums.former = at, note, usage.prompt_tokens
        sums.removed |= dict.fromkeys(note.removed)

    def report(self) -> CacheReport:
        return CacheReport([_told(number, sums) for number, sums in reversed(self._sums.items())])

    def clear(self) -> None:
        self._sums.clear()


def note_of(reuse: PromptReuse, usage: Usage | None) -> CacheNote:
    """The comparison, with what the engine says it reused."""
    reused = usage.cached_tokens / usage.prompt_tokens if usage is not None and usage.prompt_tokens else None
    difference = reuse.difference
    if not difference and reuse.possible is not None and reused is not None and reused < reuse.possible - _TOLERANCE:
        difference = FORGOTTEN
    return CacheNote(
        conversation=reuse.conversation,
        turn=reuse.turn,
        session=reuse.session,
        agent=reuse.agent,
        possible=None if reuse.possible is None else round(reuse.possible, 4),
        reused=None if reused is None else round(reused, 4),
        difference=difference,
        removed=reuse.removed,
    )


def _told(number: int, sums: _Sums) -> ConversationCache:
    last = sums.last
    assert last is not None, "every conversation has had a turn"
    return ConversationCache(
        conversation=number,
        at=sums.at,
        client=sums.client,
        model=sums.model,
        session=last.session,
        agent=last.agent,
        turns=last.turn,
        prompt_tokens=sums.prompt,
        possible_tokens=sums.possible,
        reused_tokens=sums.reused,
        lost_tokens=sums.lost,
        last_difference=last.difference,
        differences=[Difference(name, count) for name, count in sums.differences.most_common()],
        removed=list(sums.removed),
    )
