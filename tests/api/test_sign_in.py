"""Who gets in to the page, from where, how often they may try, and what a foreign page cannot do with a cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from tests.api.browser import browser, signed_in
from tests.api.parts import services_around
from tests.support.passwords import quick_hash

from unsloth_studio.api.attempts import PER_ADDRESS, WINDOW_SECONDS, Attempts
from unsloth_studio.api.services import Services
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream
from unsloth_studio.store.sessions import SessionStore
from unsloth_studio.turn.errors import TurnFailure


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    shelf = SingleShelf(Upstream("http://127.0.0.1:9"), slots=1)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        yield made


@pytest.fixture
async def page(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(services) as client:
        yield client


async def set_password(services: Services, password: str) -> None:
    store = SessionStore(await services.keys.store())
    store.set_password_hash(quick_hash(password))


async def test_a_link_gives_a_cookie_that_opens_everything(services: Services) -> None:
    async with browser(services) as client:
        assert (await client.get("/api/session")).json()["signed_in"] is False
        assert (await client.get("/v1/models")).status_code == 401
        reply = await client.post("/api/session", json={"token": await services.sessions.make_link()})
        cookie = reply.headers["set-cookie"]
        assert "HttpOnly; SameSite=Strict" in cookie
        assert "Path=/; Max-Age=2592000" in cookie
        assert "Secure" not in cookie
        assert (await client.get("/api/session")).json()["signed_in"] is True
        assert (await client.get("/v1/models")).status_code == 200
        assert (await client.get("/api/keys")).status_code == 200
        kept = client.cookies["studio_session"]
        assert (await client.delete("/api/session")).status_code == 204
        assert not client.cookies
        gone = await client.get("/api/keys", headers={"cookie": f"studio_session={kept}"})
        assert gone.status_code == 401


async def test_the_cookie_is_secure_behind_https(services: Services) -> None:
    async with browser(services, **{"x-forwarded-proto": "https"}) as client:
        reply = await client.post("/api/session", json={"token": await services.sessions.make_link()})
        assert reply.headers["set-cookie"].endswith("; Secure")


WAYS: list[tuple[str, str, bool, bool, list[str]]] = [
    ("this machine, no password", "127.0.0.1", False, False, ["link"]),
    ("this machine by IPv6", "::1", False, False, ["link"]),
    ("this machine by its own address", "localhost", False, False, ["link"]),
    ("this machine, with password", "127.0.0.1", False, True, ["link", "password"]),
    ("another machine, no password", "192.168.1.9", False, False, []),
    ("another machine, with password", "192.168.1.9", False, True, ["password"]),
    ("behind a proxy", "127.0.0.1", True, True, ["password"]),
]


@pytest.mark.parametrize(
    ("address", "proxy", "password", "ways"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS]
)
async def test_ways_in(services: Services, address: str, *, proxy: bool, password: bool, ways: list[str]) -> None:
    services = replace(services, loopback=False, behind_proxy=proxy)
    if password:
        await set_password(services, "correct horse")
    async with browser(services, address=address) as client:
        report = (await client.get("/api/session")).json()
        assert (report["ways"], report["password_set"]) == (ways, password)
        by_link = await client.post("/api/session", json={"token": await services.sessions.make_link()})
        assert by_link.status_code == (200 if "link" in ways else 403)
        by_password = await client.post("/api/session", json={"password": "correct horse"})
        assert by_password.status_code == (200 if "password" in ways else 403)


@pytest.mark.parametrize("body", [{"token": "x"}, {"password": "wrong horse"}], ids=["link", "password"])
async def test_tries_are_limited(services: Services, body: dict[str, str]) -> None:
    await set_password(services, "correct horse")
    async with browser(services) as client:
        statuses = [(await client.post("/api/session", json=body)).status_code for _ in range(PER_ADDRESS)]
        assert set(statuses) == {401}
        refused = await client.post("/api/session", json={"password": "correct horse"} if "password" in body else body)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS


def test_failures_count_per_address_in_all_and_for_a_minute() -> None:
    now = [0.0]
    attempts = Attempts(clock=lambda: now[0])

    def tries(address: str) -> int:
        for number in range(100):
            try:
                attempts.begin(address)
            except TurnFailure:
                return number
        return 100

    assert tries("a") == 5
    attempts.succeeded("a")
    assert tries("a") == 1
    assert sum(tries(f"b{number}") for number in range(10)) == 25
    now[0] = WINDOW_SECONDS
    assert tries("a") == 5


FOREIGN: list[dict[str, str]] = [
    {"x-studio": ""},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:3000"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_foreign_page_changes_nothing(page: httpx.AsyncClient, headers: dict[str, str]) -> None:
    body = {"name": "stolen"}
    reply = await page.post("/api/keys", json=body, headers=headers)
    assert reply.status_code in (401, 403)
    assert (await page.get("/api/keys")).json()["keys"] == []


async def test_a_foreign_page_signs_nobody_in(services: Services) -> None:
    async with browser(services, origin="http://evil.example") as client:
        reply = await client.post("/api/session", json={"token": await services.sessions.make_link()})
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_own_page")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
async def test_a_cookie_reads_for_the_page_and_the_address_bar_only(page: httpx.AsyncClient, site: str) -> None:
    reply = await page.get("/api/keys", headers={"sec-fetch-site": site})
    assert reply.status_code == (200 if site in ("same-origin", "none") else 401)


async def test_own_origin_is_fine(page: httpx.AsyncClient) -> None:
    headers = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
    assert (await page.post("/api/keys", json={"name": "laptop"}, headers=headers)).status_code == 201


async def test_a_key_beside_the_cookie_is_what_counts(page: httpx.AsyncClient, services: Services) -> None:
    services.keys.add_static(weak := "weak" * 5, "weak")
    assert (await page.get("/api/keys", headers={"authorization": f"Bearer {weak}"})).status_code == 403
    assert (await page.get("/api/keys", headers={"x-api-key": "sk-unsloth-nonsense"})).status_code == 401


async def test_only_a_browser_can_sign_out(services: Services) -> None:
    store = await services.keys.store()
    key, _ = await store.database.run(store.create, "boss", scopes=("admin",))
    async with browser(services) as client:
        reply = await client.delete("/api/session", headers={"authorization": f"Bearer {key}"})
        assert reply.status_code == 400
