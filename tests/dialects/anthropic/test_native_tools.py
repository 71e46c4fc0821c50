"""Tools by the Messages API's own names: what is read of them, and what the reply looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.dialects.anthropic.examples import NATIVE
from tests.dialects.anthropic.sdk import Sdk, check_event, check_message, frames, names

from unsloth_studio.dialects.anthropic.conversation import turn_messages
from unsloth_studio.dialects.anthropic.read import MessagesCall, read
from unsloth_studio.dialects.anthropic.wire import Body
from unsloth_studio.dialects.anthropic.write import MessagesStreamWriter, write_whole
from unsloth_studio.dialects.body import read_shape
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event
from unsloth_studio.turn.messages import Conversation, Message, ServerTools, TextPart, ToolRules

GOLDEN = Path(__file__).parents[2] / "golden" / "anthropic"
CITED = frozenset({"web_search", "web_fetch"})
SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "web_search"}
FETCH: dict[str, Any] = {"type": "web_fetch_20250910", "name": "web_fetch"}
OWN: dict[str, Any] = {"name": "mine", "input_schema": {"type": "object", "properties": {}}}


def call(*tools: dict[str, Any], **fields: Any) -> MessagesCall:
    return read(orjson.dumps({"messages": [{"role": "user", "content": "Hi"}], "tools": tools, **fields}))


def asked(*tools: dict[str, Any], **fields: Any) -> ServerTools | None:
    return call(*tools, **fields).request.server_tools


@pytest.mark.parametrize(
    ("tool", "rules"),
    [
        (
            {**SEARCH, "max_uses": 8, "blocked_domains": ["x.com"], "cache_control": {"type": "ephemeral"}},
            {"web_search": ToolRules(max_uses=8, blocked_domains=("x.com",), preset={"depth": "advanced"}, cited=True)},
        ),
        (
            {
                **SEARCH,
                "type": "web_search_20991231",
                "allowed_domains": ["a.org", "b.org/docs"],
                "user_location": {"type": "approximate", "city": "Oslo", "country": "NO", "timezone": "Europe/Oslo"},
            },
            {
                "web_search": ToolRules(
                    allowed_domains=("a.org", "b.org/docs"),
                    location="Oslo, NO (time zone Europe/Oslo)",
                    preset={"depth": "advanced"},
                    cited=True,
                )
            },
        ),
        (
            {**FETCH, "max_content_tokens": 900, "citations": {"enabled": True}},
            {"web_fetch": ToolRules(max_tokens=900, one_page=True, cited=True)},
        ),
        ({"type": "code_execution_20250522", "name": "code_execution"}, {"python": ToolRules()}),
        (
            {"type": "code_execution_20250825", "name": "code_execution"},
            {"python": ToolRules(), "terminal": ToolRules()},
        ),
    ],
    ids=["search", "a later search, with places", "fetch", "python", "python and bash"],
)
def test_a_tool_of_the_api_is_a_tool_of_ours_with_its_rules(tool: Any, rules: dict[str, ToolRules]) -> None:
    found = call(tool, OWN)
    wanted = found.request.server_tools
    assert wanted == ServerTools(tuple(rules), rules=rules, asked_by="tools[0].type")
    assert not found.told
    assert isinstance(found.request.prompt, Conversation)
    assert [own.name for own in found.request.prompt.tools] == ["mine"]


def test_search_beside_fetch_brings_snippets_only() -> None:
    wanted = asked(OWN, SEARCH, FETCH)
    assert wanted is not None
    assert (wanted.names, wanted.asked_by) == (("web_search", "web_fetch"), "tools[1].type")
    assert wanted.rules["web_search"].preset == {}


def test_fields_of_ours_and_tools_of_the_api_are_one_wish() -> None:
    wanted = asked(SEARCH, enable_tools=True, enabled_tools=["python"], session_id="s", container="c")
    assert wanted is not None
    assert (wanted.names, wanted.session_id, wanted.asked_by) == (("python", "web_search"), "s", "enable_tools")
    assert asked(SEARCH, enable_tools=False) is None
    container = asked({"type": "code_execution_20250825", "name": "code_execution"}, container={"id": "box"})
    assert container is not None
    assert container.session_id == "box"


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({**SEARCH, "max_uses": -1}, "tools[1].max_uses"),
        ({**SEARCH, "allowed_domains": "a.org"}, "tools[1].allowed_domains"),
        ({**SEARCH, "allowed_domains": ["a"], "blocked_domains": ["b"]}, "tools[1].blocked_domains"),
        ({**FETCH, "max_content_tokens": "many"}, "tools[1].max_content_tokens"),
    ],
)
def test_what_is_wrong_is_named(tool: Any, param: str) -> None:
    with pytest.raises(TurnFailure) as failure:
        call(OWN, tool)
    assert failure.value.error.param == param


def test_other_tools_of_the_api_are_left_out() -> None:
    assert asked({"type": "memory_20250818", "name": "memory"}, {"type": "bash_20250124", "name": "bash"}) is None


def stream(events: list[Event], cuts: int = 1) -> bytes:
    writer = MessagesStreamWriter(told=False, cited=CITED)
    return b"".join(writer.feed(events[at : at + cuts]) for at in range(0, len(events), cuts))


@pytest.mark.parametrize("name", NATIVE)
def test_the_reply_matches_its_golden_files_and_the_sdk_reads_both_as_one(name: str, sdk: Sdk) -> None:
    events = NATIVE[name]
    written, whole = stream(events), write_whole(accumulate(events), told=False, cited=CITED)
    assert written.decode() == (GOLDEN / f"{name}.sse").read_text(encoding="utf-8")
    assert whole.decode() + "\n" == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert "tool_result" not in names(written), "no event that the API does not have"
    for _, data in frames(written):
        check_event(data)
    check_message(whole)
    assert sdk.streamed(written) == sdk.whole(whole)


def test_citations_belong_to_the_blocks_that_end_with_them(sdk: Sdk) -> None:
    content = sdk.streamed(stream(NATIVE["native_search"]))["content"]
    said = [(block["text"], [one["url"] for one in block.get("citations") or ()]) for block in content[5:]]
    page, other = "https://example.org/", "https://other.example/"
    assert said == [
        ("Llamas hum [1],", [page]),
        (" and more [1, 2][2].", [page, other, other]),
        (" Not `row[1]`. Nor [7].", []),
    ]


def test_history_is_what_the_model_saw() -> None:
    """The blocks of our reply come back as the rounds of the turn: calls together, results together, one answer."""
    content = orjson.loads(write_whole(accumulate(NATIVE["native_search"]), told=False, cited=CITED))["content"]
    body, _ = read_shape(orjson.dumps({"messages": [{"role": "assistant", "content": content}]}), Body)
    first, results, last = turn_messages(body.messages[0], "messages[0]")
    assert [type(part).__name__ for part in first.parts] == ["TextPart", "ToolCallPart", "ToolCallPart"]
    assert [len(results.parts), results.role] == [2, "tool"]
    assert last == Message(
        "assistant", (TextPart(accumulate(NATIVE["native_search"]).text[len("Let me [1] look.") :]),)
    )


def test_a_paused_turn_is_taken_back() -> None:
    """`pause_turn`: the last message is the assistant's, with a call that has no result yet."""
    content = [
        {"type": "text", "text": "I search."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    ]
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": content}]
    found = read(orjson.dumps({"messages": messages, "tools": [SEARCH]})).request.prompt
    assert isinstance(found, Conversation)
    assert found.messages[-1] == Message("assistant", (TextPart("I search."),))
