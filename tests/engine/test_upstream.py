"""An engine that already runs: what it is, what it serves, and what is said when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.upstream import Upstream, base_url
from unsloth_studio.turn.errors import TurnFailure


@dataclass
class Remote:
    """A server whose answers the test sets: path -> (status, JSON)."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict[str, tuple[int, Any]])
    seen: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append((request.path, request.headers.get("Authorization")))
        status, body = self.answers.get(request.path, (404, {"error": "no such route"}))
        return web.json_response(body, status=status)


@pytest.fixture
async def remote() -> AsyncGenerator[Remote]:
    made = Remote()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


LLAMA_PROPS = (200, {"default_generation_settings": {"n_ctx": 2048}, "total_slots": 4, "build_info": "b7777"})

KINDS: dict[str, tuple[dict[str, tuple[int, Any]], str, int | None, bool, int]] = {
    "llama-server": (
        {"/v1/models": (200, {"data": [{"id": "m", "meta": {"n_ctx_train": 8192}}]}), "/props": LLAMA_PROPS},
        "m",
        2048,
        True,
        4,
    ),
    "llama-server without /props": (
        {"/v1/models": (200, {"data": [{"id": "m", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}]})},
        "m",
        2048,
        False,
        1,
    ),
    "vLLM or SGLang": ({"/v1/models": (200, {"data": [{"id": "org/m", "max_model_len": 4096}]})}, "org/m", 4096, False, 1),
    "another Studio": ({"/v1/models": (200, {"data": [{"id": "m", "context_length": 512}]})}, "m", 512, False, 1),
    "a server that says little": ({"/v1/models": (200, {"data": [{"id": "m"}, {"id": "n"}]})}, "m", None, False, 1),
    "strange types": (
        {"/v1/models": (200, {"data": [{"id": "m", "meta": [], "n_ctx": "many"}]}), "/props": (200, [1])},
        "m",
        None,
        False,
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "model", "context", "llama", "slots"), KINDS.values(), ids=KINDS.keys())
async def test_what_is_found(
    answers: dict[str, tuple[int, Any]], model: str, context: int | None, llama: bool, slots: int, remote: Remote
) -> None:
    remote.answers = answers
    upstream = Upstream(remote.url + "/v1", "key")
    await upstream.start()
    assert await upstream.ready(5) == EngineAddress(remote.url, "key", model, speaks_llama=llama, managed=False)
    status = upstream.status
    assert (status.state, status.model_id, status.context_length, status.slots) == ("ready", model, context, slots)
    assert set(remote.seen) == {("/v1/models", "Bearer key"), ("/props", "Bearer key")}
    await upstream.stop()
    assert upstream.status.state == "stopped"


async def test_the_user_decides_on_model_and_slots(remote: Remote) -> None:
    remote.answers = {"/v1/models": (200, {"data": [{"id": "a"}, {"id": "b"}]})}
    upstream = Upstream(remote.url, model="b", slots=8)
    assert (await upstream.ready(5)).model == "b"
    assert upstream.status.slots == 8


WRONG: dict[str, tuple[tuple[int, Any], str]] = {
    "key refused": ((401, {}), "refuses the key (HTTP 401)"),
    "broken": ((500, {}), "answers HTTP 500 to /v1/models"),
    "another shape": ((200, {"models": []}), "does not answer /v1/models as an OpenAI-compatible server does"),
    "no model": ((200, {"data": []}), "serves no model at the moment"),
    "no object": ((200, {"data": ["m"]}), "serves no model at the moment"),
}


@pytest.mark.parametrize(("answer", "said"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_is_said(answer: tuple[int, Any], said: str, remote: Remote) -> None:
    remote.answers = {"/v1/models": answer}
    upstream = Upstream(remote.url)
    with pytest.raises(TurnFailure) as caught:
        await upstream.ready(5)
    assert said in caught.value.error.message
    assert (caught.value.error.kind, caught.value.error.retry_after) == ("engine_unavailable", 5)
    assert (upstream.status.state, upstream.status.advice is None) == ("failed", False)


async def test_nobody_there() -> None:
    upstream = Upstream("127.0.0.1:1")
    await upstream.start()
    with pytest.raises(TurnFailure, match=r"The upstream http://127\.0\.0\.1:1 cannot be reached"):
        await upstream.ready(5)


async def test_a_failed_upstream_is_asked_again(remote: Remote) -> None:
    upstream = Upstream(remote.url)
    with pytest.raises(TurnFailure):
        await upstream.ready(5)
    remote.answers = {"/v1/models": (200, {"data": [{"id": "m"}]})}
    assert (await upstream.ready(5)).model == "m"


async def test_a_loading_upstream_is_waited_for(remote: Remote) -> None:
    remote.answers = {"/v1/models": (503, {"error": {"message": "Loading model"}})}
    upstream = Upstream(remote.url)
    with pytest.raises(TurnFailure, match="loading its model"):
        await upstream.ready(0.2)
    assert upstream.status.state == "starting"
    remote.answers = {"/v1/models": (200, {"data": [{"id": "m"}]})}
    assert (await upstream.ready(5)).model == "m"


async def test_a_lost_upstream_is_looked_at_at_once(remote: Remote) -> None:
    remote.answers = {"/v1/models": (200, {"data": [{"id": "m"}]})}
    changed = asyncio.Event()
    upstream = Upstream(remote.url, on_change=lambda status: changed.set() if status.state == "failed" else None)
    address = await upstream.ready(5)
    remote.answers = {"/v1/models": (500, {})}
    upstream.lost(address)
    await asyncio.wait_for(changed.wait(), 5)
    assert upstream.status.state == "failed"


async def test_stop_ends_the_waiting(remote: Remote) -> None:
    remote.answers = {"/v1/models": (503, {})}
    upstream = Upstream(remote.url)
    await upstream.start()
    await upstream.stop()
    await upstream.stop()
    assert upstream.status.state == "stopped"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h:1", "http://h:1"),
        ("http://h:1/", "http://h:1"),
        ("http://h:1/v1", "http://h:1"),
        ("https://h/api/v1/", "https://h/api"),
        (" h:8080 ", "http://h:8080"),
    ],
)
def test_base_url(url: str, base: str) -> None:
    assert base_url(url) == base
