"""A tool that was loaded in the middle of a conversation is called, though the engine's grammar does not know it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.parts import client_of, services_around
from tests.support.engines import RunningEngine

from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream

CALL = '<tool_call>\n{"name": "mcp__clock", "arguments": {"zone": "UTC"}}\n</tool_call>'
CLOCK = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}


@pytest.fixture
async def http(engine_process: RunningEngine, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    shelf = SingleShelf(Upstream(engine_process.base_url, slots=2), slots=2)
    async with (
        services_around(Pool(shelf, default=shelf.model.id), tmp_path) as services,
        client_of(services) as client,
    ):
        yield client


def messages_body(*, stream: bool) -> dict[str, Any]:
    search = {"name": "ToolSearch", "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}}}
    found = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": [{"type": "tool_reference", "tool_name": "mcp__clock"}],
    }
    return {
        "max_tokens": 99,
        "stream": stream,
        "tools": [search, {"name": "mcp__clock", "input_schema": CLOCK, "defer_loading": True}],
        "messages": [
            {"role": "user", "content": "What time is it?"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "ToolSearch", "input": {"q": "time"}}],
            },
            {"role": "user", "content": [found]},
        ],
    }


def responses_body(*, stream: bool) -> dict[str, Any]:
    clock = {"type": "function", "name": "mcp__clock", "parameters": CLOCK}
    return {
        "stream": stream,
        "tools": [{"type": "function", "name": "find", "parameters": {"type": "object", "properties": {}}}],
        "input": [
            {"role": "user", "content": "What time is it?"},
            {"type": "tool_search_call", "call_id": "t", "arguments": {"q": "time"}},
            {"type": "tool_search_output", "call_id": "t", "tools": [clock]},
        ],
    }


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/responses"])
async def test_a_loaded_tool_is_called(
    path: str, stream: bool, http: httpx.AsyncClient, engine_process: RunningEngine
) -> None:
    engine_process.set_script({"text": CALL})
    body = (messages_body if path == "/v1/messages" else responses_body)(stream=stream)
    reply = await http.post(path, json=body)
    assert reply.status_code == 200, reply.text
    assert ("tool_use" if path == "/v1/messages" else "function_call") in reply.text
    assert "mcp__clock" in reply.text
    assert "<tool_call>" not in reply.text
    asked = engine_process.state()["requests"][-1]["body"]
    assert len(asked["tools"]) == 1, "the head of the prompt stays as it was"
    assert (asked["tool_choice"], "id_slot" in asked) == ("none", False)
    assert 'The tool mcp__clock can be called now:\n{"type":"function"' in asked["messages"][-1]["content"]
