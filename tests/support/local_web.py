"""A web on 127.0.0.1 for tests: each path is answered by a function, and what was asked is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class LocalWeb:
    """`asked` are the requests so far, `bodies` what they sent."""

    port: int = 0
    asked: list[web.Request] = field(default_factory=list[web.Request])
    bodies: list[bytes] = field(default_factory=list[bytes])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, body: str | bytes, **headers: str) -> None:
        """Serves `body`; `headers` with `_` for `-`."""
        sent = {"Content-Type": "text/html; charset=utf-8"} | {
            key.replace("_", "-"): value for key, value in headers.items()
        }

        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(body=body.encode() if isinstance(body, str) else body, headers=sent)

        self.answers[path] = answer

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": to})

        self.answers[path] = answer

    def status(self, path: str, status: int, body: str = "") -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, text=body)

        self.answers[path] = answer

    def silent(self, path: str) -> None:
        """Answers when the test is over."""

        async def answer(request: web.Request) -> web.StreamResponse:
            await self.released.wait()
            return web.Response()

        self.answers[path] = answer

    def endless(self, path: str, piece: bytes, **headers: str) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            reply = web.StreamResponse(headers=_headers(headers))
            await reply.prepare(request)
            while not self.released.is_set():
                await reply.write(piece)
            return reply

        self.answers[path] = answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.get(request.path)
        return web.Response(status=404) if answer is None else await answer(request)


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}


@asynccontextmanager
async def local_web() -> AsyncGenerator[LocalWeb]:
    """Listens until the block ends."""
    site = LocalWeb()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site._answer)  # pyright: ignore[reportPrivateUsage]
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        site.released.set()
        await runner.cleanup()
