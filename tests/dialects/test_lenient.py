"""Odd tools and odd results in the three dialects: read for what they mean, and never the end of a conversation."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from unsloth_studio.dialects.anthropic.read import read as read_messages
from unsloth_studio.dialects.openai_chat.read import read as read_chat
from unsloth_studio.dialects.openai_responses.read import read as read_responses
from unsloth_studio.turn.messages import Conversation, Request, TextPart, ToolCallPart, ToolResultPart

Json = dict[str, Any]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"properties": {"a": value}}
    return value


OPEN: Json = {"type": "object", "properties": {}}
ODD_SCHEMAS: dict[str, tuple[Any, Json]] = {
    "false": (False, OPEN), "true": (True, OPEN), "a list": ([], OPEN), "a text": ("x", OPEN), "a number": (3, OPEN),
    "empty": ({}, {}), "300 levels": (nested(150), {"type": "object"}),
}  # fmt: skip


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def parameters_of(request: Request) -> Any:
    assert isinstance(request.prompt, Conversation)
    return request.prompt.tools[0].parameters


@pytest.mark.parametrize("name", ODD_SCHEMAS)
def test_an_odd_schema_of_a_tool_leaves_its_arguments_open(name: str) -> None:
    schema, meant = ODD_SCHEMAS[name]
    said = [{"role": "user", "content": "Hi"}]
    function = {"name": "f", "parameters": schema}
    chat = read_chat(body(messages=said, tools=[{"type": "function", "function": function}]))
    assert parameters_of(chat.request) == meant
    messages = read_messages(body(messages=said, tools=[{"name": "f", "input_schema": schema}]))
    assert parameters_of(messages.request) == meant
    if name != "300 levels":  # the reply repeats the tools, so it is refused there
        responses = read_responses(body(input="Hi", tools=[{"type": "function", **function}]))
        assert parameters_of(responses.request) == meant


def parts_of(request: Request) -> list[object]:
    assert isinstance(request.prompt, Conversation)
    return [part for message in request.prompt.messages for part in message.parts]


RESULTS: dict[str, tuple[Any, str]] = {
    "an object": ({"temp": 21}, '{"temp":21}'), "a number": (21.5, "21.5"), "a whole number": (21, "21"),
    "yes": (True, "true"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_that_is_no_text_is_shown_as_json(name: str) -> None:
    value, shown = RESULTS[name]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": value},
    ]
    chat = read_chat(orjson.dumps({"messages": history})).request
    assert parts_of(chat)[-1] == ToolResultPart("c", (TextPart(shown),))
    items = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": value},
    ]
    responses = read_responses(orjson.dumps({"input": items})).request
    assert parts_of(responses)[-1] == ToolResultPart("c", (TextPart(shown),))


def test_no_output_is_an_empty_one() -> None:
    items: list[Json] = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    for output in ({"output": None}, {}):
        item = {"type": "function_call_output", "call_id": "c", **output}
        request = read_responses(orjson.dumps({"input": [*items, item]})).request
        assert parts_of(request)[-1] == ToolResultPart("c", (TextPart(""),))


INPUTS: dict[str, tuple[Any, str]] = {
    "the text of an object": ('{"a": 1}', '{"a": 1}'), "nothing": (None, "{}"), "a cut text": ('{"a": ', '{"a": '),
    "a list": ([1], "[1]"),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_the_input_of_an_earlier_call_is_what_the_model_wrote(name: str) -> None:
    value, arguments = INPUTS[name]
    blocks = [{"type": "tool_use", "id": "t", "name": "f", "input": value}]
    history = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]},
    ]
    request = read_messages(orjson.dumps({"messages": history})).request
    assert ToolCallPart("t", "f", arguments) in parts_of(request)


BODIES: dict[str, tuple[bytes, str]] = {
    "half of an emoji": (b'{"messages": [{"role": "user", "content": "cut \\ud83d"}]}', "cut \ufffd"),
    "its other half": (b'{"messages": [{"role": "user", "content": "\\ude00 cut"}]}', "\ufffd cut"),
    "half of one beside a whole one": (
        b'{"messages": [{"role": "user", "content": "\\ud83d\\ud83d\\ude00"}]}', "\ufffd\U0001f600"),
    "its escape, spelled": (
        b'{"messages": [{"role": "user", "content": "\\\\ud83d \\ud83d"}]}', "\\ud83d \ufffd"),
    "a byte order mark": (b'\xef\xbb\xbf{"messages": [{"role": "user", "content": "Hi"}]}', "Hi"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_what_javascript_and_windows_write_is_read(name: str) -> None:
    """A tool's output that was cut within an emoji stays in an agent's history: it must not end the conversation."""
    raw, text = BODIES[name]
    assert parts_of(read_chat(raw).request) == [TextPart(text)]
    assert parts_of(read_messages(raw).request) == [TextPart(text)]
    assert parts_of(read_responses(raw.replace(b"messages", b"input")).request) == [TextPart(text)]
