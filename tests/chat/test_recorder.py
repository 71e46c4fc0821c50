"""A turn's events become a message, and whoever applies what is told has the same message."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chat.messages import answered, call
from tests.support.turns import turns

from unsloth_studio.chat.events import (
    ApprovalChanged,
    ChatEvent,
    Delta,
    PartEnded,
    PartStarted,
    Progress,
    Repaired,
    ToolPrinted,
    ToolReturned,
)
from unsloth_studio.chat.recorder import Recorder
from unsloth_studio.store.thread import Approval, Message, Reasoning, Repair, Text, ToolCall, ToolResult
from unsloth_studio.turn.accumulate import Accumulator
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    Timings,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart
from unsloth_studio.turn.record import CallRepair


def copied(message: Message) -> Message:
    return msgspec.json.decode(msgspec.json.encode(message), type=Message)


def applied(message: Message, told: Sequence[ChatEvent]) -> Message:
    """What the page makes of it."""
    for event in told:
        match event:
            case PartStarted(index, part):
                assert index == len(message.parts)
                message.parts.append(part)
            case Delta(index, text):
                part = message.parts[index]
                if isinstance(part, ToolCall):
                    part.arguments += text
                else:
                    assert isinstance(part, Text | Reasoning)
                    part.text += text
            case PartEnded(index, seconds):
                if isinstance(part := message.parts[index], Reasoning):
                    part.seconds = seconds
            case ToolReturned(call_id, result):
                calls = [part for part in message.parts if isinstance(part, ToolCall) and part.call_id == call_id]
                for one in calls:
                    one.result, one.approval = one.result or result, None
            case ApprovalChanged(index, approval):
                part = message.parts[index]
                assert isinstance(part, ToolCall)
                part.approval = approval
            case Repaired(index, repairs):
                part = message.parts[index]
                assert isinstance(part, ToolCall)
                part.repairs = repairs
            case _:
                pass
    return message


def recorded(events: Sequence[Event], message: Message) -> tuple[Recorder, list[ChatEvent]]:
    recorder = Recorder(message, began=0.0)
    return recorder, [told for now, event in enumerate(events, 1) for told in recorder.feed(event, float(now))]


@settings(max_examples=50, deadline=None)
@given(turns(server_tools=True), st.data())
def test_a_watcher_has_the_message_wherever_it_begins(events: list[Event], data: st.DataObject) -> None:
    begins = data.draw(st.integers(0, len(events)))
    recorder = Recorder(answered(), began=0.0)
    seen: Message | None = None
    whole = Accumulator()
    for number, event in enumerate(events):
        if number == begins:
            seen = copied(recorder.settle())
        told = recorder.feed(event, float(number))
        whole.feed(event)
        if seen is not None:
            applied(seen, copied_events(told))
    if seen is not None:
        assert seen.parts == recorder.settle().parts
    turn = whole.turn()
    texts = [part.text for part in recorder.message.parts if isinstance(part, Text)]
    assert "".join(texts) == turn.text
    assert [part.arguments for part in recorder.message.parts if isinstance(part, ToolCall)] == [
        one.arguments for one in turn.tool_calls
    ]


def copied_events(told: list[ChatEvent]) -> list[ChatEvent]:
    """As they come over the wire."""
    return [msgspec.json.decode(msgspec.json.encode(event), type=type(event)) for event in told]


TURN: list[Event] = [
    TurnStart("x", "m"),
    PromptProgress(5, 10),
    PartStart(0, ReasoningPart()),
    ReasoningDelta(0, "Hm."),
    PartEnd(0),
    PartStart(1, ToolCallPart("c", "python")),
    ArgumentsDelta(1, '{"code": 1}'),
    PartEnd(1),
    ToolOutputDelta("c", "1\n"),
    ToolResultReady("c", "1", name="python", duration_ms=5),
    PartStart(2, TextPart()),
    TextDelta(2, "On"),
    TextDelta(2, "e."),
    PartEnd(2),
    TurnEnd("stop", Usage(10, 4, 6), Timings(1, 1, 1, 42.04)),
]


def test_a_call_waits_until_it_is_decided_or_the_answer_ends() -> None:
    asking = [*TURN[:8], ToolApprovalAsked("c", "b2s", "python", "{}", 1_800_000_000)]
    recorder, told = recorded(asking, answered())
    waits = Approval(approval_id="b2s", expires_at=1_800_000_000)
    assert told[-1] == ApprovalChanged(1, waits)
    call = recorder.message.parts[1]
    assert isinstance(call, ToolCall)
    assert call.approval == waits
    assert recorder.decided("another") == []
    assert recorder.decided("b2s") == [ApprovalChanged(1)]
    assert call.approval is None
    recorder.feed(asking[-1], 9.0)
    assert recorder.decided() == [ApprovalChanged(1)], "the answer was stopped"


def test_a_turn_with_a_tool() -> None:
    recorder, told = recorded(TURN, answered())
    message = recorder.message
    result = ToolResult(content="1", duration_ms=5)
    assert message.parts == [
        Reasoning(text="Hm.", seconds=2.0),
        ToolCall(call_id="c", name="python", arguments='{"code": 1}', result=result),
        Text(text="One."),
    ]
    assert (message.model, message.error) == ("m", None)
    assert message.stats is not None
    assert msgspec.structs.asdict(message.stats) == {
        "input_tokens": 10, "cached_tokens": 6, "output_tokens": 4, "tokens_per_second": 42.0, "first_token_seconds": 3.0,
        "total_seconds": 15.0, "context_length": None, "finish_reason": "stop",
    }  # fmt: skip
    assert Progress("reading", 0.5) in told
    assert ToolPrinted("c", "1\n") in told
    assert ToolReturned("c", result) in told


def test_calls_of_a_later_round_are_told_apart() -> None:
    second: list[Event] = [PartStart(2, ToolCallPart("c", "python")), PartEnd(2), ToolResultReady("c", "2")]
    recorder, _ = recorded([*TURN[:10], *second], answered())
    results = [(part.round, part.result) for part in recorder.message.parts if isinstance(part, ToolCall)]
    assert results == [(0, ToolResult(content="1", duration_ms=5)), (1, ToolResult(content="2"))]


def test_a_text_goes_on_where_it_was() -> None:
    events: list[Event] = [
        PartStart(0, TextPart()),
        TextDelta(0, " a time"),
        PartEnd(0),
        TurnEnd("stop", Usage(3, 2, 0)),
    ]
    before = answered(call("x", result="1"), "Once upon")
    seen = copied(before)
    recorder, told = recorded(events, before)
    assert recorder.message.parts == [call("x", result="1"), Text(text="Once upon a time")]
    assert applied(seen, told).parts == recorder.message.parts


def test_a_failure_ends_the_open_part_and_is_told() -> None:
    events: list[Event] = [
        PartStart(0, TextPart()),
        TextDelta(0, "Once"),
        TurnFailed(TurnError("engine_lost", "Lost.")),
    ]
    recorder, told = recorded(events, answered())
    assert (recorder.message.parts, recorder.message.error) == ([Text(text="Once")], "Lost.")
    assert told[-1] == PartEnded(0)


def test_repairs_belong_to_the_call_they_led_to() -> None:
    recorder, _ = recorded(TURN[:8], answered())
    repairs = [CallRepair("quotes", "{'code': 1}", '{"code": 1}'), CallRepair("late_result", "z", "")]
    mended = [Repair(kind="quotes", before="{'code': 1}", after='{"code": 1}')]
    assert recorder.repaired(repairs) == [Repaired(1, mended)]
    assert recorder.repaired(repairs) == []
