"""What never reaches a route: foreign Host names, unknown paths, wrong methods; each in the envelope of its path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.parts import services_around

from unsloth_studio.api.app import build_app
from unsloth_studio.api.services import Services
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """The real services around an engine that nobody started."""
    shelf = SingleShelf(Upstream("http://127.0.0.1:9"), slots=1)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        yield made


async def get(services: Services, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(build_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, path, headers=headers)


HOSTS = {
    "localhost": 200, "localhost:8888": 200, "LOCALHOST.": 200, "127.0.0.1": 200, "127.1.2.3:80": 200, "[::1]:8888": 200,
    "[::1]": 200, "box.lan": 200, "box.lan:1234": 200,
    "evil.com": 403, "evil.com:8888": 403, "localhost.evil.com": 403, "127.0.0.1.evil.com": 403, "127.0.0.999": 403,
    "1270.0.0.1": 403, "10.0.0.1": 403, "": 403, "localhost@evil.com": 403,
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
async def test_host_names_on_a_loopback_bind(services: Services, host: str) -> None:
    assert (await get(services, "/", host=host)).status_code == HOSTS[host]


async def test_every_host_name_on_another_bind(services: Services) -> None:
    from msgspec.structs import replace

    exposed = replace(services, loopback=False)
    assert (await get(exposed, "/", host="evil.com")).status_code == 200


UNROUTED = {
    ("GET", "/v1/nope"): (404, "not_found_error"),
    ("GET", "/nope"): (404, "not_found_error"),
    ("GET", "/v1/chat/completions"): (405, "invalid_request_error"),
    ("GET", "/v1/messages"): (405, "invalid_request_error"),
    ("POST", "/v1/messages/nope"): (404, "not_found_error"),
    ("DELETE", "/v1/models"): (405, "invalid_request_error"),
}


@pytest.mark.parametrize(("method", "path"), UNROUTED)
async def test_no_such_route(services: Services, method: str, path: str) -> None:
    reply = await get(services, path, method=method)
    status, kind = UNROUTED[method, path]
    assert reply.status_code == status
    body: dict[str, Any] = reply.json()
    assert body["error"]["type"] == kind
    assert (body.get("type") == "error") == path.startswith("/v1/messages")


async def test_no_cors_unless_configured(services: Services) -> None:
    from msgspec.structs import replace

    origin = "https://app.example"
    assert "access-control-allow-origin" not in (await get(services, "/health", origin=origin)).headers
    allowing = replace(services, cors_origins=(origin,))
    assert (await get(allowing, "/health", origin=origin)).headers["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in (await get(allowing, "/health", origin="https://evil.com")).headers


async def test_health_says_why_it_is_not_ready_without_secrets(services: Services) -> None:
    reply = await get(services, "/health")
    assert reply.status_code == 503
    assert set(reply.json()) == {
        "status", "service", "version", "model", "progress", "server_tools", "server_tools_reason",
    }  # fmt: skip
