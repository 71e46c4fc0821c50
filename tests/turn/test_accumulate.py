"""The fold: the finished turn is its deltas put together, whichever way they were cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.support.turns import failed_turns, turns, whole_turns

from unsloth_studio.turn.accumulate import Accumulator, accumulate, events_of
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    ReasoningDelta,
    TextDelta,
    TokenLogprob,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
    check_order,
)
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart


def joined(events: list[Event], kind: type[TextDelta] | type[ReasoningDelta]) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


@given(turns(server_tools=True))
def test_text_and_reasoning_are_the_deltas_joined(events: list[Event]) -> None:
    accumulator = Accumulator()
    for event in events:
        accumulator.feed(event)
    turn = accumulator.turn()
    assert turn.text == joined(events, TextDelta)
    assert turn.reasoning == joined(events, ReasoningDelta)
    assert turn.tool_results == [event for event in events if isinstance(event, ToolResultReady)]


@given(whole_turns(server_tools=True))
def test_parts_are_whole_and_in_order(events: list[Event]) -> None:
    expected: list[StreamedPart] = []
    for start in (event for event in events if isinstance(event, PartStart)):
        deltas = [
            event.text
            for event in events
            if isinstance(event, TextDelta | ReasoningDelta | ArgumentsDelta) and event.index == start.index
        ]
        end = next(event for event in events if isinstance(event, PartEnd) and event.index == start.index)
        match start.part:
            case TextPart():
                expected.append(TextPart("".join(deltas)))
            case ReasoningPart():
                expected.append(ReasoningPart("".join(deltas), end.signature))
            case ToolCallPart() as call:
                expected.append(ToolCallPart(call.call_id, call.name, "".join(deltas), call.runs_on))
    turn = accumulate(events)
    assert turn.parts == expected
    end = events[-1]
    assert isinstance(end, TurnEnd)
    assert (turn.finish_reason, turn.usage, turn.timings, turn.stop_sequence) == (
        end.finish_reason,
        end.usage,
        end.timings,
        end.stop_sequence,
    )


@given(failed_turns(server_tools=True))
def test_a_failed_turn_has_no_half(events: list[Event]) -> None:
    failed = events[-1]
    assert isinstance(failed, TurnFailed)
    with pytest.raises(TurnFailure) as caught:
        accumulate(events)
    assert caught.value.error == failed.error


def test_logprobs_of_all_deltas_are_kept() -> None:
    one, two = TokenLogprob("He", -0.1, (72, 101)), TokenLogprob("y", -0.2, (121,))
    events: list[Event] = [
        TurnStart("1", "demo"),
        PartStart(0, TextPart()),
        TextDelta(0, "He", (one,)),
        TextDelta(0, "y", (two,)),
        PartEnd(0),
        TurnEnd("stop", Usage()),
    ]
    assert accumulate(events).logprobs == [one, two]


@given(whole_turns())
def test_events_of_a_turn_amount_to_it(events: list[Event]) -> None:
    turn = accumulate(events)
    again = events_of(turn)
    check_order(again)
    assert accumulate(again) == turn
