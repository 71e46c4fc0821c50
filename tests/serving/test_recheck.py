"""A whole turn is looked at before the client sees it: cut calls, and what does not fit its schema."""

from __future__ import annotations

from unsloth_studio.serving.recheck import ask_again, better, faults_of, without_cut_call
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import FinishReason, Usage
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    OutputFormat,
    Request,
    StreamedPart,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 5}}, "required": ["n"]}
ASKED = Message("user", (TextPart("Go"),))
REQUEST = Request(Conversation((ASKED,), tools=(ToolDefinition("step", parameters=SCHEMA), ToolDefinition("look"))))
JSON = Request(Conversation((ASKED,)), output=OutputFormat("json_schema", SCHEMA))


def turn(*parts: StreamedPart, reason: FinishReason = "tool_calls", tokens: int = 3) -> Turn:
    return Turn(parts=list(parts), finish_reason=reason, usage=Usage(10, tokens))


def call(arguments: str, name: str = "step", call_id: str = "1") -> ToolCallPart:
    return ToolCallPart(call_id, name, arguments)


def test_cut_call_is_none_and_whole_ones_stay() -> None:
    assert without_cut_call(turn(call('{"n": 1'), reason="length")).parts == []
    assert without_cut_call(turn(call('{"n": 1}'), reason="length")).tool_calls == [call('{"n": 1}')]
    assert without_cut_call(turn(call('{"n": 1'))).tool_calls == [call('{"n": 1')], "the model's own mistake is told"


def test_call_that_does_not_fit_is_asked_for_again_with_the_place_and_its_schema() -> None:
    first = turn(call('{"n": 7}'))
    (fault,) = faults_of(REQUEST, first)
    again = ask_again(REQUEST, first, fault)
    assert isinstance(again.prompt, Conversation)
    assert again.prompt.tool_choice == "none"
    assert isinstance(REQUEST.prompt, Conversation)
    assert again.prompt.tools == REQUEST.prompt.tools, "the prompt begins as before"
    assert again.output.kind == "json_schema"
    assert again.output.schema
    assert again.output.schema["required"] == ["n"]
    assert again.prompt.messages[:1] == (ASKED,)
    (result,) = again.prompt.messages[-1].parts
    assert isinstance(result, ToolResultPart)
    assert isinstance(result.parts[0], TextPart)
    assert "`n`" in result.parts[0].text
    mended = better(REQUEST, first, fault, turn(TextPart('{"n": 10}'), reason="stop"))
    assert mended is not None
    assert mended.tool_calls == [call('{"n":10}')], "the client keeps the id of the first"
    assert mended.usage == Usage(10, 6)


def test_second_try_that_is_no_better_changes_nothing() -> None:
    first = turn(call('{"n": 7}'))
    (fault,) = faults_of(REQUEST, first)
    assert better(REQUEST, first, fault, turn(TextPart('{"n": 8}'), reason="stop")) is None
    assert first.tool_calls == [call('{"n": 7}')]


def test_answer_that_does_not_fit_is_replaced() -> None:
    first = turn(TextPart('{"n": 7}'), reason="stop")
    (fault,) = faults_of(JSON, first)
    second = turn(TextPart('{"n": 5}'), reason="stop")
    assert better(JSON, first, fault, second) is first
    assert first.text == '{"n": 5}'


def test_nothing_is_asked_again_where_it_would_not_help() -> None:
    assert faults_of(REQUEST, turn(call('{"n": 5}'))) == ()
    assert faults_of(REQUEST, turn(call("{}", name="unknown"))) == (), "the client tells the model its tools"
    assert faults_of(REQUEST, turn(call('{"n": 7}'), reason="length")) == ()
    assert faults_of(REQUEST, turn(call('{"n": 7}'), call('{"n": 8}', call_id="2"))) == ()
