"""The door of the server: takes requests from a socket that listens already, and lets them wait until there is an
application to answer them.

Why: importing the application takes longer than everything else at the start, and a client that finds nobody listening
gives up, where one that waits half a second does not notice.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Made by `open_door`. `admit` once; `close` stops listening, lets running replies finish, and may be called again."""

    def __init__(self, sock: socket.socket, *, drain_seconds: float) -> None:
        self._app: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=int(drain_seconds),
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[sock]))

    async def opened(self) -> None:
        await self._server.listening.wait()

    def admit(self, app: ASGIApp) -> None:
        """`app` answers from now on, beginning with the requests that wait."""
        self._app.set_result(app)

    @property
    def hurried(self) -> bool:
        """Whether `hurry` was called."""
        return self._server.force_exit

    def hurry(self) -> None:
        """Do not wait for running replies."""
        self._server.force_exit = True

    async def close(self) -> None:
        if not self._app.done():
            self._app.set_result(_nobody)
        self._server.should_exit = True
        await self._serving

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app.result() if self._app.done() else await asyncio.shield(self._app)
        await app(scope, receive, send)


@asynccontextmanager
async def open_door(sock: socket.socket, *, drain_seconds: float) -> AsyncGenerator[Door]:
    """A door that listens on `sock`; closed at the end, if it is not yet."""
    door = Door(sock, drain_seconds=drain_seconds)
    await door.opened()
    try:
        yield door
    finally:
        await door.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: ours end the program with status 0 and in our order."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """What a request gets that waited for a server which then could not start, or was stopped meanwhile."""
    del scope, receive
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"The server did not start; its terminal says why.\n"})
