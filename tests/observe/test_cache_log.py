"""The book of prompt caches: sums, names, and its bounds."""

from __future__ import annotations

import pytest

from unsloth_studio.observe.cache_log import FORGOTTEN, MOST_DIFFERENCES, CacheLog, note_of
from unsloth_studio.turn.events import Usage
from unsloth_studio.turn.record import PromptReuse


def reuse(turn: int, possible: float | None = None, difference: str = "", *, conversation: int = 1) -> PromptReuse:
    return PromptReuse(conversation, turn, "s", "", possible, possible, difference, removed=("billing line",))


@pytest.mark.parametrize(
    ("told", "usage", "difference"),
    [
        (reuse(1), Usage(100, 5, 0), ""),
        (reuse(2, 0.9), Usage(100, 5, 85), ""),
        (reuse(2, 0.9), Usage(100, 5, 20), FORGOTTEN),
        (reuse(2, 0.1, "date line"), Usage(100, 5, 0), "date line"),
        (reuse(2, 0.9), None, ""),
    ],
    ids=["the first turn", "all is well", "the engine forgot", "it changed", "no answer"],
)
def test_what_was_in_the_way(told: PromptReuse, usage: Usage | None, difference: str) -> None:
    assert note_of(told, usage).difference == difference


def test_turns_add_up() -> None:
    log = CacheLog()
    turns = [
        (reuse(1), Usage(100, 5, 0)),
        (reuse(2, 0.8), Usage(120, 5, 96)),
        (reuse(3, 0.05, "system block 0: date line"), Usage(140, 5, 7)),
    ]
    for at, (told, usage) in enumerate(turns):
        log.count(note_of(told, usage), usage, at=float(at), client="pi 1", model="m")
    (one,) = log.report().conversations
    assert (one.turns, one.prompt_tokens, one.possible_tokens, one.reused_tokens) == (3, 260, 103, 103)
    assert one.lost_tokens == 113
    assert [(each.name, each.count) for each in one.differences] == [("system block 0: date line", 1)]
    assert (one.last_difference, one.removed, one.at) == ("system block 0: date line", ["billing line"], 2.0)


def test_it_is_bounded() -> None:
    log, usage = CacheLog(most=2), Usage(100, 5, 0)
    for number in range(4):
        told = reuse(2, 0.5, "x", conversation=number)
        log.count(note_of(told, usage), usage, at=0.0, client="c", model="m")
    assert [one.conversation for one in log.report().conversations] == [3, 2]
    for number in range(50):
        log.count(
            note_of(reuse(2, 0.5, f"message {number} edited", conversation=3), usage), usage, at=0, client="", model=""
        )
    assert len(log.report().conversations[0].differences) == MOST_DIFFERENCES
