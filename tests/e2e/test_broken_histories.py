"""Histories that break chat templates or the engine, through the real engine and every dialect: answered, never 500.

The table is written once, in neutral steps; each dialect spells them its own way. The demo model's template takes nearly
anything, so a scripted model answers too whose template refuses whatever was not mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.server import studio

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
Step = tuple[str, ...]
"""`("user" | "assistant" | "system", text)`, `("call", id, arguments)` or `("result", id, text)`."""

SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
GO: Step = ("user", "What is the weather in Paris?")
NEXT: Step = ("user", "Hello")
PARIS = '{"city": "Paris"}'

HISTORIES: dict[str, list[Step]] = {
    "arguments that are no JSON": [GO, ("call", "a", "{'city': Paris"), ("result", "a", "sunny"), NEXT],
    "arguments that are a list": [GO, ("call", "a", '["Paris"]'), ("result", "a", "sunny"), NEXT],
    "arguments that were cut": [GO, ("call", "a", '{"city": "Par'), ("result", "a", "sunny"), NEXT],
    "arguments with a number too large": [GO, ("call", "a", '{"city": 1e999}'), ("result", "a", "sunny"), NEXT],
    "no arguments": [GO, ("call", "a", ""), ("result", "a", "sunny"), NEXT],
    "a result without a call": [GO, ("result", "a", "sunny"), NEXT],
    "a result first of all": [("result", "a", "sunny"), NEXT],
    "an altered id": [GO, ("call", "call_stub0001", PARIS), ("result", "callstub0001", "sunny"), NEXT],
    "a call without a result": [GO, ("call", "a", PARIS), NEXT],
    "the second of two calls without a result": [GO, ("call", "a", PARIS), ("call", "b", PARIS), ("result", "a", "x"), NEXT],
    "results in another order": [GO, ("call", "a", PARIS), ("call", "b", PARIS), ("result", "b", "2"), ("result", "a", "1")],
    "two results of one call": [GO, ("call", "a", PARIS), ("result", "a", "sunny"), ("result", "a", "rain"), NEXT],
    "two calls of one id": [GO, ("call", "a", PARIS), ("call", "a", PARIS), ("result", "a", "1"), ("result", "a", "2")],
    "empty texts": [GO, ("assistant", ""), ("user", ""), ("assistant", "Yes?"), NEXT],
    "leaked markup": [GO, ("assistant", '<tool_call>\n{"name": "get_weather"'), NEXT],
    "two assistant messages at the end": [GO, ("assistant", "It"), ("assistant", "is")],
    "a system message in the middle": [GO, ("assistant", "Yes?"), ("system", "Be brief."), NEXT],
    "a system message before a result": [GO, ("call", "a", PARIS), ("system", "Be brief."), ("result", "a", "x"), NEXT],
}  # fmt: skip


def chat(steps: list[Step]) -> tuple[str, Json]:
    messages: list[Json] = []
    for step in steps:
        match step:
            case ("call", call_id, arguments):
                function = {"name": "get_weather", "arguments": arguments}
                messages.append({"role": "assistant", "content": None, "tool_calls": [
                    {"id": call_id, "type": "function", "function": function}]})  # fmt: skip
            case ("result", call_id, text):
                messages.append({"role": "tool", "tool_call_id": call_id, "content": text})
            case (role, text):
                messages.append({"role": role, "content": text})
            case _:
                raise AssertionError(step)
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
    return "/v1/chat/completions", {"messages": messages, "tools": [tool], "max_tokens": 5}


def responses(steps: list[Step]) -> tuple[str, Json]:
    items: list[Json] = []
    for step in steps:
        match step:
            case ("call", call_id, arguments):
                items.append(
                    {"type": "function_call", "call_id": call_id, "name": "get_weather", "arguments": arguments}
                )
            case ("result", call_id, text):
                items.append({"type": "function_call_output", "call_id": call_id, "output": text})
            case (role, text):
                items.append({"type": "message", "role": role, "content": text})
            case _:
                raise AssertionError(step)
    tool = {"type": "function", "name": "get_weather", "parameters": SCHEMA}
    return "/v1/responses", {"input": items, "tools": [tool], "max_output_tokens": 16}


def anthropic(steps: list[Step]) -> tuple[str, Json]:
    """Arguments are objects in this dialect: those that are none are sent as what clients make of them."""
    messages: list[Json] = []
    for step in steps:
        match step:
            case ("call", call_id, arguments):
                given: Json = {"city": "Paris"} if arguments == PARIS else {"raw": arguments}
                block = {"type": "tool_use", "id": call_id, "name": "get_weather", "input": given}
                messages.append({"role": "assistant", "content": [block]})
            case ("result", call_id, text):
                block = {"type": "tool_result", "tool_use_id": call_id, "content": text}
                messages.append({"role": "user", "content": [block]})
            case (role, text):
                messages.append({"role": role, "content": text})
            case _:
                raise AssertionError(step)
    tool = {"name": "get_weather", "input_schema": SCHEMA}
    return "/v1/messages", {"messages": messages, "tools": [tool], "max_tokens": 5}


STRICT = Path(__file__).parents[1] / "support" / "strict.jinja"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("strict")
    model = write_scripted_gguf(folder / "strict.gguf", ("Fine.",), template=STRICT)
    with studio(folder / "home", "--model", str(model), "-c", "4096") as server, server.client() as http:
        yield http


@pytest.mark.parametrize("dialect", [chat, responses, anthropic], ids=lambda dialect: dialect.__name__)
@pytest.mark.parametrize("name", HISTORIES)
def test_a_strict_template_takes_what_was_mended(strict: httpx.Client, dialect: Any, name: str) -> None:
    path, body = dialect(HISTORIES[name])
    reply = strict.post(path, json=body)
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("dialect", [chat, responses, anthropic], ids=lambda dialect: dialect.__name__)
@pytest.mark.parametrize("name", HISTORIES)
def test_a_broken_history_is_answered(http: httpx.Client, dialect: Any, name: str) -> None:
    path, body = dialect(HISTORIES[name])
    reply = http.post(path, json=body)
    assert reply.status_code == 200, reply.text


LOOP: list[Step] = [
    GO,
    *(step for n in range(8) for step in (("call", f"call_{n}", PARIS), ("result", f"call_{n}", "no such city"))),
]


@pytest.mark.parametrize("dialect", [chat, responses, anthropic], ids=lambda dialect: dialect.__name__)
def test_an_agent_in_circles_is_stopped_with_the_reason(http: httpx.Client, dialect: Any) -> None:
    path, body = dialect(LOOP)
    reply = http.post(path, json=body)
    assert reply.status_code == 200, reply.text
    assert "get_weather was called 8 times in a row" in reply.text
    assert '"stop"' in reply.text or '"end_turn"' in reply.text or '"completed"' in reply.text
