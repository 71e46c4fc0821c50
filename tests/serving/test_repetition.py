"""What counts as a model that writes the same thing for ever, and what is only dull."""

from __future__ import annotations

import random

import pytest

from unsloth_studio.serving.repetition import EndlessTurn, RepetitionGuard
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    TextDelta,
    TurnEnd,
    TurnStart,
    Usage,
    check_order,
)
from unsloth_studio.turn.messages import TextPart, ToolCallPart

SENTENCE = "Let me check the file once more to be sure. "
ENDLESS: dict[str, str] = {
    "a sentence": SENTENCE * 120,
    "a short line": "wait, let me think again\n" * 200,
    "a paragraph of 390 characters": ("".join(f"paragraph{n} mentions it; " for n in range(60))[:388] + ".\n") * 50,
    "after a good beginning": "".join(f"Step {n} is done. " for n in range(300)) + SENTENCE * 140,
    "not in Latin letters": "Я проверю файл ещё раз. " * 250,
}
DULL: dict[str, str] = {
    "zeros": "0" * 30_000,
    "zeros in a list": "0, " * 10_000,
    "bytes in C": "0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,\n" * 500,
    "a table of zeros": "| 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n" * 500,
    "a rule": "-" * 20_000,
    "empty cells": "<tr><td></td><td></td><td></td></tr>\n" * 500,
    "a word": "again " * 5_000,
    "numbered lines": "".join(f"{n}. I will write clean code and test it.\n" for n in range(2_000)),
    "records that differ": "".join(f'{{"id": {n}, "name": "example", "visible": false}},\n' for n in range(2_000)),
    "thirty times a sentence": SENTENCE * 30,
    "many times, then it goes on": "".join(SENTENCE * 30 + f"Now comes file {n}.\n" for n in range(20)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_text_is_noticed_wherever_it_is_cut(name: str) -> None:
    text = ENDLESS[name]
    found = noticed(text, [len(text)])
    assert found
    for seed in range(20):
        sizes = random.Random(seed).choices(range(1, 700), k=len(text))
        assert noticed(text, sizes)
    assert noticed(text, [1] * len(text))


@pytest.mark.parametrize("name", DULL)
def test_dull_text_is_left_alone(name: str) -> None:
    assert not noticed(DULL[name], [7] * len(DULL[name]))


def test_it_is_noticed_at_the_same_place_however_it_comes() -> None:
    text = ENDLESS["a sentence"]
    places = {first_notice(text, size) for size in (1, 2, 64, 512)}
    assert len(places) == 1


def test_once_noticed_it_stays_noticed() -> None:
    guard = RepetitionGuard()
    assert guard.feed(ENDLESS["a sentence"])
    assert guard.feed("Something else. " + "".join(str(n) for n in range(5_000)))


def noticed(text: str, sizes: list[int]) -> bool:
    guard = RepetitionGuard()
    at = 0
    for size in sizes:
        if at >= len(text):
            break
        if guard.feed(text[at : at + size]):
            return True
        at += size
    return False


def first_notice(text: str, size: int) -> int:
    guard = RepetitionGuard()
    return next(at + size for at in range(0, len(text), size) if guard.feed(text[at : at + size]))


def test_a_turn_that_repeats_itself_ends_as_if_cut() -> None:
    endless = EndlessTurn()
    start: list[Event] = [TurnStart("t", "m", 12, 5), PartStart(0, TextPart())]
    assert endless.feed(start) == start
    deltas = [TextDelta(0, SENTENCE) for _ in range(400)]
    passed = endless.feed(deltas)
    assert endless.ended
    *text, closed, end = passed
    assert 40 < len(text) < 400
    assert closed == PartEnd(0)
    assert end == TurnEnd("length", Usage(12, len(text), 5))
    check_order([*start, *passed])


def test_what_is_written_into_a_file_may_repeat_itself() -> None:
    endless = EndlessTurn()
    events: list[Event] = [PartStart(0, ToolCallPart("c", "write")), *(ArgumentsDelta(0, SENTENCE) for _ in range(400))]
    assert endless.feed(events) == events
    assert not endless.ended


def test_each_part_is_judged_by_itself() -> None:
    endless = EndlessTurn()
    for part in range(30):
        events: list[Event] = [
            PartStart(part, TextPart()),
            *(TextDelta(part, SENTENCE) for _ in range(30)),
            PartEnd(part),
        ]
        assert endless.feed(events) == events
    assert not endless.ended
