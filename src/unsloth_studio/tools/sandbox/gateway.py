"""The one way out of a sandbox: an HTTP proxy that connects to the hosts of a list and to nothing else.

The rule: a host is looked up once, out here; every address it has must be public, and the connection goes to these and to no
others. What flows through a connection is not looked at: with https it could not be.
Wire: CONNECT (RFC 9110, 9.3.6) and requests in absolute form (RFC 9112, 3.2.2); each request has a connection of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress

import h11
from msgspec import Struct

from unsloth_studio.serving.fetch import FetchFailed, Lookup, checked_addresses, look_up
from unsloth_studio.serving.fetch_guard import FetchRefused, Target, read_target
from unsloth_studio.tools.sandbox.host_list import HostRule

_HEAD_SECONDS, _CONNECT_SECONDS, _FLUSH_SECONDS = 10.0, 10.0, 10.0
_MOST_HEAD_BYTES = 64 << 10
_READ_BYTES = 1 << 16
_NOT_PASSED_ON = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"te", b"upgrade", b"host"}
)

log = logging.getLogger(__name__)


class _Refusal(Exception):  # noqa: N818 - an answer
    """What the program in the sandbox is told instead."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


class _Wanted(Struct, frozen=True):
    """Where a connection is to go, what is said there first, and whether the program waits for a word that it stands."""

    target: Target
    opening: bytes
    tunnel: bool


class Gateway:
    """For any number of sandboxes. `private` are hosts (`nas.lan`, `127.0.0.1:9000`) that may be reached, where a rule names
    them, although they are not public; `look_up` asks for addresses."""

    def __init__(self, rules: tuple[HostRule, ...], *, private: Iterable[str] = (), look_up: Lookup = look_up) -> None:
        self._rules = rules
        self._private = frozenset(private)
        self._look_up = look_up

    @property
    def loops_back(self) -> bool:
        """Whether this machine's own loopback is among the hosts; then it is not the sandbox's own that programs mean."""
        return any(rule.loopback for rule in self._rules)

    @property
    def hosts(self) -> str:
        """The rules in words, for the model and for people."""
        return ", ".join(map(str, self._rules))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection out of a sandbox, from its first byte to its end."""
        async with _ended(writer):
            try:
                async with asyncio.timeout(_HEAD_SECONDS):
                    wanted = await _read_head(reader)
                upstream, outgoing = await self._connect(wanted.target)
            except _Refusal as refusal:
                writer.write(_answer(refusal.status, refusal.reason, str(refusal)))
                return
            async with _ended(outgoing), asyncio.TaskGroup() as both:
                outgoing.write(wanted.opening)
                if wanted.tunnel:
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                both.create_task(_pipe(reader, outgoing))
                both.create_task(_pipe(upstream, writer))

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises `_Refusal`."""
        if not any(rule.allows(target) for rule in self._rules):
            log.info("code in the sandbox asked for %s port %d, which is not listed", target.host, target.port)
            told = f"{target.host}:{target.port} is not among the hosts that code may reach here: {self.hosts}."
            raise _Refusal(403, "Host not allowed", told)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                addresses = await checked_addresses(target, self._private, self._look_up)
        except TimeoutError as error:
            raise _Refusal(502, "Host not known", f"{target.host} could not be looked up in time.") from error
        except FetchRefused as error:
            raise _Refusal(403, "Host not public", str(error)) from error
        except FetchFailed as error:
            raise _Refusal(502, "Host not known", str(error)) from error
        for address in addresses:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, target.port)
        raise _Refusal(502, "Host not reachable", f"{target.host}:{target.port} cannot be reached.")


@asynccontextmanager
async def _ended(writer: asyncio.StreamWriter) -> AsyncGenerator[None]:
    """The connection ends with the `with`: when all went well after what is still to be sent, but soon; else at once."""
    try:
        yield
        writer.close()
        async with asyncio.timeout(_FLUSH_SECONDS):
            await writer.wait_closed()
    except* (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()


async def _read_head(reader: asyncio.StreamReader) -> _Wanted:
    """Raises `_Refusal`, and `TimeoutError` when nothing comes."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEAD_BYTES)
    try:
        while (event := connection.next_event()) is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
    except h11.RemoteProtocolError as error:
        raise _Refusal(400, "Bad request", f"This is not a request to a proxy: {error}.") from error
    if not isinstance(event, h11.Request):
        raise TimeoutError  # it ended before it said anything
    rest = connection.trailing_data[0]
    try:
        if event.method == b"CONNECT":
            return _Wanted(read_target(f"https://{event.target.decode('ascii')}/"), rest, tunnel=True)
        target = read_target(event.target.decode("ascii"))
    except (FetchRefused, UnicodeDecodeError) as error:
        raise _Refusal(400, "Bad request", f"A proxy cannot serve this address: {error}") from error
    if target.scheme != "http":
        raise _Refusal(400, "Bad request", "https goes through a tunnel: use CONNECT.")
    return _Wanted(target, _origin_form(event, target) + rest, tunnel=False)


def _origin_form(request: h11.Request, target: Target) -> bytes:
    """The request as the server expects it. It is told to close: a second request on this connection would not be read."""
    host = target.url.removeprefix("http://").removesuffix(target.path)
    lines = [
        b"%s %s HTTP/1.1" % (request.method, target.path.encode()),
        b"Host: " + host.encode(),
        b"Connection: close",
    ]
    lines += [b"%s: %s" % header for header in request.headers if header[0] not in _NOT_PASSED_ON]
    return b"\r\n".join((*lines, b"", b""))


def _answer(status: int, reason: str, message: str) -> bytes:
    body = f"{message}\n".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All that comes, to its end; the other direction may go on."""
    while piece := await reader.read(_READ_BYTES):
        writer.write(piece)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()
