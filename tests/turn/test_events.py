"""The order of events: every generated turn has it, and every way of breaking it is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.turns import turns, whole_turns

from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    OrderViolation,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
    check_order,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart

START = TurnStart("1", "demo")
END = TurnEnd("stop", Usage())
FAILED = TurnFailed(TurnError("engine_lost", "gone"))
TEXT = PartStart(0, TextPart())


@given(turns(server_tools=True))
def test_every_turn_is_in_order(events: list[Event]) -> None:
    check_order(events)


@given(turns(server_tools=True), st.data())
def test_a_turn_without_its_last_event_is_not_over(events: list[Event], data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(events) - 1))
    with pytest.raises(OrderViolation, match="no TurnEnd and no TurnFailed"):
        check_order(events[:length])


@given(whole_turns(server_tools=True), st.data())
def test_a_failure_may_come_at_any_moment(events: list[Event], data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(events) - 1))
    check_order([*events[:length], FAILED])


@given(turns(), st.sampled_from([START, TEXT, END, FAILED, PartEnd(0)]))
def test_nothing_follows_the_end(events: list[Event], late: Event) -> None:
    with pytest.raises(OrderViolation, match="after the end"):
        check_order([*events, late])


@pytest.mark.parametrize(
    ("events", "what"),
    [
        pytest.param([END], "before TurnStart", id="an end without a start"),
        pytest.param([TEXT, START, END], "before TurnStart", id="a part before the start"),
        pytest.param([START, START, END], "second TurnStart", id="two starts"),
        pytest.param([START, TEXT, PartEnd(0), PromptProgress(1, 2), END], "progress", id="progress after a part"),
        pytest.param([START, TEXT, PartStart(1, TextPart()), END], "another is open", id="two parts open"),
        pytest.param([START, PartStart(1, TextPart()), PartEnd(1), END], "grow by one", id="an index skipped"),
        pytest.param([START, TEXT, PartEnd(0), TEXT, PartEnd(0), END], "grow by one", id="an index twice"),
        pytest.param([START, TextDelta(0, "x"), END], "another part", id="a delta without a part"),
        pytest.param([START, TEXT, TextDelta(1, "x"), END], "another part", id="a delta with another index"),
        pytest.param([START, TEXT, ReasoningDelta(0, "x"), END], "another part", id="reasoning in a text"),
        pytest.param([START, PartStart(0, ReasoningPart()), TextDelta(0, "x")], "another part", id="text in reasoning"),
        pytest.param([START, TEXT, ArgumentsDelta(0, "{"), END], "another part", id="arguments in a text"),
        pytest.param([START, PartStart(0, ToolCallPart("c", "f")), TextDelta(0, "")], "another", id="text in a call"),
        pytest.param([START, TEXT, PartEnd(1), END], "not open", id="the end of another part"),
        pytest.param([START, PartEnd(0), END], "not open", id="the end of no part"),
        pytest.param([START, TEXT, PartEnd(0), PartEnd(0), END], "not open", id="a part that ends twice"),
        pytest.param(
            [START, TEXT, ToolResultReady("c", "x"), PartEnd(0), END], "inside a part", id="a result in a part"
        ),
        pytest.param([START, TEXT, ToolOutputDelta("c", "x"), END], "inside a part", id="live output in a part"),
        pytest.param(
            [START, TEXT, ToolApprovalAsked("c", "a", "f", "{}", 0), END], "inside a part", id="a question in a part"
        ),
        pytest.param([START, TEXT, END], "inside a part", id="the end of the turn in a part"),
        pytest.param([], "no TurnEnd", id="nothing"),
    ],
)
def test_disorder_is_noticed(events: list[Event], what: str) -> None:
    with pytest.raises(OrderViolation, match=what):
        check_order(events)
