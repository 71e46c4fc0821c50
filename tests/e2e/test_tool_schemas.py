"""300 tool schemas as MCP servers send them: the real engine takes every one, and what it then writes is what was asked."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from tests.support.tool_schemas import BY_HAND, tool_schemas

from unsloth_studio.schemas.check import Fault, check_turn
from unsloth_studio.turn.messages import OutputFormat, ToolCallPart, ToolDefinition

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
SCHEMAS = tool_schemas(300)
REFUSED = {  # as the schema of an answer: nothing satisfies them, or nothing could be written in time
    "no regular expression",
    "a reference in a circle",
    "two references in a circle",
    "minimum above maximum",
    "length the wrong way round",
    "items the wrong way round",
    "a length beyond measure",
    "negative counts",
}
UNSATISFIABLE = {  # by any arguments at all, or by any of a length that a request can have
    "allOf that contradicts",
    "a union of nothing",
    "a repetition beyond measure",
    "a length beyond measure",
}


def tool(name: str, schema: Json) -> Json:
    return {"type": "function", "function": {"name": name, "description": "Does it.", "parameters": schema}}


def ask(http: httpx.Client, tools: list[Json], choice: str, max_tokens: int) -> tuple[str, str, str]:
    """The arguments of the first call, the finish reason, and an error's text."""
    body = {
        "messages": [{"role": "user", "content": "Call the tool."}],
        "tools": tools,
        "tool_choice": choice,
        "max_tokens": max_tokens,
        "enable_thinking": False,
        "temperature": 0,
    }
    reply = http.post("/v1/chat/completions", json=body)
    if reply.status_code != 200:
        return "", "", reply.text
    given: Json = reply.json()["choices"][0]
    calls: list[Json] = given["message"].get("tool_calls") or []
    return str(calls[0]["function"]["arguments"]) if calls else "", str(given["finish_reason"]), ""


def fault(arguments: str, schema: Json) -> Fault | None:
    found = check_turn([ToolCallPart("c", "do_it", arguments)], [ToolDefinition("do_it", "", schema)], OutputFormat())
    return found[0] if found else None


def test_each_schema_alone_is_taken_and_its_call_fits(http: httpx.Client) -> None:
    def forced(item: tuple[str, Json]) -> tuple[str, str, str, str]:
        return item[0], *ask(http, [tool("do_it", item[1])], "required", 160)

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(forced, SCHEMAS.items()))
    refused = {name: error for name, _, _, error in answers if error}
    assert not refused, refused
    whole = {name: arguments for name, arguments, finish, _ in answers if finish == "tool_calls"}
    violations = {name: found.violation for name, value in whole.items() if (found := fault(value, SCHEMAS[name]))}
    print(f"{len(answers)} schemas taken, {len(whole)} calls ended, {len(violations)} violations: {violations}")
    assert len(whole) >= 150
    others = violations.keys() - UNSATISFIABLE  # whose second try went on until its limit; none, or one now and then
    assert len(others) <= 0.01 * len(whole), violations


def test_many_odd_tools_together_are_taken(http: httpx.Client) -> None:
    small = [(name, schema) for name, schema in SCHEMAS.items() if len(json.dumps(schema)) < 400]
    for start in range(0, len(small), 30):
        tools = [tool(f"tool_{start + number}", schema) for number, (_, schema) in enumerate(small[start : start + 30])]
        assert ask(http, tools, "auto", 1)[2] == ""


def test_each_schema_of_an_answer_is_taken_or_refused_with_its_place(http: httpx.Client) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    refused: dict[str, str] = {}
    for name, schema in BY_HAND.items():
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        body = {"messages": messages, "response_format": wanted, "max_tokens": 1, "enable_thinking": False}
        reply = http.post("/v1/chat/completions", json=body)
        if reply.status_code != 200:
            refused[name] = str(reply.json()["error"]["param"])
    assert all(param.startswith("response_format.json_schema.schema") for param in refused.values()), refused
    assert refused.keys() == REFUSED
