"""A round of the model within a longer turn: numbers go on, calls are marked, the end is kept back."""

from __future__ import annotations

from unsloth_studio.tools.rounds import Round
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    PromptProgress,
    TextDelta,
    TurnEnd,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import TextPart, ToolCallPart

START: list[Event] = [TurnStart("t", "m", 10, 0), PromptProgress(10, 10)]
OURS = frozenset({"python"})


def text(index: int, words: str) -> list[Event]:
    return [PartStart(index, TextPart()), TextDelta(index, words), PartEnd(index)]


def call(index: int, name: str) -> list[Event]:
    return [PartStart(index, ToolCallPart("c", name)), ArgumentsDelta(index, "{}"), PartEnd(index)]


def end(reason: FinishReason = "tool_calls") -> Event:
    return TurnEnd(reason, Usage(10, 3))


def test_the_first_round_passes_but_for_its_end() -> None:
    this = Round(OURS, first=True, offset=0)
    passed = this.feed([*START, *text(0, "Well"), *call(1, "python"), end()])
    assert passed[:2] == START
    assert passed[5] == PartStart(1, ToolCallPart("c", "python", runs_on="server"))
    assert not any(isinstance(event, TurnEnd) for event in passed)
    assert this.end == end()
    assert this.next_part == 2
    assert this.calls == [ToolCallPart("c", "python", "{}", "server")]
    assert not this.clients


def test_a_later_round_numbers_on_and_does_not_begin_anew() -> None:
    this = Round(OURS, first=False, offset=3)
    passed = this.feed([*START, *text(0, "So"), *text(1, "on"), end("stop")])
    assert [type(event) for event in passed] == [PartStart, TextDelta, PartEnd] * 2
    assert [event.index for event in passed if isinstance(event, PartStart | TextDelta | PartEnd)] == [3, 3, 3, 4, 4, 4]
    assert this.next_part == 5
    assert this.calls == []


def test_calls_of_the_client_stay_his() -> None:
    this = Round(OURS, first=True, offset=0)
    this.feed([*START, *call(0, "python"), *call(1, "his"), end()])
    assert [made.name for made in this.calls] == ["python"]
    assert this.clients


def test_a_call_that_was_cut_is_not_run() -> None:
    this = Round(OURS, first=True, offset=0)
    this.feed([*START, *call(0, "python"), end("length")])
    assert this.calls == []
