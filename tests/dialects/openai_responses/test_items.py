"""Input items as messages."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from tests.dialects.openai_responses.requests import (
    HI,
    answered,
    assistant,
    called,
    conversation,
    result,
    said,
    system,
    thought,
    user,
)

from unsloth_studio.turn.messages import (
    DocumentPart,
    DocumentSource,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCallPart,
)

PIXEL = "data:image/png;base64,iVBORw0KGgo="
NOTE = base64.b64encode("Grüße".encode()).decode()
FILE_DATA = "input[0].content[0].file_data"


INPUTS: dict[str, tuple[Any, list[Message]]] = {
    "a string": ("Hi", [user("Hi")]),
    "messages without a type": ([HI, {"role": "assistant", "content": "Yo"}], [user("Hi"), assistant(TextPart("Yo"))]),
    "a developer speaks as the system": (
        [{"type": "message", "role": "developer", "content": "Be."}, HI],
        [system("Be."), user("Hi")],
    ),
    "text parts": (
        [{"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "text", "text": "b"}]}],
        [user("a", "b")],
    ),
    "an image": (
        [{"role": "user", "content": [{"type": "input_image", "image_url": PIXEL, "detail": "low"}]}],
        [user(ImagePart(PIXEL, "low"))],
    ),
    "an image in the chat spelling": (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL, "detail": "high"}}]}],
        [user(ImagePart(PIXEL, "high"))],
    ),
    "a text file": (
        [{"role": "user", "content": [{"type": "input_file", "filename": "n.txt", "file_data": NOTE}]}],
        [user(DocumentPart("", "n.txt", DocumentSource(f"data:;base64,{NOTE}", FILE_DATA)))],
    ),
    "a text file as a data URL": (
        [{"role": "user", "content": [{"type": "input_file", "file_data": f"data:text/plain;base64,{NOTE}"}]}],
        [user(DocumentPart("", None, DocumentSource(f"data:text/plain;base64,{NOTE}", FILE_DATA)))],
    ),
    "a text file as a plain data URL": (
        [{"role": "user", "content": [{"type": "input_file", "file_data": "data:text/plain,a%20b"}]}],
        [user(DocumentPart("", None, DocumentSource("data:text/plain,a%20b", FILE_DATA)))],
    ),
    "empty content": ([{"role": "user", "content": []}], [user("")]),
    "a refusal": (
        [HI, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, HI],
        [user("Hi"), assistant(TextPart("No.")), user("Hi")],
    ),
    "what the assistant did in a row is one message": (
        [
            HI,
            thought("Hm."),
            said("Looking."),
            called("call_1"),
            called("call_2"),
            answered("call_1", "1"),
            answered("call_2", "2"),
        ],
        [
            user("Hi"),
            assistant(
                ReasoningPart("Hm."),
                TextPart("Looking."),
                ToolCallPart("call_1", "f", "{}"),
                ToolCallPart("call_2", "f", "{}"),
            ),
            result("call_1", TextPart("1")),
            result("call_2", TextPart("2")),
        ],
    ),
    "reasoning as a summary only": (
        [HI, {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "S"}]}, said("x")],
        [user("Hi"), assistant(ReasoningPart("S"), TextPart("x"))],
    ),
    "reasoning that is sealed": (
        [HI, {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "gAAA"}, said("x")],
        [user("Hi"), assistant(TextPart("x"))],
    ),
    "content wins over the summary": (
        [HI, thought("C", summary=[{"type": "summary_text", "text": "S"}]), said("x")],
        [user("Hi"), assistant(ReasoningPart("C"), TextPart("x"))],
    ),
    "reasoning that led to nothing": ([HI, thought("Hm."), HI], [user("Hi"), user("Hi")]),
    "an empty assistant message": ([HI, {"role": "assistant", "content": ""}, HI], [user("Hi"), user("Hi")]),
    "arguments stay as they were written": (
        [HI, called("call_1", "f", '{"broken'), answered("call_1", "e")],
        [user("Hi"), assistant(ToolCallPart("call_1", "f", '{"broken')), result("call_1", TextPart("e"))],
    ),
    "a result with parts": (
        [
            HI,
            called("c"),
            answered("c", [{"type": "input_text", "text": "t"}, {"type": "input_image", "image_url": PIXEL}]),
        ],
        [user("Hi"), assistant(ToolCallPart("c", "f", "{}")), result("c", TextPart("t"), ImagePart(PIXEL))],
    ),
    "a result without an id answers the oldest open call": (
        [HI, called("a"), called("b"), answered(None, "1"), answered(None, "2")],
        [
            user("Hi"),
            assistant(ToolCallPart("a", "f", "{}"), ToolCallPart("b", "f", "{}")),
            result("a", TextPart("1")),
            result("b", TextPart("2")),
        ],
    ),
    "a call in a namespace that is not declared any more": (
        [HI, called("c", "close", namespace="agents"), answered("c", "ok")],
        [user("Hi"), assistant(ToolCallPart("c", "agents__close", "{}")), result("c", TextPart("ok"))],
    ),
    "a custom tool's call": (
        [
            HI,
            {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": 'a"b'},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
        ],
        [user("Hi"), assistant(ToolCallPart("c", "patch", '{"input":"a\\"b"}')), result("c", TextPart("ok"))],
    ),
    "a local shell's call": (
        [
            HI,
            {"type": "local_shell_call", "call_id": "c", "action": {"command": ["ls"]}, "status": "completed"},
            {"type": "local_shell_call_output", "call_id": "c", "output": "a.txt"},
        ],
        [
            user("Hi"),
            assistant(ToolCallPart("c", "local_shell", '{"command":["ls"]}')),
            result("c", TextPart("a.txt")),
        ],
    ),
    "a shell's output in parts": (
        [
            HI,
            {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}},
            {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a"}]},
        ],
        [
            user("Hi"),
            assistant(ToolCallPart("c", "shell", '{"commands":["ls"]}')),
            result("c", TextPart('[{"stdout":"a"}]')),
        ],
    ),
}


@pytest.mark.parametrize(("given", "expected"), INPUTS.values(), ids=INPUTS)
def test_input_becomes_messages(given: Any, expected: list[Message]) -> None:
    assert list(conversation(input=given).messages) == expected


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search"}},
        {"type": "web_search_call", "id": "w", "action": {"type": "find_in_page"}},
        {"type": "file_search_call", "id": "f", "queries": ["x"], "results": None, "status": "completed"},
        {"type": "code_interpreter_call", "id": "c", "code": None, "outputs": None},
        {"type": "image_generation_call", "id": "i", "result": "iVBO", "status": "completed"},
        {"type": "computer_call", "id": "c", "call_id": 3, "action": []},
        {"type": "computer_call_output", "output": {"type": "computer_screenshot"}},
        {"type": "mcp_list_tools", "id": "m", "server_label": "s", "tools": []},
        {"type": "mcp_call", "id": "m", "name": "f", "arguments": "{}", "server_label": "s"},
        {"type": "mcp_approval_request", "id": "m"},
        {"type": "mcp_approval_response", "approve": True},
        {"type": "compaction", "encrypted_content": "gAAA"},
        {"type": "compaction_trigger"},
        {"type": "configuration_update", "reasoning": {"effort": "low"}},
        {"type": "program", "id": "p", "call_id": "c", "code": "1"},
        {"type": "some_future_call", "id": "x", "content": 7},
    ],
    ids=lambda item: item["type"],
)
def test_items_of_hosted_tools_are_passed_over(item: dict[str, Any]) -> None:
    assert list(conversation(input=[HI, item, HI]).messages) == [user("Hi"), user("Hi")]


@pytest.mark.parametrize("extra", [{}, {"action": 3}, {"action": None}, {"arguments": [1]}, {"operation": {"a": 1}}])
def test_a_hosted_call_with_an_id_never_fails(extra: dict[str, Any]) -> None:
    (_, message) = conversation(input=[HI, {"type": "shell_call", "call_id": "c", **extra}]).messages
    (part,) = message.parts
    assert isinstance(part, ToolCallPart)
    assert isinstance(orjson.loads(part.arguments), dict)
