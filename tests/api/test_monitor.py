"""The monitor through the application: what it shows of requests to an engine, and that it needs the scope `admin`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from tests.api.parts import client_of, services_around
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine
from tests.support.patience import until

from unsloth_studio.api import monitor
from unsloth_studio.api.services import Services
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.observe.watched_request import WatchedRequest
from unsloth_studio.sse import SseDecoder
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.toolbox import Toolbox

TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
]


def chat(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **fields}


@pytest.fixture
async def services(engine_process: RunningEngine, tmp_path: Path) -> AsyncGenerator[Services]:
    shelf = SingleShelf(Upstream(engine_process.base_url, slots=1), slots=1)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        yield made


@pytest.fixture
async def http(services: Services) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(services) as client:
        client.headers["User-Agent"] = "claude-cli/1.0.83 (external, cli)"
        yield client


async def listed(http: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    reply = await http.get("/api/requests", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()["requests"]


async def test_each_dialect_is_listed_with_its_tokens_and_times(http: httpx.AsyncClient) -> None:
    await http.post("/v1/chat/completions", json=chat())
    await http.post("/v1/messages", json=chat(stream=True, max_tokens=50))
    await http.post("/v1/responses", json={"input": "Hello"})
    await http.post("/v1/completions", json={"prompt": "Hello", "n": 2})
    found = list(reversed(await listed(http)))
    assert [(one["endpoint"], one["streamed"]) for one in found] == [
        ("/v1/chat/completions", False),
        ("/v1/messages", True),
        ("/v1/responses", False),
        ("/v1/completions", False),
    ]
    for one in found:
        assert (one["status"], one["http_status"], one["client"]) == ("done", 200, "claude-cli 1.0.83")
        assert one["key"] == {"id": 0, "name": "test"}
        assert min(one["input_tokens"], one["output_tokens"], one["tokens_per_second"]) > 0
        assert 0 <= one["queued_seconds"] <= one["first_token_seconds"] <= one["total_seconds"]


async def test_a_request_is_seen_while_it_waits_writes_and_when_its_client_leaves(
    http: httpx.AsyncClient, services: Services, engine_process: RunningEngine
) -> None:
    engine_process.set_script({"tokens": 400, "interval_ms": 20}, times=0)
    writing = asyncio.create_task(http.post("/v1/chat/completions", json=chat(stream=True)))
    await until(lambda: services.requests.active == 1)
    waiting = asyncio.create_task(http.post("/v1/chat/completions", json=chat()))
    await until(lambda: services.requests.queued == 1)
    await until(lambda: services.requests.written > 3)
    assert [one["status"] for one in await listed(http)] == ["queued", "writing"]
    assert [one["status"] for one in await listed(http, status="writing")] == ["writing"]
    state = (await http.get("/api/status")).json()
    assert (state["active"], state["queued"], state["slots"]) == (1, 1, 1)
    assert state["tokens_per_second"] > 0
    for task in (writing, waiting):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await until(lambda: services.requests.active == services.requests.queued == 0)


async def test_failures_say_why(http: httpx.AsyncClient, engine_process: RunningEngine) -> None:
    await http.post("/v1/chat/completions", json={"messages": 5})
    await http.post("/v1/chat/completions", json=chat(), headers={"Authorization": "Bearer sk-unsloth-nope"})
    engine_process.set_script({"tokens": 9, "fault": {"kind": "close", "after_tokens": 3}})
    await http.post("/v1/chat/completions", json=chat(stream=True))
    broken, foreign, wrong = await listed(http)
    assert (wrong["status"], wrong["http_status"]) == ("failed", 400)
    assert "messages" in wrong["error"]
    assert (foreign["http_status"], foreign["key"]) == (401, None)
    assert (broken["status"], broken["http_status"]) == ("failed", 200)
    assert broken["error"]


async def test_tool_calls_are_counted_and_bodies_shown_when_they_are_kept(
    http: httpx.AsyncClient, engine_process: RunningEngine
) -> None:
    engine_process.set_script({"tool_call": {"name": "look", "arguments": "{}"}}, times=0)
    assert (await http.put("/api/requests/keep_bodies", json={"on": True})).json() == {"on": True}
    await http.post("/v1/messages", json=chat("What is there?", max_tokens=50))
    await http.post("/v1/chat/completions", json=chat("Look", tools=TOOLS, stream=True))
    first, second = await listed(http)
    assert (first["tools"], first["finish_reason"]) == (1, "tool_calls")
    told = (await http.get(f"/api/requests/{first['id']}")).json()
    assert told["messages"] == [{"role": "user", "content": "Look"}]
    assert told["tool_definitions"][0]["function"]["name"] == "look"
    assert json.loads(told["request_body"])["stream"] is True
    assert told["response_body"].endswith("data: [DONE]\n\n")
    assert (await http.get(f"/api/requests/{second['id']}")).json()["messages"][0]["content"] == "What is there?"
    assert (await http.delete("/api/requests")).status_code == 204
    assert await listed(http) == []
    assert (await http.get(f"/api/requests/{first['id']}")).status_code == 404


class Noting(RequestLog):
    """Notes every status that a request has."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[str] = []

    def changed(self, request: WatchedRequest) -> None:
        self.statuses.append(request.status)
        super().changed(request)


async def test_rounds_with_tools_of_the_server_are_one_request(
    services: Services, engine_process: RunningEngine, tmp_path: Path
) -> None:
    log = Noting()
    toolbox = Toolbox.at(tmp_path, ToolPolicy(True, "for the test"), search=SearchSettings(()))
    turns = replace(services.turns, trace=log.trace)
    call = Script(tool_call=ToolCall("web_fetch", '{"url": "nonsense"}'))
    engine_process.set_turns(call, Script(text="It cannot be read.", tokens=4))
    async with client_of(replace(services, requests=log, turns=turns, toolbox=toolbox)) as http:
        reply = await http.post("/v1/chat/completions", json=chat(enable_tools=True, enabled_tools=["web_fetch"]))
        assert reply.status_code == 200, reply.text
    await toolbox.close()
    (request,) = log.list()
    told = request.summary()
    assert (told.status, told.tools, told.finish_reason) == ("done", 1, "stop")
    assert log.statuses[-6:] == ["writing", "tool", "queued", "reading", "writing", "done"]


async def test_watchers_get_requests_and_samples(
    http: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "SAMPLE_SECONDS", 0.05)
    decoder, seen = SseDecoder(), list[tuple[str, dict[str, Any]]]()
    async with aclosing(monitor.frames_of(services.requests)) as frames:
        await anext(frames)
        await http.post("/v1/chat/completions", json=chat())
        async for text in frames:
            seen += [(frame.event.decode(), json.loads(frame.data)) for frame in decoder.feed(text)]
            if {name for name, _ in seen} == {"request", "sample"}:
                break
    assert next(value for name, value in seen if name == "request")["status"] == "done"
    assert next(value for name, value in seen if name == "sample")["memory_bytes"] > 1e6


async def test_a_query_that_makes_no_sense_is_refused(http: httpx.AsyncClient) -> None:
    for query in ("limit=0", "limit=x", "status=nope"):
        reply = await http.get(f"/api/requests?{query}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_query"), query
