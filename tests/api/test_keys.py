"""Keys over HTTP: made, listed with their use, revoked at once; only for who owns the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.browser import browser, signed_in
from tests.api.parts import services_around
from tests.engine.pool_engines import PaperShelf

from unsloth_studio.api.key_meter import KeyMeter
from unsloth_studio.api.services import Services
from unsloth_studio.engine.pool import Pool
from unsloth_studio.store.api_key import ApiKey, KeyLimits
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import TurnEnd, TurnFailed, Usage
from unsloth_studio.turn.record import TurnRecord


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    shelf = PaperShelf()
    shelf.add("default")
    async with services_around(Pool(shelf, default="default"), tmp_path) as made:
        yield made


@pytest.fixture
async def page(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(services) as client:
        yield client


async def made(page: httpx.AsyncClient, **fields: Any) -> tuple[dict[str, Any], str]:
    reply = await page.post("/api/keys", json={"name": "laptop", **fields})
    assert reply.status_code == 201, reply.text
    return reply.json()["key"], reply.json()["plaintext"]


async def listed(page: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await page.get("/api/keys")).json()["keys"]


async def test_a_key_works_until_it_is_revoked(page: httpx.AsyncClient, services: Services) -> None:
    key, plaintext = await made(page, expires_at=4_000_000_000.5, scopes=["tools", "inference"])
    assert plaintext.startswith(key["prefix"])
    assert (key["state"], key["expires_at"], key["scopes"]) == ("active", 4_000_000_000, ["inference", "tools"])
    async with browser(services, authorization=f"Bearer {plaintext}") as client:
        assert (await client.get("/v1/models")).status_code == 200
        assert (await client.get("/api/keys")).status_code == 403
        revoked = await page.delete(f"/api/keys/{key['id']}")
        assert revoked.json()["key"]["state"] == "revoked"
        assert (await client.get("/v1/models")).status_code == 401
    assert (await page.delete(f"/api/keys/{key['id']}")).json()["key"] == (await listed(page))[0]
    assert (await listed(page))[0]["last_used_at"] is not None


WRONG: list[Any] = [
    {"name": ""},
    {"name": "a\nb"},
    {"name": "x" * 101},
    {"name": "laptop", "expires_at": 5},
    {"name": "laptop", "expires_at": "soon"},
    {"name": "laptop", "scopes": ["root"]},
    {"name": "laptop", "scopes": []},
    {"name": "laptop", "requests_per_minute": 0},
    {"name": "laptop", "tokens_per_day": -1},
    {},
    [],
]


@pytest.mark.parametrize("body", WRONG, ids=str)
async def test_a_key_that_cannot_be_is_refused_with_a_reason(page: httpx.AsyncClient, body: Any) -> None:
    reply = await page.post("/api/keys", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]
    assert await listed(page) == []


@pytest.mark.parametrize("key_id", ["7", "nope", "1%20or%201"])
async def test_an_unknown_key_is_not_found(page: httpx.AsyncClient, key_id: str) -> None:
    assert (await page.delete(f"/api/keys/{key_id}")).status_code == 404


async def test_use_is_counted_per_key(page: httpx.AsyncClient, services: Services) -> None:
    key, plaintext = await made(page)
    other, _ = await made(page, name="other")
    known = await services.keys.verify(plaintext)
    meter = services.meter
    meter.begin("a", known)
    meter.record(TurnRecord("a", TurnEnd("stop", Usage(10, 5)), 0, 0))
    meter.record(TurnRecord("a", TurnEnd("stop", Usage(20, 1)), 0, 0))  # a second round of the same request
    meter.end("a")
    meter.begin("b", known)
    meter.record(TurnRecord("b", TurnFailed(TurnError("engine_lost", "")), 0, 0, read=7, written=3))  # broken off
    meter.record(TurnRecord("unknown", TurnEnd("stop", Usage(99, 99)), 0, 0))
    uses = {one["id"]: (one["requests"], one["input_tokens"], one["output_tokens"]) for one in await listed(page)}
    assert uses == {key["id"]: (2, 37, 9), other["id"]: (0, 0, 0)}


OPENAI = {"type": "rate_limit_error", "code": "rate_limit_exceeded"}
LIMITED = {
    "/v1/chat/completions": OPENAI,
    "/v1/responses": OPENAI,
    "/v1/messages": {"type": "rate_limit_error"},
}


@pytest.mark.parametrize("path", LIMITED)
async def test_a_key_may_use_so_much_and_no_more(page: httpx.AsyncClient, services: Services, path: str) -> None:
    often, key = await made(page, requests_per_minute=2)
    assert (often["requests_per_minute"], often["tokens_per_day"]) == (2, None)
    much, other = await made(page, name="much", tokens_per_day=15)
    async with browser(services, authorization=f"Bearer {key}") as client:
        for _ in range(2):
            assert (await client.post(path, json={})).status_code == 400
        refused = await client.post(path, json={})
        assert refused.status_code == 429
        assert LIMITED[path].items() <= refused.json()["error"].items()
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await client.get("/v1/models")).status_code == 200, "only what reaches a model is limited"
    async with browser(services, authorization=f"Bearer {other}") as client:
        assert (await client.post(path, json={})).status_code == 400
        services.meter.begin("a", known := await services.keys.verify(other))
        services.meter.record(TurnRecord("a", TurnEnd("stop", Usage(10, 5)), 0, 0))
        refused = await client.post(path, json={})
        assert refused.status_code == 429
        assert LIMITED[path].items() <= refused.json()["error"].items()
        assert int(refused.headers["retry-after"]) == pytest.approx(services.keys.seconds_until_tomorrow(), abs=2)
    assert services.keys.tokens_today(known) == 15
    assert {one["id"]: one["tokens_today"] for one in await listed(page)} == {often["id"]: 0, much["id"]: 15}


async def test_a_minute_is_any_minute(services: Services) -> None:
    now = 0.0
    meter = KeyMeter(services.keys, clock=lambda: now)
    key = ApiKey(1, "k", "", (), 0, limits=KeyLimits(requests_per_minute=2))
    meter.admit(key)
    now = 50.0
    meter.admit(key)
    with pytest.raises(TurnFailure) as refused:
        meter.admit(key)
    assert refused.value.error.retry_after == 10
    now = 60.0
    meter.admit(key)
    with pytest.raises(TurnFailure) as refused:
        meter.admit(key)
    assert refused.value.error.retry_after == 50


async def test_a_key_without_the_scope_sees_no_keys(services: Services) -> None:
    services.keys.add_static(weak := "weak" * 5, "weak")
    async with browser(services, authorization=f"Bearer {weak}") as client:
        for method, path in (("GET", "/api/keys"), ("POST", "/api/keys"), ("DELETE", "/api/keys/1")):
            refused = await client.request(method, path)
            assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")
