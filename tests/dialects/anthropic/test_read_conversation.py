"""How the messages of a request become a conversation, block by block."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from tests.dialects.anthropic.examples import WHOLE

from unsloth_studio.dialects.anthropic.read import read
from unsloth_studio.dialects.anthropic.write import write_whole
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.messages import (
    Conversation,
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

PNG = base64.b64encode(b"\x89PNG").decode()
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
PICTURE = ImagePart(f"data:image/png;base64,{PNG}")
CACHED = {"cache_control": {"type": "ephemeral"}}


def messages(listed: list[Any], **fields: Any) -> tuple[Message, ...]:
    prompt = read(orjson.dumps({"messages": listed, **fields})).request.prompt
    assert isinstance(prompt, Conversation)
    return prompt.messages


def user(*blocks: Any) -> tuple[Message, ...]:
    return messages([{"role": "user", "content": list(blocks)}])


def assistant(*blocks: Any) -> tuple[Message, ...]:
    return messages([{"role": "assistant", "content": list(blocks)}])


@pytest.mark.parametrize(
    "content",
    ["Hello", [{"type": "text", "text": "Hello"}], [{"type": "text", "text": "Hello", "citations": [], **CACHED}]],
    ids=["a string", "a list of one block", "a block with a cache marker"],
)
@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_same_text_in_any_form_reads_the_same(content: Any, role: str) -> None:
    (message,) = messages([{"role": role, "content": content}])
    assert message.role == role
    assert message.parts == (TextPart("Hello"),)


@pytest.mark.parametrize(
    ("system", "texts"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("Be brief.", ["Be brief."], id="a string"),
        pytest.param([{"type": "text", "text": "A", **CACHED}, {"type": "text", "text": "B"}], ["A", "B"], id="blocks"),
    ],
)
def test_system(system: Any, texts: list[str] | None) -> None:
    read_as = messages([{"role": "user", "content": "Hello"}], system=system)
    instructions = [Message("system", tuple(TextPart(text) for text in texts))] if texts else []
    assert read_as == (*instructions, Message("user", (TextPart("Hello"),)))


def test_system_message_in_the_middle_stays_where_it_is() -> None:
    roles = [
        message.role for message in messages([{"role": r, "content": "x"} for r in ("user", "system", "assistant")])
    ]
    assert roles == ["user", "system", "assistant"]


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        pytest.param(IMAGE, (PICTURE,), id="image as base64"),
        pytest.param(
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": f"{PNG[:4]}\n{PNG[4:]}\n"},
            },
            (PICTURE,),
            id="image as wrapped base64",
        ),
        pytest.param(
            {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
            (ImagePart("https://example.org/a.png"),),
            id="image by address",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "D"}, "title": "T"},
            (DocumentPart("D", "T"),),
            id="document as text",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "text", "data": "D"}, "context": "From 1999.", "title": None},
            (DocumentPart("From 1999.\n\nD"),),
            id="document with context",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "w7w="}},
            (
                DocumentPart(
                    "", None, DocumentSource("data:text/plain;base64,w7w=", "messages[0].content[0].source.data")
                ),
            ),
            id="text document as base64",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "content", "content": "D"}},
            (DocumentPart("D"),),
            id="content string",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "D"}, IMAGE]}},
            (DocumentPart("D"), PICTURE),
            id="content list",
        ),
        pytest.param(
            {"type": "search_result", "source": "s", "title": "T", "content": [{"type": "text", "text": "C"}]},
            (TextPart("T\ns\nC"),),
            id="search result",
        ),
    ],
)
def test_what_a_user_can_show(block: Any, parts: tuple[Part, ...]) -> None:
    assert user(block) == (Message("user", parts),)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param("42", (TextPart("42"),), id="a string"),
        pytest.param([{"type": "text", "text": "42", **CACHED}], (TextPart("42"),), id="a block"),
        pytest.param(None, (), id="nothing"),
        pytest.param([], (), id="an empty list"),
        pytest.param([{"type": "text", "text": "see"}, IMAGE], (TextPart("see"), PICTURE), id="text and image"),
        pytest.param(
            [{"type": "tool_reference", "tool_name": "Grep"}],
            (TextPart("The tool Grep can be called now.", ("Grep",)),),
            id="a tool that was searched for",
        ),
        pytest.param(
            [
                {"type": "document", "source": {"type": "text", "data": "D"}},
                {"type": "text", "text": "a", **CACHED},
                IMAGE,
                {"type": "tool_reference", "tool_name": "Grep", **CACHED},
                {"type": "text", "text": "b"},
            ],
            (
                DocumentPart("D"),
                TextPart("a"),
                PICTURE,
                TextPart("The tool Grep can be called now.", ("Grep",)),
                TextPart("b"),
            ),
            id="all kinds, in the client's order",
        ),
    ],
)
@pytest.mark.parametrize("is_error", [True, False])
def test_tool_result(content: Any, parts: Any, is_error: bool) -> None:
    block = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content, "is_error": is_error}
    assert user(block) == (Message("tool", (ToolResultPart("toolu_1", parts, is_error),)),)


def test_tool_results_come_before_what_the_user_says_and_in_their_order() -> None:
    results = [{"type": "tool_result", "tool_use_id": name, "content": name} for name in ("b", "a")]
    assert user({"type": "text", "text": "And?"}, *results) == (
        Message("tool", (ToolResultPart("b", (TextPart("b"),)), ToolResultPart("a", (TextPart("a"),)))),
        Message("user", (TextPart("And?"),)),
    )


def test_assistant_turn_keeps_thinking_with_its_signature_and_calls_with_their_ids() -> None:
    assert assistant(
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": [1, None]}, **CACHED},
        {"type": "tool_use", "id": "toolu_2", "name": "g"},
    ) == (
        Message(
            "assistant",
            (
                ReasoningPart("Hm.", "c2ln"),
                TextPart("I look."),
                ToolCallPart("call_1", "f", '{"a":[1,null]}'),
                ToolCallPart("toolu_2", "g", "{}"),
            ),
        ),
    )


def test_server_tools_of_an_earlier_turn_are_calls_and_results() -> None:
    assert assistant(
        {"type": "text", "text": "I search."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "srvtoolu_1",
            "content": [{"type": "web_search_result", "title": "T", "url": "u", "encrypted_content": "EqgfC"}],
        },
        {"type": "text", "text": "Found."},
    ) == (
        Message(
            "assistant", (TextPart("I search."), ToolCallPart("srvtoolu_1", "web_search", '{"query":"q"}', "server"))
        ),
        Message("tool", (ToolResultPart("srvtoolu_1", (TextPart("T\nu"),)),)),
        Message("assistant", (TextPart("Found."),)),
    )


@pytest.mark.parametrize(
    "block",
    [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
    ],
    ids=["a call without its result", "a result without its call"],
)
def test_half_of_a_server_tool_is_dropped(block: Any) -> None:
    assert assistant({"type": "text", "text": "A"}, block) == (Message("assistant", (TextPart("A"),)),)


def test_results_that_this_server_wrote_are_read_back_word_for_word() -> None:
    content = orjson.loads(write_whole(accumulate(WHOLE["server_tools"])))["content"]
    results = [part for message in assistant(*content) for part in message.parts if isinstance(part, ToolResultPart)]
    assert [(result.parts, result.is_error) for result in results] == [
        ((TextPart("42\n"),), False),
        ((TextPart("[1] A page.\n\n[2] Another"),), False),
        ((TextPart("[1] The page."),), False),
        ((TextPart("exit 1"),), True),
    ]


def test_a_longer_history_begins_with_the_shorter_one() -> None:
    history: list[Any] = [
        {"role": "user", "content": [{"type": "text", "text": "Hi", **CACHED}]},
        {"role": "system", "content": "Environment."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "1", **CACHED}]},
    ]
    later: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": [{"type": "text", "text": "Environment."}]},
        history[2],
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "1"}]}],
        },
        {"role": "assistant", "content": "Done."},
    ]
    assert messages(later)[: len(messages(history))] == messages(history)
