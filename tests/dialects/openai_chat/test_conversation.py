"""What the messages of a Chat Completions body mean."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.openai_chat.bodies import HELLO, messages_of

from unsloth_studio.turn.messages import (
    DocumentPart,
    DocumentSource,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param("a", (TextPart("a"),), id="a string"),
        pytest.param([{"type": "text", "text": "a"}], (TextPart("a"),), id="one text part reads like a string"),
        pytest.param(
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], (TextPart("a\nb"),), id="texts are joined"
        ),
        pytest.param([{"type": "text", "text": ""}, {"type": "text", "text": "b"}], (TextPart("b"),), id="empty text"),
        pytest.param(None, (), id="null"),
        pytest.param("", (), id="an empty string"),
        pytest.param([], (), id="an empty list"),
        pytest.param([{"type": "refusal", "refusal": "no"}], (TextPart("no"),), id="a refusal"),
        pytest.param(
            [{"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}],
            (ImagePart("https://x/y.png", "low"),),
            id="an image by address",
        ),
        pytest.param(
            [{"type": "image_url", "image_url": "data:image/png;base64,AA=="}],
            (ImagePart("data:image/png;base64,AA=="),),
            id="an image as a bare string",
        ),
        pytest.param(
            [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "http://x"}},
                {"type": "text", "text": "b"},
            ],
            (TextPart("a"), ImagePart("http://x"), TextPart("b")),
            id="an image between texts",
        ),
        pytest.param(
            [
                {
                    "type": "file",
                    "file": {
                        "filename": "n.txt",
                        "file_data": "data:text/plain;base64,w6k=",
                    },
                }
            ],
            (
                DocumentPart(
                    "", "n.txt", DocumentSource("data:text/plain;base64,w6k=", "messages[0].content[0].file.file_data")
                ),
            ),
            id="a plain text file",
        ),
    ],
)
def test_content_of_a_user_message(content: object, parts: tuple[Part, ...]) -> None:
    assert messages_of({"role": "user", "content": content}) == (Message("user", parts),)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param("42", (TextPart("42"),), id="a string"),
        pytest.param([{"type": "text", "text": "42"}], (TextPart("42"),), id="a list"),
        pytest.param(None, (), id="null"),
        pytest.param([], (), id="an empty list"),
        pytest.param(
            [{"type": "image_url", "image_url": {"url": "http://x"}}, {"type": "text", "text": "b"}],
            (ImagePart("http://x"), TextPart("b")),
            id="an image and text, in the client's order",
        ),
    ],
)
def test_content_of_a_tool_result(content: object, parts: tuple[TextPart | ImagePart, ...]) -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "a", "content": content}
    read_back = messages_of(HELLO, {"role": "assistant", "tool_calls": [call]}, result)
    assert [(message.role, message.parts) for message in read_back[2:]] == [("tool", (ToolResultPart("a", parts),))]


def test_two_user_messages_in_a_row_are_two_messages() -> None:
    assert messages_of(HELLO, HELLO) == messages_of(HELLO) * 2


@pytest.mark.parametrize("role", ["system", "developer"])
def test_developer_messages_are_system_messages_and_may_stand_alone(role: str) -> None:
    assert messages_of({"role": role, "content": "Be brief."}) == (Message("system", (TextPart("Be brief."),)),)


@pytest.mark.parametrize("content", [{"content": None}, {"content": ""}, {"content": []}, {}], ids=str)
def test_an_assistant_that_only_calls_reads_the_same_in_every_spelling(content: dict[str, Any]) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "tool_calls": [call], **content}
    assert messages_of(HELLO, message)[1] == Message("assistant", (ToolCallPart("c1", "f", "{}"),))


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        pytest.param(
            {"content": "x", "reasoning_content": "hm"}, (ReasoningPart("hm"), TextPart("x")), id="reasoning_content"
        ),
        pytest.param({"content": "x", "reasoning": "hm"}, (ReasoningPart("hm"), TextPart("x")), id="reasoning"),
        pytest.param(
            {"content": "x", "reasoning": {"effort": "low"}}, (TextPart("x"),), id="reasoning of another kind"
        ),
        pytest.param({"content": None, "refusal": "no"}, (TextPart("no"),), id="a refusal"),
        pytest.param(
            {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
            (ToolCallPart("call_1_0", "f", "{}"),),
            id="a legacy function call",
        ),
        pytest.param(
            {"content": "x", "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1]}}}]},
            (TextPart("x"), ToolCallPart("call_1_0", "f", '{"a":[1]}')),
            id="arguments as an object, no id",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"broken'}}]},
            (ToolCallPart("a", "f", '{"broken'),),
            id="broken arguments stay as they are",
        ),
        pytest.param({"content": None}, (), id="nothing"),
    ],
)
def test_what_an_assistant_said(fields: dict[str, Any], parts: tuple[Part, ...]) -> None:
    assert messages_of(HELLO, {"role": "assistant", **fields})[1] == Message("assistant", parts)


@pytest.mark.parametrize(
    ("results", "ids"),
    [
        pytest.param(
            [{"tool_call_id": "b"}, {"tool_call_id": "a"}], ["b", "a"], id="ids are kept in the client's order"
        ),
        pytest.param([{"tool_call_id": "zz"}], ["zz"], id="an id that was rewritten is kept"),
        pytest.param([{"name": None}, {}], ["a", "b"], id="no ids: in order"),
        pytest.param([{"name": "g"}, {"name": "f"}], ["b", "a"], id="no ids: by name"),
        pytest.param([{"tool_call_id": "a"}, {}], ["a", "b"], id="no id for the one that is left"),
        pytest.param([{"role": "function", "name": "g"}], ["b"], id="the legacy role"),
    ],
)
def test_results_belong_to_calls(results: list[dict[str, Any]], ids: list[str]) -> None:
    calls = [{"id": i, "function": {"name": name, "arguments": "{}"}} for i, name in (("a", "f"), ("b", "g"))]
    said = {"role": "assistant", "tool_calls": calls}
    read_back = messages_of(HELLO, said, *({"role": "tool", "content": "ok", **result} for result in results))
    assert read_back[2:] == tuple(Message("tool", (ToolResultPart(i, (TextPart("ok"),)),)) for i in ids)
