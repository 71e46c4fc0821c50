"""One HTTP request to the engine and its reply as it arrives, on a connection of its own.

Why not a client library here: this runs once per request and once per read of every stream, and costs a half of what
aiohttp does and a tenth of httpx (docs/decisions.md has the figures). Parsing is httptools', as in the server.

The rule: bytes wait in `_pieces` until the reader takes all of them at once; the reader is woken once per read.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast
from urllib.parse import urlsplit

import httptools
from msgspec import Struct

CONNECT_SECONDS = 10.0
_HIGH_WATER = 256 * 1024  # bytes that may wait for a slow client before the engine is made to wait


class EngineUnreachable(Exception):  # noqa: N818 - a state of the engine, not of the program
    """No answer began. `sent` says whether the request had reached the engine: if not, asking again is safe; if it had,
    the request itself may be what the engine died of."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class ConnectionLost(Exception):  # noqa: N818
    """The answer broke off, or fell silent for too long."""


class Origin(Struct, frozen=True):
    """Where the engine listens. `path` is what stands before `/v1`, empty in most cases."""

    host: str
    port: int
    tls: bool
    path: str

    @classmethod
    def of(cls, base_url: str) -> Origin:
        parts = urlsplit(base_url)
        tls = parts.scheme == "https"
        return cls(parts.hostname or "127.0.0.1", parts.port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


async def send(
    origin: Origin,
    path: str,
    body: bytes | None,
    *,
    api_key: str | None,
    stall_seconds: float,
    tls: ssl.SSLContext | None,
) -> EngineStream:
    """POST a JSON body, or GET when there is none, and wait for the status line. `stall_seconds` bounds every silence.

    Raises `EngineUnreachable`.
    """
    authorization = f"Authorization: Bearer {api_key}\r\n" if api_key else ""
    method, content = "GET", ""
    if body is not None:
        method, content = "POST", f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head = (
        f"{method} {origin.path}{path} HTTP/1.1\r\nHost: {origin.authority}\r\n"
        f"{authorization}{content}Connection: close\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    reply = EngineStream(head.encode("latin-1") + (body or b""), stall_seconds)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await loop.create_connection(lambda: reply, origin.host, origin.port, ssl=tls if origin.tls else None)
        await reply.begun()
    except (OSError, TimeoutError, ConnectionLost) as error:
        reply.close()
        raise EngineUnreachable(str(error) or type(error).__name__, sent=reply.connected) from error
    except asyncio.CancelledError:
        reply.close()
        raise
    return reply


class EngineStream(asyncio.Protocol):
    """The reply to one request. `status` and `headers` (lower-case names) are there once `begun` returns."""

    __slots__ = (
        *("status", "connected", "headers", "_request", "_stall", "_loop", "_parser", "_transport", "_pieces"),
        *("_waiting_bytes", "_paused", "_complete", "_failure", "_waiter", "_heard", "_timer"),
    )

    def __init__(self, request: bytes, stall_seconds: float) -> None:
        self.status = 0
        self.connected = False
        self.headers: dict[bytes, bytes] = {}
        self._request = request
        self._stall = stall_seconds
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._paused = False
        self._complete = False
        self._failure: str | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._heard = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    async def begun(self) -> None:
        """Wait for the status line and headers. Raises `ConnectionLost`."""
        while not self.status:
            await self._next()

    async def read(self) -> bytes:
        """More of the body, everything that is there at once; b"" at its end. Raises `ConnectionLost`."""
        while not self._pieces:
            if self._complete:
                return b""
            await self._next()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def whole(self) -> bytes:
        """The rest of the body. Raises `ConnectionLost`."""
        pieces: list[bytes] = []
        while data := await self.read():
            pieces.append(data)
        return b"".join(pieces)

    def close(self) -> None:
        """Let go of the connection; the engine stops at its next token."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _next(self) -> None:
        """Wait until something happened."""
        if self._failure is not None:
            raise ConnectionLost(self._failure)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, reason: str) -> None:
        if not self._complete and self._failure is None:
            self._failure = reason
        self._wake()

    def _check_silence(self) -> None:
        """One timer per reply, set anew only when it fires: re-arming it per read would cost more than the read."""
        left = self._heard + self._stall - self._loop.time()
        if left <= 0 and not self._paused:
            self._fail(f"silent for {self._stall:g} seconds")
            self.close()
        else:
            self._timer = self._loop.call_later(max(left, 1.0), self._check_silence)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.connected = True
        self._transport.write(self._request)
        self._request = b""
        self._check_silence()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"no valid HTTP: {error}")
            self.close()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._complete and self._ends_with_connection():
            self._complete = True
        self._fail(str(exc) if exc else "the connection was closed")

    # httptools

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._waiting_bytes += len(body)
        if self._waiting_bytes > _HIGH_WATER and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        self._complete = True

    def _ends_with_connection(self) -> bool:
        """A body without a length lasts until the connection closes (HTTP/1.0 style)."""
        framed = b"content-length" in self.headers or b"transfer-encoding" in self.headers
        return self.status != 0 and not framed
