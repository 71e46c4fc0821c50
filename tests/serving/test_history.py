"""What is mended in the history that a client sends, and that a growing history keeps its prefix."""

from __future__ import annotations

from itertools import takewhile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from unsloth_studio.serving.history import NO_RESULT, mend_history
from unsloth_studio.serving.late_results import brought_back
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def says(role: str, *parts: Part | str) -> Message:
    shown = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return Message(role, shown)  # pyright: ignore[reportArgumentType]


def call(call_id: str, arguments: str = "{}", name: str = "read") -> ToolCallPart:
    return ToolCallPart(call_id, name, arguments)


def result(call_id: str, text: str = "ok") -> ToolResultPart:
    return ToolResultPart(call_id, (TextPart(text),))


GO = says("user", "Go")
NONE = ToolResultPart("a", (TextPart(NO_RESULT),))

HISTORIES: dict[str, tuple[list[Message], list[Message], set[str]]] = {
    "a good one stays": (
        [GO, says("assistant", call("a")), says("tool", result("a")), says("assistant", "Done")],
        [GO, says("assistant", call("a")), says("tool", result("a")), says("assistant", "Done")], set()),
    "arguments with single quotes are repaired": (
        [GO, says("assistant", call("a", "{'x': 1}")), says("tool", result("a"))],
        [GO, says("assistant", call("a", '{"x":1}')), says("tool", result("a"))], {"history_arguments"}),
    "arguments that are prose are wrapped": (
        [GO, says("assistant", call("a", "look it up")), says("tool", result("a"))],
        [GO, says("assistant", call("a", '{"unparsed":"look it up"}')), says("tool", result("a"))],
        {"history_arguments"}),
    "no arguments are an empty object": (
        [GO, says("assistant", call("a", "")), says("tool", result("a"))],
        [GO, says("assistant", call("a", "{}")), says("tool", result("a"))], set()),
    "an id that the client altered still matches": (
        [GO, says("assistant", call("call_1")), says("tool", result("call1"))],
        [GO, says("assistant", call("call_1")), says("tool", result("call_1"))], set()),
    "an id that matches nothing goes to the call that waits": (
        [GO, says("assistant", call("a"), call("b")), says("tool", result("b", "B")), says("tool", result("zzz", "A"))],
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A"), result("b", "B"))],
        {"result_id", "result_order"}),
    "an id that matches nothing leaves the others theirs": (
        [GO, says("assistant", call("a"), call("b")), says("tool", result("zzz", "B")), says("tool", result("a", "A"))],
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A"), result("b", "B"))],
        {"result_id", "result_order"}),
    "results stand in the order of their calls": (
        [GO, says("assistant", call("a"), call("b")), says("tool", result("b", "B"), result("a", "A"))],
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A"), result("b", "B"))],
        {"result_order"}),
    "a second result is not taken for that of the call that waits": (
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A")), says("tool", result("a", "A2")),
         says("tool", result("b", "B"))],
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A"), result("b", "B")),
         says("user", "Result of an earlier tool call:", "A2")], {"orphan_result"}),
    "a late result goes to its own call and not to the one that waits": (
        [GO, says("assistant", call("a")), GO, says("assistant", call("b")), says("tool", result("a", "A")),
         says("tool", result("b", "B"))],
        [GO, says("assistant", call("a")), says("tool", result("a", "A")), GO, says("assistant", call("b")),
         says("tool", result("b", "B"))], {"late_result"}),
    "a user who speaks while tools run is heard after them": (
        [GO, says("assistant", call("a"), call("b")), says("tool", result("b", "B")), says("user", "Hurry"),
         says("tool", result("a", "A"))],
        [GO, says("assistant", call("a"), call("b")), says("tool", result("a", "A"), result("b", "B")),
         says("user", "Hurry")], {"late_result", "result_order"}),
    "a late result with an altered id stays where it is": (
        [GO, says("assistant", call("call_1")), says("user", "Hurry"), says("tool", result("call1", "A"))],
        [GO, says("assistant", call("call_1")), says("tool", replace(NONE, call_id="call_1")), says("user", "Hurry"),
         says("user", "Result of an earlier tool call:", "A")], {"missing_result", "orphan_result"}),
    "without ids the order tells": (
        [GO, says("assistant", call(""), call("")), says("tool", result("", "1"), result("", "2"))],
        [GO, says("assistant", call("call0"), call("call1")), says("tool", result("call0", "1"), result("call1", "2"))],
        {"call_id"}),
    "with one id for all the order tells": (
        [GO, says("assistant", call("a"), call("a"), call("a")),
         says("tool", result("a", "1"), result("a", "2"), result("a", "3"))],
        [GO, says("assistant", call("a"), call("call1"), call("call2")),
         says("tool", result("a", "1"), result("call1", "2"), result("call2", "3"))], {"call_id"}),
    "calls of one round in messages of their own are one message": (
        [GO, says("assistant", "Two", call("a")), says("assistant", call("b")), says("tool", result("a")),
         says("tool", result("b"))],
        [GO, says("assistant", "Two", call("a"), call("b")), says("tool", result("a")), says("tool", result("b"))],
        set()),
    "when some results came the others are missing": (
        [GO, says("assistant", call("b"), call("a")), says("tool", result("b"))],
        [GO, says("assistant", call("b"), call("a")), says("tool", result("b"), NONE)], {"missing_result"}),
    "a result without any call is user text": (
        [GO, says("tool", result("a", "42")), says("user", "So?")],
        [GO, says("user", "Result of an earlier tool call:", "42"), says("user", "So?")], {"orphan_result"}),
    "a second result of one call is user text": (
        [GO, says("assistant", call("a")), says("tool", result("a")), says("tool", result("a", "again"))],
        [GO, says("assistant", call("a")), says("tool", result("a")),
         says("user", "Result of an earlier tool call:", "again")], {"orphan_result"}),
    "a call without a result gets one that says so": (
        [GO, says("assistant", call("a")), says("user", "Never mind")],
        [GO, says("assistant", call("a")), says("tool", NONE), says("user", "Never mind")], {"missing_result"}),
    "a call at the end gets a result that says there is none: the engine refuses an end in calls": (
        [GO, says("assistant", call("a"))], [GO, says("assistant", call("a")), says("tool", NONE)], {"missing_result"}),
    "two calls of one id are told apart": (
        [GO, says("assistant", call("a")), says("tool", result("a")), says("assistant", call("a")),
         says("tool", result("a", "2"))],
        [GO, says("assistant", call("a")), says("tool", result("a")), says("assistant", call("call1")),
         says("tool", result("call1", "2"))], {"call_id"}),
    "empty texts and empty messages go": (
        [GO, says("assistant", "", call("a")), says("tool", result("a")), says("assistant", ""), says("user", "", "Hi")],
        [GO, says("assistant", call("a")), says("tool", result("a")), says("user", "Hi")], {"empty_message"}),
    "leaked markup of an earlier turn stays text": (
        [GO, says("assistant", '<tool_call>{"name": "read"}</tool_call>'), GO],
        [GO, says("assistant", '<tool_call>{"name": "read"}</tool_call>'), GO], set()),
    "results beside text come first": (
        [GO, says("assistant", call("a")), says("user", "Look:", result("a"))],
        [GO, says("assistant", call("a")), says("tool", result("a")), says("user", "Look:")], set()),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_history(name: str) -> None:
    sent, mended, kinds = HISTORIES[name]
    conversation, repairs = mend_history(Conversation(tuple(sent)))
    assert list(conversation.messages) == mended
    assert {repair.kind for repair in repairs} == kinds
    again, more = mend_history(conversation)
    assert (again, more) == (conversation, ()), "what is mended needs no mending"


