"""One HTTP exchange of an inference route, on raw ASGI: read the body, send the reply, notice that the client left.

One rule: the status is 200 only when the engine has begun to answer, or when the client has waited so long that it needs
a sign of life. Until then errors are proper HTTP replies; afterwards they are frames of the dialect.

Frameworks' request and response objects cost more per request than everything else we do (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, TypeVar

from msgspec import Struct
from starlette.types import Receive, Scope, Send

from unsloth_studio.dialects.contract import StreamWriter
from unsloth_studio.observe.watched_request import WatchedRequest
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.serving.admission import STOPPING
from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.session import Session
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import TurnFailed

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")
Header = tuple[bytes, bytes]

WATCH_AFTER_SECONDS = 0.05
"""Replies that are done sooner need nobody to watch over them; a task for each would be a tenth of what they cost."""

WRITE_STALL_SECONDS = 60.0
"""A client that reads nothing for this long is taken for gone."""

NOTICE_HEADER = b"x-unsloth-notice"

log = logging.getLogger(__name__)

_STREAM_HEADERS: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would hold frames back
]


class Limits(Struct, frozen=True):
    """Largest body in bytes; seconds until the headers of a stream are sent at the latest; seconds between heartbeats."""

    max_body: int
    headers_after: float
    heartbeat: float


class ClientGone(Exception):  # noqa: N818
    """The client closed the connection before it had sent its whole request."""


class Exchange:
    """The two ends of one request. `status` is that of the reply, 0 until its first line is out; `key` whose it is,
    `trace` what watches it; `session` is that of the browser that asks, if it is one."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limits: Limits, request_id: str) -> None:
        self.scope = scope
        self.key: ApiKey | None = None
        self.session: Session | None = None
        self.trace: WatchedRequest | None = None
        self.id = request_id
        self._id_headers: list[Header] = [(b"x-request-id", request_id.encode()), (b"request-id", request_id.encode())]
        self._receive = receive
        self._send = send
        self._limits = limits
        self.status = 0
        self._gone = False
        self._wrote = False
        self._writing_since: float | None = None

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name."""
        for key, value in self.scope["headers"]:
            if key == name:
                return value.decode("latin-1")
        return None

    async def body(self) -> bytes:
        """The whole body. Raises `TurnFailure` (413) as soon as it is known to be too large."""
        length = self.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > self._limits.max_body:
            raise TurnFailure(self._too_large())
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            if piece := message.get("body", b""):
                size += len(piece)
                if size > self._limits.max_body:
                    raise TurnFailure(self._too_large())
                pieces.append(piece)
            if not message.get("more_body", False):
                body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                if self.trace is not None:
                    self.trace.received(body)
                return body

    async def json(self, body: bytes, *, status: int = 200, headers: Iterable[Header] = ()) -> None:
        """A whole JSON reply."""
        await self.reply(body, status=status, headers=headers)

    async def nothing(self, *, headers: Iterable[Header] = ()) -> None:
        """A reply without a body: done, and there is nothing to say."""
        self.status = 204
        await self._send({"type": "http.response.start", "status": 204, "headers": [*self._id_headers, *headers]})
        await self._send({"type": "http.response.body", "body": b""})

    async def reply(
        self,
        body: bytes,
        *,
        media_type: str = "application/json",
        status: int = 200,
        headers: Iterable[Header] = (),
    ) -> None:
        """A whole reply of any type."""
        self.status = status
        kind = (b"content-type", media_type.encode())
        length = (b"content-length", str(len(body)).encode())
        fields = [kind, length, *self._id_headers, *self._notices(), *headers]
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})
        if self.trace is not None:
            self.trace.sent(body)

    async def download(
        self, read: Callable[[], Awaitable[bytes]], *, length: int, headers: Iterable[Header] = ()
    ) -> None:
        """A file of `length` bytes, as `read` gives it piece by piece (b"" at its end). The connection is closed in the
        middle when the file turns out to be shorter. Raises `ClientGone` when nobody takes the pieces."""
        self.status = 200
        fields = [(b"content-length", str(length).encode()), *self._id_headers, *headers]
        await self._send({"type": "http.response.start", "status": 200, "headers": fields})
        left = 0 if self.scope["method"] == "HEAD" else length
        try:
            while left and (piece := (await read())[:left]):
                left -= len(piece)
                async with asyncio.timeout(WRITE_STALL_SECONDS):
                    await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError as error:
            raise ClientGone from error
        if not left:
            await self._send({"type": "http.response.body", "body": b""})

    async def stream(
        self, batches: AsyncGenerator[Batch], feed: Callable[[Batch], bytes], *, writer: StreamWriter
    ) -> None:
        """Send what `feed` makes of each batch, one write per batch.

        Raises `TurnFailure` while nothing is out (later failures become the writer's error frames), and `ClientGone`.
        """
        if self.trace is not None:
            self.trace.streamed = True
        try:
            async with self._watched(writer.heartbeat), aclosing(batches):
                async for batch in batches:
                    if frames := feed(batch):
                        await self._write(frames)
        except ClientGone:
            raise
        except Exception as error:
            if not self.status:
                raise
            told = self.error_of(error)
            if self.trace is not None:
                self.trace.failed(told.message)
            await self._write(writer.feed([TurnFailed(told)]))
        await self._send({"type": "http.response.body", "body": b""})

    async def collect(self, batches: AsyncGenerator[Batch], take: Callable[[Batch], None]) -> None:
        """Consume `batches` without sending anything. Raises what they raise, and `ClientGone`."""
        async with self._watched(None), aclosing(batches):
            async for batch in batches:
                take(batch)

    async def wait(self, answer: Awaitable[Answer]) -> Answer:
        """`answer`, without sending anything meanwhile. Raises what it raises, and `ClientGone`."""
        async with self._watched(None):
            return await answer

    def error_of(self, error: Exception) -> TurnError:
        """What the client is told of `error`. What we did not foresee is logged with its traceback, and told without."""
        if isinstance(error, TurnFailure):
            return error.error
        if isinstance(error, OperatorProblem):
            log.error("request %s failed: %s", self.id, error)
            return TurnError("internal", "The server cannot do this at the moment; its log says why and what to do.")
        log.exception("request %s failed by a defect of the server", self.id, exc_info=error)
        return TurnError("internal", f"The server failed on this request (id {self.id}); its log has the details.")

    @asynccontextmanager
    async def _watched(self, heartbeat: Callable[[], bytes] | None) -> AsyncGenerator[None]:
        """Cancel the body of the `with` when the client leaves (that closes the engine's stream), and raise `ClientGone`;
        when the server has to stop first, raise `TurnFailure`, so that the client is told."""
        owner = asyncio.current_task()
        assert owner is not None
        companions: list[asyncio.Task[None]] = []

        def begin() -> None:
            companions.append(asyncio.create_task(self._accompany(owner, heartbeat)))

        timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, begin)
        try:
            yield
        except asyncio.CancelledError:
            owner.uncancel()
            if self._gone:
                raise ClientGone from None
            raise TurnFailure(STOPPING) from None
        finally:
            timer.cancel()
            for companion in companions:
                companion.cancel()
                with suppress(asyncio.CancelledError):
                    await companion

    async def _accompany(self, owner: asyncio.Task[Any], heartbeat: Callable[[], bytes] | None) -> None:
        """The one task beside a reply: it waits for the disconnect, and on a silent stream gives signs of life."""
        loop = asyncio.get_running_loop()
        wait = None if heartbeat is None else self._limits.headers_after
        while True:
            self._wrote = False
            try:
                async with asyncio.timeout(wait):
                    message = await self._receive()
            except TimeoutError:
                wait = self._limits.heartbeat
                if self._writing_since is None:
                    if heartbeat is not None and not self._wrote:
                        await self._write(heartbeat())
                    continue
                if loop.time() - self._writing_since < WRITE_STALL_SECONDS:
                    continue
                message = {"type": "http.disconnect"}  # it does not read what it asked for: others wait for its slot
            if message["type"] == "http.disconnect":
                self._gone = True
                owner.cancel()
                return

    async def _write(self, frames: bytes) -> None:
        self._wrote = True
        self._writing_since = asyncio.get_running_loop().time()
        if not self.status:
            self.status = 200
            headers = [*_STREAM_HEADERS, *self._id_headers, *self._notices()]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": frames, "more_body": True})
        self._writing_since = None
        if self.trace is not None:
            self.trace.sent(frames)

    def _notices(self) -> list[Header]:
        """What was done differently from what the request says, as far as it is known when the headers go out."""
        notices = self.trace.notices if self.trace is not None else ()
        return [(NOTICE_HEADER, notice.encode("latin-1", "replace")) for notice in notices]

    def _too_large(self) -> TurnError:
        mib = self._limits.max_body / 2**20
        return TurnError(
            "body_too_large",
            f"The request body is larger than {mib:g} MiB. Send less, or raise max_body_mib in the server's settings.",
        )
