"""When a turn starts anew with its calls left in the text: once, and only while the client has had nothing of the answer."""

from __future__ import annotations

import pytest

from unsloth_studio.engine.replies import PARSER_FAULT
from unsloth_studio.serving.lanes import Lanes
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    Event,
    PartEnd,
    PartStart,
    PromptProgress,
    TextDelta,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import TextPart

START = TurnStart("t", "m", 10, 0)
FAULT = TurnFailed(TurnError("engine_error", "peg-native", code=PARSER_FAULT))
OTHER = TurnFailed(TurnError("engine_lost", "gone"))
ANSWER: list[Event] = [PartStart(0, TextPart()), TextDelta(0, "Hi"), PartEnd(0), TurnEnd("stop", Usage())]


def test_fault_before_the_answer_starts_anew_and_the_client_sees_one_turn() -> None:
    lanes = Lanes(two=True)
    first, anew = lanes.pass_on([START, PromptProgress(1, 2), FAULT])
    assert (list(first), anew, lanes.lane) == ([START, PromptProgress(1, 2)], True, "ours")
    second, anew = lanes.pass_on([START, PromptProgress(2, 2), *ANSWER])
    assert (list(second), anew) == (ANSWER, False)


REMAIN: dict[str, tuple[bool, list[Event]]] = {
    "no tools are offered": (False, [START, FAULT]),
    "the answer has begun": (True, [START, *ANSWER[:2], FAULT]),
    "the fault is another": (True, [START, OTHER]),
}


@pytest.mark.parametrize("name", REMAIN)
def test_failure_stays_a_failure_when(name: str) -> None:
    two, events = REMAIN[name]
    lanes = Lanes(two=two)
    passed: list[Event] = []
    for event in events:
        more, anew = lanes.pass_on([event])
        passed += more
        assert not anew
    assert passed == events


def test_second_fault_is_the_end() -> None:
    lanes = Lanes(two=True)
    assert lanes.switches(FAULT.error)
    assert lanes.pass_on([START, FAULT]) == ([START, FAULT], False)