IDS = st.sampled_from(["a", "b", "call_1", "call1", ""])
PARTS = st.one_of(
    st.sampled_from([TextPart("x"), TextPart(""), ReasoningPart("hm")]),
    st.builds(call, IDS, st.sampled_from(["{}", "{'x': 1}", "no", ""])),
)
MESSAGES = st.lists(
    st.one_of(
        st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: Message("assistant", tuple(parts))),
        IDS.map(lambda call_id: Message("tool", (result(call_id),))),
        st.sampled_from([GO, says("system", "Be kind")]),
    ),
    max_size=8,
)


@given(MESSAGES)
def test_growing_history_keeps_its_prefix(messages: list[Message]) -> None:
    """But for the round in progress: the assistant may go on, and results may still come in before their order is known.
    And but for results that come late: they change what was said of them."""
    assume(not brought_back(tuple(messages))[1])
    whole = mend_history(Conversation(tuple(messages)))[0].messages
    for count in range(len(messages)):
        before = mend_history(Conversation(tuple(messages[:count])))[0].messages
        if messages[count].role in ("tool", "assistant"):
            before = before[: len(before) - len(list(takewhile(answers, reversed(before))))]
        if messages[count].role == "assistant" and before and before[-1].role == "assistant":
            parts = before[-1].parts
            assert whole[len(before) - 1].parts[: len(parts)] == parts
            before = before[:-1]
        assert whole[: len(before)] == before


def answers(message: Message) -> bool:
    return message.role == "tool" or message.parts[:1] == (TextPart("Result of an earlier tool call:"),)


@given(MESSAGES)
def test_mended_twice_is_mended_once(messages: list[Message]) -> None:
    mended = mend_history(Conversation(tuple(messages)))[0]
    assert mend_history(mended) == (mended, ())


@given(MESSAGES)
def test_every_call_but_the_last_has_its_result_before_anything_else_is_said(messages: list[Message]) -> None:
    waiting: set[str] = set()
    for message in mend_history(Conversation(tuple(messages)))[0].messages:
        results = {part.call_id for part in message.parts if isinstance(part, ToolResultPart)}
        assert results <= waiting
        waiting -= results
        assert not waiting or message.role == "tool"
        waiting |= {part.call_id for part in message.parts if isinstance(part, ToolCallPart)}
