"""A load client that is never the bottleneck: one bare asyncio Protocol per connection, no parsing of what arrives.

It counts marks (`TOKEN_MARK`) in the bytes of a reply instead of reading events, so it works for every dialect and costs
about a microsecond per read. Times are monotonic seconds; a request is timed from its write on an open connection.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import uvloop

TOKEN_MARK = b"~"
"""The text of every token in a run; no dialect writes it anywhere else."""
STAMP = re.compile(rb"@(\d+)@")
"""The text of a stamped token: the monotonic nanosecond at which the engine wrote it."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"

T = TypeVar("T")


class BenchFailure(Exception):  # noqa: N818 - it is a sentence for the person who runs the bench
    """A reply was not what a measurement needs."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to send requests; `headers` are whole lines that end with CRLF."""

    host: str
    port: int
    path: str
    headers: str = ""

    def request(self, body: bytes) -> bytes:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
            f"{self.headers}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def endpoint(base_url: str, path: str, *, api_key: str | None = None) -> Endpoint:
    parts = urlsplit(base_url)
    assert parts.hostname is not None
    assert parts.port is not None
    return Endpoint(parts.hostname, parts.port, path, f"Authorization: Bearer {api_key}\r\n" if api_key else "")


@dataclass(slots=True)
class Reply:
    """What came back. `first_token_at` is 0 when no token came; `latencies` (seconds) only when stamps are read."""

    sent_at: float
    first_token_at: float = 0.0
    ended_at: float = 0.0
    tokens: int = 0
    latencies: list[float] = field(default_factory=list[float])

    @property
    def first_token_seconds(self) -> float:
        return self.first_token_at - self.sent_at


class Connection(asyncio.Protocol):
    """One request at a time. `usable` says whether another one may follow."""

    def __init__(self, *, stamps: bool = False) -> None:
        self._stamps = stamps
        self._loop = asyncio.get_running_loop()
        self._reply = Reply(0.0)
        self._head = b""
        self._tail = b""
        self._left: int | None = None
        self._first_token: asyncio.Future[None] | None = None
        self._done: asyncio.Future[Reply] | None = None
        self.usable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> asyncio.Future[Reply]:
        """Write `request`; the future is the whole reply."""
        self._done = self._loop.create_future()
        self._first_token = self._loop.create_future()
        self._head, self._tail, self._left = b"", b"", None
        self._reply = Reply(time.monotonic())
        self._transport.write(request)
        return self._done

    def first_token(self) -> asyncio.Future[None]:
        """Done as soon as a token has come."""
        assert self._first_token is not None
        return self._first_token

    def close(self) -> None:
        self.usable = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._left is None:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found or not self._begin(head):
                return
        reply = self._reply
        tokens = self._read_stamps(data) if self._stamps else data.count(TOKEN_MARK)
        if tokens:
            reply.tokens += tokens
            if not reply.first_token_at:
                reply.first_token_at = time.monotonic()
                if self._first_token is not None and not self._first_token.done():
                    self._first_token.set_result(None)
        assert self._left is not None
        if self._left >= 0:
            self._left -= len(data)
            ended = self._left == 0
        else:
            self._tail = (self._tail + data[-7:])[-7:]
            ended = self._tail == _LAST_CHUNK
        if ended and self._done is not None and not self._done.done():
            reply.ended_at = time.monotonic()
            self._done.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.usable = False
        if self._done is not None and not self._done.done():
            self._fail("The connection was lost in the middle of a reply.")

    def _begin(self, head: bytes) -> bool:
        """Read the status and the length; -1 is a chunked body."""
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(f"A request was refused: {self._head[:600].decode(errors='replace')}")
            return False
        length = _LENGTH.search(head)
        self._left = int(length[1]) if length else -1
        if b"\r\nconnection: close" in head.lower():
            self.usable = False
        return True

    def _read_stamps(self, data: bytes) -> int:
        now = time.monotonic_ns()
        found = [(now - int(stamp)) / 1e9 for stamp in STAMP.findall(data)]
        self._reply.latencies += found
        return len(found)

    def _fail(self, sentence: str) -> None:
        self.usable = False
        for future in (self._done, self._first_token):
            if future is not None and not future.done():
                future.set_exception(BenchFailure(sentence))
                future.exception()  # the waiter gets it; a future nobody waits for shall not complain


async def connect(target: Endpoint, *, stamps: bool = False) -> Connection:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(lambda: Connection(stamps=stamps), target.host, target.port)
    return protocol


async def one_by_one(target: Endpoint, body: bytes, count: int, *, stamps: bool = False) -> list[Reply]:
    """`count` streamed requests, each on a connection of its own that is open before the clock starts."""
    replies: list[Reply] = []
    request = target.request(body)
    for _ in range(count):
        connection = await connect(target, stamps=stamps)
        replies.append(await asyncio.wait_for(connection.send(request), 30))
        connection.close()
    return replies


async def at_once(target: Endpoint, body: bytes, count: int) -> list[Reply]:
    """`count` streamed requests that are all sent in the same moment."""
    connections = [await connect(target) for _ in range(count)]
    request = target.request(body)
    replies = await asyncio.wait_for(asyncio.gather(*[connection.send(request) for connection in connections]), 60)
    for connection in connections:
        connection.close()
    return replies


async def back_to_back(target: Endpoint, body: bytes, count: int, *, callers: int) -> float:
    """`count` plain requests by `callers` that each wait for their reply; connections are kept. Returns seconds."""
    request = target.request(body)

    async def call(times: int) -> None:
        connection = await connect(target)
        for _ in range(times):
            if not connection.usable:
                connection.close()
                connection = await connect(target)
            await asyncio.wait_for(connection.send(request), 30)
        connection.close()

    began = time.monotonic()
    await asyncio.gather(*[call(count // callers) for _ in range(callers)])
    return time.monotonic() - began


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main` on uvloop."""
    return uvloop.run(main())
