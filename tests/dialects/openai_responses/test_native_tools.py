"""Hosted tools that run here: what is read of them, their items and events, and what comes back of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.dialects.openai_responses.examples import HOSTED, NATIVE, call_for
from tests.dialects.openai_responses.requests import HI, conversation
from tests.dialects.openai_responses.sdk import (
    CREATED,
    accumulated,
    payloads,
    validate_event,
    validate_response,
    written,
)

from unsloth_studio.dialects.openai_responses.write import ResponsesStreamWriter, write_whole
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Message, ServerTools, TextPart, ToolCallPart, ToolResultPart, ToolRules

GOLDEN = Path(__file__).parents[2] / "golden" / "openai_responses"
CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}
FUNCTION: dict[str, Any] = {"type": "function", "name": "f", "parameters": {}}


def asked(*tools: dict[str, Any], **fields: Any) -> ServerTools | None:
    return call_for(tools=list(tools), **fields).request.server_tools


def test_a_search_brings_pages_along_under_the_same_rules() -> None:
    location = {"type": "approximate", "country": "NO"}
    wanted = asked(
        FUNCTION,
        {
            "type": "web_search_preview_2025_03_11",
            "search_context_size": "high",
            "user_location": location,
            "filters": {"allowed_domains": ["a.org"]},
        },
        max_tool_calls=3,
    )
    assert wanted == ServerTools(
        ("web_search", "web_fetch"),
        max_calls=3,
        rules={
            "web_search": ToolRules(
                allowed_domains=("a.org",), location="NO", preset={"depth": "advanced"}, cited=True
            ),
            "web_fetch": ToolRules(allowed_domains=("a.org",), one_page=True, cited=True),
        },
        asked_by="tools[1].type",
    )


@pytest.mark.parametrize(
    ("container", "items", "session"),
    [
        ({"type": "auto"}, [], None),
        ("mine", [{"type": "code_interpreter_call", "code": "1", "container_id": "old"}], "mine"),
        ({"type": "auto"}, [{"type": "code_interpreter_call", "code": "1", "container_id": "old"}], "old"),
    ],
    ids=["a new one", "by name", "as before"],
)
def test_code_runs_in_a_container(container: Any, items: list[Any], session: str | None) -> None:
    wanted = asked({**CODE, "container": container}, input=[HI, *items])
    assert wanted == ServerTools(("python",), session, rules={"python": ToolRules()}, asked_by="tools[0].type")


@pytest.mark.parametrize(
    ("tool", "fields", "optional"),
    [
        ({"type": "web_search", "external_web_access": True}, {"tool_choice": "auto"}, True),
        ({"type": "web_search", "external_web_access": True}, {"tool_choice": {"type": "web_search"}}, False),
        ({"type": "web_search"}, {}, False),
    ],
    ids=["as Codex sends it", "demanded", "asked for"],
)
def test_a_client_that_sends_it_unasked_goes_on_without(tool: Any, fields: Any, optional: bool) -> None:
    wanted = asked(tool, **fields)
    assert wanted is not None
    assert wanted.optional is optional
    assert asked({**tool, "external_web_access": False}, FUNCTION) is None


def test_allowed_tools_and_our_own_fields_count_as_well() -> None:
    search = {"type": "web_search"}
    choice = {"type": "allowed_tools", "mode": "required", "tools": [CODE]}
    wanted = asked(search, CODE, tool_choice=choice)
    assert wanted is not None
    assert wanted.names == ("python",)
    assert asked(search, enable_tools=False) is None
    assert asked(search, FUNCTION, tool_choice={**choice, "tools": [FUNCTION]}) is None


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"type": "web_search", "filters": {"allowed_domains": [1]}}, "tools[0].filters.allowed_domains[0]"),
        ({"type": "web_search", "search_context_size": "huge"}, "tools[0].search_context_size"),
        ({**CODE, "container": 3}, "tools[0].container"),
        ({**CODE, "container": {"type": "auto", "file_ids": ["f"]}}, "tools[0].container.file_ids"),
    ],
)
def test_what_is_wrong_is_named(tool: Any, param: str) -> None:
    with pytest.raises(TurnFailure) as failure:
        asked(tool)
    assert failure.value.error.param == param


@pytest.mark.parametrize("name", NATIVE)
def test_a_stream_is_written_as_agreed_and_fits_the_sdk(name: str) -> None:
    stream = written(HOSTED, NATIVE[name])
    assert stream.decode() == (GOLDEN / f"{name}.sse").read_text()
    found = payloads(stream)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    for event in found:
        validate_event(event)
    one_by_one = ResponsesStreamWriter(HOSTED, created=CREATED)
    assert b"".join(one_by_one.feed([event]) for event in NATIVE[name]) == stream


@pytest.mark.parametrize("name", ["native", "native_cut"])
def test_a_whole_response_is_the_end_of_the_stream(name: str) -> None:
    whole = write_whole(accumulate(NATIVE[name]), HOSTED, created=CREATED)
    validate_response(whole)
    assert payloads(written(HOSTED, NATIVE[name]))[-1]["response"] == orjson.loads(whole)


def test_what_the_sdk_makes_of_the_stream() -> None:
    response, _ = accumulated(written(HOSTED, NATIVE["native"]))
    message, search, code, page, answer = [item.to_dict() for item in response.output]
    assert search["action"] == {
        "type": "search",
        "query": "x",
        "queries": ["x"],
        "sources": [{"type": "url", "url": url} for url in ("https://example.org/", "https://b.example/")],
    }
    assert (code["code"], code["container_id"]) == ("6*7", "cntr_0a1b")
    assert code["outputs"] == [
        {"type": "logs", "logs": "42"},
        {"type": "image", "url": "data:image/png;base64,iVBO"},
    ]
    assert (page["status"], page["action"]) == ("failed", {"type": "open_page", "url": "https://x.org/"})
    assert cited(message) == []
    assert cited(answer) == [("[1]", "A page"), ("[1,2]", "A page"), ("[1,2]", "B")]


def cited(item: Any) -> list[tuple[str, str]]:
    """What each annotation covers, and the title it gives."""
    (part,) = item["content"]
    return [(part["text"][one["start_index"] : one["end_index"]], one["title"]) for one in part["annotations"]]


def test_outputs_and_sources_are_shown_to_who_includes_them() -> None:
    plain = call_for(tools=[{"type": "web_search"}, CODE])
    output = orjson.loads(write_whole(accumulate(NATIVE["native"]), plain, created=CREATED))["output"]
    assert "sources" not in output[1]["action"]
    assert output[2]["outputs"] is None


def test_items_come_back_as_calls_and_results() -> None:
    output = orjson.loads(write_whole(accumulate(NATIVE["native"]), HOSTED, created=CREATED))["output"]
    terminal = {"type": "code_interpreter_call", "code": "%%bash\nls", "container_id": "c", "outputs": None}
    codex = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "y"}}
    messages = conversation(input=[HI, *output[1:], terminal, codex, HI]).messages[1:-1]
    assert [message.role for message in messages] == ["assistant", "tool"] * 3 + ["assistant", "tool"] * 2
    calls = [part for message in messages for part in message.parts if isinstance(part, ToolCallPart)]
    assert [(call.name, call.arguments) for call in calls] == [
        ("web_search", '{"query":"x"}'),
        ("python", '{"code":"6*7"}'),
        ("web_fetch", '{"url":"https://x.org/"}'),
        ("terminal", '{"command":"ls"}'),
        ("web_search", '{"query":"y"}'),
    ]
    results = [part for message in messages for part in message.parts if isinstance(part, ToolResultPart)]
    assert [result.call_id for result in results] == [call.call_id for call in calls]
    assert results[0].parts == (TextPart("https://example.org/\nhttps://b.example/"),)
    assert results[1].parts == (TextPart("42"),)
    assert results[2].is_error
    assert messages[6] == Message("assistant", (TextPart("It is [1], and 🦥 [1,2]. Not `a[1]`."), calls[3]))
