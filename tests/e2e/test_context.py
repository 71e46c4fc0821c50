"""The context contract, with a real engine: what is counted, what is told, what becomes of a conversation too long."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.parts import client_of, services_around
from tests.support.engines import RunningEngine, embedded_engine
from tests.support.fixtures import ScriptedGguf

from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream

pytestmark = pytest.mark.e2e

CONTEXT = 2048
"""Tokens; the scripted model has one for nearly every letter."""
PATHS = {"/v1/chat/completions": "messages", "/v1/messages": "messages", "/v1/responses": "input"}


@pytest.fixture(scope="module")
def engine(scripted_gguf: ScriptedGguf) -> Iterator[RunningEngine]:
    with embedded_engine(scripted_gguf(("Hello",)), context_length=CONTEXT) as running:
        yield running


@pytest.fixture
async def http(engine: RunningEngine, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    shelf = SingleShelf(Upstream(engine.base_url, slots=1), slots=1)
    async with (
        services_around(Pool(shelf, default=shelf.model.id), tmp_path) as services,
        client_of(services) as client,
    ):
        await client.put("/api/requests/keep_bodies", json={"on": True})
        yield client


def talk(turns: int) -> list[dict[str, Any]]:
    """A question and an answer of 100 letters each, so often, and a last question."""
    said = [{"role": ("user", "assistant")[at % 2], "content": f"{at} ".ljust(100, ".")} for at in range(2 * turns)]
    return [*said, {"role": "user", "content": "And now?"}]


@pytest.mark.parametrize("path", PATHS)
async def test_less_room_than_asked_for_is_told(path: str, http: httpx.AsyncClient) -> None:
    limit = "max_output_tokens" if path == "/v1/responses" else "max_tokens"
    for stream in (False, True):
        body = {PATHS[path]: talk(2), limit: 32000, "stream": stream}
        reply = await http.post(path, json=body)
        assert reply.status_code == 200, reply.text
        told = dict(item.split("=") for item in reply.headers["x-unsloth-notice"].split("; "))
        assert (int(told["asked"]), int(told["context"])) == (32000, CONTEXT)
        assert int(told["max_tokens"]) == CONTEXT - int(told["prompt"]) > 0
    body = {PATHS[path]: talk(2), limit: 5}
    assert "x-unsloth-notice" not in (await http.post(path, json=body)).headers


async def test_the_tokens_are_the_same_wherever_they_are_told(http: httpx.AsyncClient) -> None:
    tools: list[dict[str, Any]] = [
        {
            "name": "look",
            "description": "Look.",
            "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}},
        }
    ]
    body = {"messages": talk(1), "system": "x-anthropic-billing-header: v=1;\nHelp.", "tools": tools, "max_tokens": 5}
    counted = (await http.post("/v1/messages/count_tokens", json=body)).json()["input_tokens"]
    reply = await http.post("/v1/messages", json={**body, "stream": True})
    start = next(
        json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith('data: {"type":"message_start"')
    )
    usage = start["message"]["usage"]
    assert usage["input_tokens"] + usage["cache_read_input_tokens"] == counted
    assert (await http.get("/v1/models")).json()["data"][0]["context_window"] == CONTEXT


@pytest.mark.parametrize("path", PATHS)
async def test_a_conversation_that_is_too_long_is_refused_unless_it_may_be_cut(
    path: str, http: httpx.AsyncClient
) -> None:
    long = {PATHS[path]: talk(14)}
    reply = await http.post(path, json=long)
    assert reply.status_code == 400
    assert f"{CONTEXT}" in reply.json()["error"]["message"]
    reply = await http.post(path, json={**long, "context_overflow": "truncate_oldest"})
    assert reply.status_code == 200, reply.text
    assert reply.headers["x-unsloth-notice"].startswith("context_overflow=truncate_oldest; messages_left_out=")
    reply = await http.post(path, json={**long, "context_overflow": "sometimes"})
    assert (reply.status_code, "context_overflow" in reply.text) == (400, True)


async def test_the_cut_holds_while_the_conversation_grows(http: httpx.AsyncClient) -> None:
    seen: list[list[dict[str, Any]]] = []
    for turns in (14, 15, 16):
        body = {
            "messages": [{"role": "system", "content": "Help."}, *talk(turns)],
            "context_overflow": "truncate_middle",
        }
        assert (await http.post("/v1/chat/completions", json=body)).status_code == 200
        request = (await http.get("/api/requests", params={"limit": 1})).json()["requests"][0]
        seen.append((await http.get(f"/api/requests/{request['id']}")).json()["messages"])
    first = seen[0]
    assert first[0] == {"role": "system", "content": "Help."}
    assert first[1]["content"].startswith("0 ...")
    assert "earlier messages left out here" in first[1]["content"]
    assert seen[1][: len(first) - 1] == seen[2][: len(first) - 1] == first[:-1]


async def test_what_cannot_be_cut_is_refused(http: httpx.AsyncClient) -> None:
    body = {"messages": [{"role": "user", "content": "x" * 4000}], "context_overflow": "truncate_oldest"}
    reply = await http.post("/v1/chat/completions", json=body)
    assert (reply.status_code, "x-unsloth-notice" in reply.headers) == (400, False)
