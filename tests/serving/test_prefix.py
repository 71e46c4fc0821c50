"""What clients change without meaning does not change the prompt, and what is loaded late stands where it was loaded."""

from __future__ import annotations

import time
from dataclasses import replace

import orjson
import pytest
from tests.support.agent_sessions import CLIENTS, VOLATILE, Json, Session

from unsloth_studio.dialects.anthropic import read as anthropic
from unsloth_studio.dialects.openai_chat import read as chat
from unsloth_studio.dialects.openai_responses import read as responses
from unsloth_studio.engine.encode import engine_body
from unsloth_studio.serving.prefix import BILLING, COUNTDOWN, KEY_ORDER, steady
from unsloth_studio.serving.readied import readied
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Part,
    Request,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

READ = {"/v1/messages": anthropic.read, "/v1/responses": responses.read, "/v1/chat/completions": chat.read}


def request_of(session: Session, body: Json) -> Request:
    return READ[session.path](orjson.dumps(body)).request


def prompt_of(session: Session, turn: int) -> Json:
    """The messages and tools that the engine is asked with."""
    ready = readied(request_of(session, session.body(turn)), heals=True)
    asked = orjson.loads(engine_body(ready.request, model="m", speaks_llama=True))
    return {"messages": asked["messages"], "tools": asked["tools"]}


@pytest.mark.parametrize("part", [*VOLATILE, "all of it"])
@pytest.mark.parametrize("client", CLIENTS)
def test_what_means_nothing_changes_nothing(client: str, part: str) -> None:
    plain = Session(client)
    restless = replace(plain, volatile=frozenset(VOLATILE if part == "all of it" else [part]))
    for turn in range(4):
        assert prompt_of(restless, turn) == prompt_of(plain, turn)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_turn_goes_on_with_the_one_before(client: str) -> None:
    session = Session(client, volatile=frozenset(VOLATILE))
    before = prompt_of(session, 0)
    for turn in range(1, 4):
        now = prompt_of(session, turn)
        assert now["tools"] == before["tools"]
        assert now["messages"][: len(before["messages"])] == before["messages"]
        before = now


def says(role: str, *parts: Part | str) -> Message:
    shown = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return Message(role, shown)  # pyright: ignore[reportArgumentType]


