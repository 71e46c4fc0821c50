"""What clients see of several models: the list, one of them, the state, and the wait for a load."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from tests.api.parts import client_of, services_around
from tests.engine.pool_engines import PaperShelf
from tests.support.patience import until

from unsloth_studio.api.exchange import Limits
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.shelf import SingleShelf

CHATTY = Limits(max_body=1000, headers_after=0.01, heartbeat=0.01)


@pytest.fixture
async def shelf() -> PaperShelf:
    shelf = PaperShelf()
    shelf.add("default")
    shelf.add("other")
    return shelf


@pytest.fixture
async def pool(shelf: PaperShelf) -> Pool:
    return Pool(shelf, rules=Rules(budget_bytes=10, linger=0.0), default="default")


@pytest.fixture
async def http(pool: Pool, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    async with services_around(pool, tmp_path, load_wait=0.1, limits=CHATTY) as services, client_of(services) as client:
        yield client


async def states(http: httpx.AsyncClient) -> dict[str, str]:
    return {model["id"]: model["state"] for model in (await http.get("/v1/models")).json()["data"]}


async def test_models_are_listed_loaded_or_not(http: httpx.AsyncClient, pool: Pool, shelf: PaperShelf) -> None:
    assert await states(http) == {"default": "available", "other": "available"}
    await pool.load(shelf.models["other"], wait=5)
    listed = (await http.get("/v1/models")).json()["data"]
    assert [(m["id"], m["loaded"], m["quantization"], m["context_length"]) for m in listed] == [
        ("default", False, "Q4_K_M", None),
        ("other", True, "Q4_K_M", 4096),
    ]


async def test_one_model_is_found_by_its_own_names_only(http: httpx.AsyncClient, pool: Pool, shelf: PaperShelf) -> None:
    await pool.load(shelf.models["default"], wait=5)
    assert (await http.get("/v1/models/other")).json()["id"] == "other"
    foreign = await http.get("/v1/models/gpt-4o")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_loaded_model_that_left_the_disk_is_still_listed(
    http: httpx.AsyncClient, pool: Pool, shelf: PaperShelf
) -> None:
    await pool.load(shelf.models["other"], wait=5)
    del shelf.models["other"]
    assert await states(http) == {"default": "available", "other": "ready"}


HEALTH = [
    ("nothing was loaded yet", 503, "stopped"),
    ("the default model is loading", 503, "loading"),
    ("the default model is ready", 200, "ok"),
    ("it was put away for another one", 200, "idle"),
    ("it failed", 503, "failed"),
]


async def test_health_is_that_of_the_default_model(http: httpx.AsyncClient, pool: Pool, shelf: PaperShelf) -> None:
    seen: list[tuple[int, str]] = []

    async def look() -> None:
        reply = await http.get("/health")
        assert reply.json()["model"] == "default"
        seen.append((reply.status_code, reply.json()["status"]))

    await look()
    shelf.slow.add("default")
    assert (await http.post("/v1/chat/completions", json=HELLO)).status_code == 503
    await look()
    shelf.engines["default"].let_up()
    await until(lambda: pool.status.state == "ready")
    await look()
    await pool.load(shelf.models["other"], wait=5)
    await look()
    shelf.slow.clear()
    shelf.faults["default"] = "The file is damaged."
    assert (await http.post("/v1/chat/completions", json=HELLO)).json()["error"]["message"] == "The file is damaged."
    await look()
    assert seen == [(status, text) for _, status, text in HEALTH]


HELLO = {"model": "default", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/chat/completions", {}),
        ("/v1/chat/completions", {"n": 2}),
        ("/v1/completions", {"prompt": "Hello"}),
        ("/v1/responses", {"input": "Hello"}),
        ("/v1/messages", {"max_tokens": 5}),
    ],
    ids=["chat", "chat with two choices", "completions", "responses", "messages"],
)
async def test_a_stream_that_waits_for_a_load_says_so_in_its_signs_of_life(
    http: httpx.AsyncClient, shelf: PaperShelf, path: str, fields: dict[str, object]
) -> None:
    shelf.slow.add("default")
    reply = await http.post(path, json={**HELLO, "stream": True, **fields})
    assert reply.status_code == 200
    assert reply.text.startswith(": loading default\n\n")
    assert "still loading (42%)" in reply.text
    ours = [line for line in reply.text.splitlines() if line.startswith(":") and "keep-alive" not in line]
    assert set(ours) == {": loading default"}


async def test_an_engine_whose_name_is_not_known_yet_is_listed_under_its_own_later(tmp_path: Path) -> None:
    paper = PaperShelf()
    engine = paper.add("").start()
    pool = Pool(shelf := SingleShelf(engine, slots=1), default=shelf.model.id)
    async with services_around(pool, tmp_path) as services, client_of(services) as http:
        assert await states(http) == {"upstream": "available"}
        paper.engines[""].rename("qwen")
        await pool.load(pool.find("anything"), wait=5)
        assert await states(http) == {"qwen": "ready"}
        for name in ("qwen", "QWEN", "owner/qwen"):
            assert (await http.get(f"/v1/models/{name}")).json()["id"] == "qwen"
        assert (await http.get("/v1/models/gemma")).status_code == 404
