"""A browser that has opened the page, straight at the application."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from unsloth_studio.api.app import build_app
from unsloth_studio.api.services import Services


def browser(services: Services, *, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    """Nobody has signed in yet. `address` is where it runs; the page's own header is sent unless `headers` say otherwise."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(build_app(services), client=(address, 50_000)),
        base_url="http://localhost",
        headers={"x-studio": "1", **headers},
        timeout=60,
    )


@asynccontextmanager
async def signed_in(services: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser on this machine that came by a link."""
    async with browser(services) as client:
        reply = await client.post("/api/session", json={"token": await services.sessions.make_link()})
        assert reply.status_code == 200, reply.text
        yield client