SHAPE: Json = {"type": "object", "properties": {"b": {}, "a": {}}}
TEXTS: dict[str, tuple[Message, Message | None, str]] = {
    "a block that is nothing but the billing line": (
        says("system", "x-anthropic-billing-header: v=1; cch=ab;", "Help."), says("system", "Help."), BILLING),
    "in the middle of a text": (
        says("system", "Help.\n x-anthropic-billing-header: v=1;\nWell."), says("system", "Help.\nWell."), BILLING),
    "an instruction of nothing else": (says("system", "x-anthropic-billing-header: v=1;"), None, BILLING),
    "a countdown of its own": (
        says("user", "Go", "<system_warning>Token usage: 35000/200000; 165000 remaining</system_warning>"),
        says("user", "Go"), COUNTDOWN),
    "a countdown behind a result": (
        says("tool", ToolResultPart("a", (TextPart(
            "12 files\n\n<system-reminder>\nToken usage: 1,5/9; 8 remaining\n</system-reminder>"),))),
        says("tool", ToolResultPart("a", (TextPart("12 files"),))), COUNTDOWN),
    "money": (
        says("system", "USD budget: $0.10/$5; $4.90 remaining\nHelp."), says("system", "Help."), COUNTDOWN),
    "arguments in the order of the tool": (
        says("assistant", ToolCallPart("1", "t", '{"z": 1, "a":12345678901234567890123,"b":"ä"}')),
        says("assistant", ToolCallPart("1", "t", '{"b":"ä","a":12345678901234567890123,"z":1}')), KEY_ORDER),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_taken_out(name: str) -> None:
    before, after, removed = TEXTS[name]
    done = steady(Conversation((before, says("user", "Go")), (ToolDefinition("t", parameters=SHAPE),)))
    assert done.conversation.messages == ((after, says("user", "Go")) if after else (says("user", "Go"),))
    assert done.removed == (removed,)


UNTOUCHED = {
    "a user who writes about it": says("user", "What is x-anthropic-billing-header: v=1; for?"),
    "a log": says("tool", ToolResultPart("a", (TextPart("Token usage: 1/2; 1 remaining\nDone"),))),
    "a file that holds one": says(
        "tool",
        ToolResultPart("a", (TextPart('x = "<system_warning>Token usage: 1/2; 1 remaining</system_warning>"\n'),)),
    ),
    "a question about one": says(
        "user", "What is\n<system-reminder>Token usage: 1/2; 1 remaining</system-reminder>\nin my file?"
    ),
    "all that was said": says("user", "<system-reminder>Token usage: 1/2; 1 remaining</system-reminder>"),
    "a reminder that says more": says(
        "user", "<system-reminder>Token usage: 1/2; 1 remaining. Stop.</system-reminder>"
    ),
    "what a model wrote": says("assistant", "<system-reminder>Token usage: 1/2; 1 remaining</system-reminder>"),
    "a date": says("system", "Today's date is 2026-11-30."),
    "arguments in order": says("assistant", ToolCallPart("1", "t", '{"b": 1, "a": 2}')),
    "arguments of no known tool": says("assistant", ToolCallPart("1", "u", '{"z": 1, "a": 2}')),
    "arguments that are none": says("assistant", ToolCallPart("1", "t", "{")),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_means_something_stays(name: str) -> None:
    conversation = Conversation((UNTOUCHED[name], says("user", "Go")), (ToolDefinition("t", parameters=SHAPE),))
    assert steady(conversation).conversation is conversation


def deferring(turn: int) -> Request:
    """Claude Code with a search for tools: one is found in turn 1, another and the same again in turn 2."""

    def tool(name: str, **fields: object) -> Json:
        return {"name": name, "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}}, **fields}

    tools = [tool("ToolSearch"), *(tool(name, defer_loading=True) for name in ("mcp__a", "mcp__b", "mcp__c"))]
    messages: list[Json] = [{"role": "user", "content": "Go"}]
    for at, found in enumerate((["mcp__b"], ["mcp__a", "mcp__b"])[:turn]):
        messages.append({"role": "assistant", "content": [
            {"type": "tool_use", "id": f"t{at}", "name": "ToolSearch", "input": {"q": "x"}}]})  # fmt: skip
        messages.append({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": f"t{at}",
             "content": [{"type": "tool_reference", "tool_name": name} for name in found]}]})  # fmt: skip
    return anthropic.read(orjson.dumps({"messages": messages, "tools": tools})).request


def test_deferred_tools_stand_where_they_are_loaded() -> None:
    asked = [
        orjson.loads(engine_body(readied(deferring(turn), heals=True).request, model="m", speaks_llama=True))
        for turn in range(3)
    ]
    assert [tool["function"]["name"] for tool in asked[0]["tools"]] == ["ToolSearch"]
    assert asked[0]["tools"] == asked[1]["tools"] == asked[2]["tools"]
    assert asked[1]["messages"] == asked[2]["messages"][: len(asked[1]["messages"])]
    loaded, more = (asked[2]["messages"][at]["content"] for at in (2, 4))
    assert loaded.startswith('The tool mcp__b can be called now:\n{"type":"function","function":{"name":"mcp__b"')
    assert more.startswith("The tool mcp__a can be called now:\n")
    assert more.endswith("\n\nThe tool mcp__b can be called now.")


def test_loaded_tools_are_still_called_and_checked() -> None:
    ready = readied(deferring(1), heals=True)
    assert ready.loads
    assert isinstance(ready.request.prompt, Conversation)
    assert [tool.name for tool in ready.request.prompt.tools] == ["ToolSearch", "mcp__a", "mcp__b", "mcp__c"]


def test_whoever_cannot_find_them_is_shown_all_tools() -> None:
    plain = readied(deferring(1), heals=False)
    assert not plain.loads
    assert isinstance(plain.request.prompt, Conversation)
    assert not any(tool.deferred for tool in plain.request.prompt.tools)
    tools = [{"type": "tool_search_tool_regex_20251119", "name": "s"}, {"name": "a", "defer_loading": True}]
    body = {"messages": [{"role": "user", "content": "Go"}], "tools": tools}
    prompt = anthropic.read(orjson.dumps(body)).request.prompt
    assert isinstance(prompt, Conversation)
    assert [(tool.name, tool.deferred) for tool in prompt.tools] == [("a", False)]


def test_an_instruction_in_the_middle_stays_in_its_place() -> None:
    turns = [says("system", "Help."), says("user", "Go"), says("system", "Be brief."), says("assistant", "Yes")]
    bodies = [
        orjson.loads(engine_body(Request(Conversation(tuple(turns[:count]))), model="m", speaks_llama=True))["messages"]
        for count in (3, 4)
    ]
    assert (
        bodies[0]
        == bodies[1][:2]
        == [
            {"role": "system", "content": "Help."},
            {"role": "user", "content": "Go\n\nBe brief."},
        ]
    )


@pytest.mark.parametrize(
    "text",
    ["usage:" + "\n" * 200_000, "Token usage: " + "1" * 200_000, "Token usage: 1/" + "1" * 200_000,
     "<system-reminder>" * 20_000 + "usage:", "USD budget: $1/$" + "1." * 100_000, "usage:" + " " * 200_000],
    ids=["newlines", "a number", "two numbers", "tags", "dollars", "spaces"],
)  # fmt: skip
def test_texts_of_any_make_are_read_in_no_time(text: str) -> None:
    messages = tuple(Message(role, (TextPart(text),)) for role in ("system", "user"))
    began = time.process_time()
    steady(Conversation(messages))
    assert time.process_time() - began < 0.5
