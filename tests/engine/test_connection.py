"""One request, one reply, however the bytes come and however the other side ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from unsloth_studio.engine.connection import ConnectionLost, EngineStream, EngineUnreachable, Origin, send

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncGenerator[Origin]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield Origin.of(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/")


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def answering(*pieces: bytes, pause: float = 0.0, reset: bool = False) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if reset:
            writer.transport.abort()

    return handle


async def ask(origin: Origin, *, stall: float = 5.0) -> EngineStream:
    return await send(origin, "/v1/x", b"{}", api_key="k", stall_seconds=stall, tls=None)


async def body_of(reply: EngineStream) -> bytes:
    return await reply.whole()


async def read_into(pieces: list[bytes], reply: EngineStream) -> None:
    while data := await reply.read():
        pieces.append(data)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Y: z\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
LENGTH = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\nall of it"


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [(CHUNKED, 200, b"hello world"), (LENGTH, 404, b"nope"), (UNTIL_CLOSE, 200, b"all of it")],
    ids=["chunked", "with a length", "until the end"],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_reply_is_the_same_however_it_is_split(reply: bytes, status: int, body: bytes, step: int) -> None:
    pieces = [reply[at : at + step] for at in range(0, len(reply), step)]
    async with server(answering(*pieces)) as origin:
        received = await ask(origin)
        assert (received.status, await body_of(received)) == (status, body)
        received.close()


async def test_request_carries_body_and_key() -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(LENGTH)

    async with server(handle) as origin:
        await ask(origin)
    assert seen[0].startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer k\r\n" in seen[0]
    assert seen[0].endswith(b"\r\n\r\n{}")


CUT = {
    "in the middle of a chunk": CHUNKED[:-20],
    "before the last chunk": CHUNKED[:-5],
    "short of the length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
}


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("name", CUT)
async def test_reply_that_breaks_off_is_lost_after_what_came(name: str, reset: bool) -> None:
    async with server(answering(CUT[name], pause=0.05, reset=reset)) as origin:
        reply = await ask(origin)
        came: list[bytes] = []
        with pytest.raises(ConnectionLost):
            await read_into(came, reply)
        assert b"".join(came).startswith(b"hel")


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 2", b"this is no HTTP\r\n\r\n"], ids=["nothing", "a piece", "noise"])
async def test_no_answer_is_unreachable(reply: bytes) -> None:
    async with server(answering(reply)) as origin:
        with pytest.raises(EngineUnreachable):
            await ask(origin)


async def test_nobody_there_is_unreachable() -> None:
    async with server(answering(b"")) as origin:
        pass
    with pytest.raises(EngineUnreachable):
        await ask(origin)


async def test_silence_is_a_loss() -> None:
    async with server(answering(CHUNKED[:-20], pause=10)) as origin:
        reply = await ask(origin, stall=0.2)
        with pytest.raises(ConnectionLost, match="silent"):
            await body_of(reply)


async def test_closing_tells_the_other_side_at_once() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(CHUNKED[:-20])
        try:
            await reader.read()
        finally:
            gone.set()

    async with server(handle) as origin:
        reply = await ask(origin)
        reply.close()
        async with asyncio.timeout(1):
            await gone.wait()


async def test_cancelling_while_waiting_for_the_headers_closes() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()
        gone.set()

    async with server(handle) as origin:
        asking = asyncio.create_task(ask(origin))
        await asyncio.sleep(0.1)
        asking.cancel()
        async with asyncio.timeout(1):
            await asyncio.wait([asking])
            await gone.wait()


async def test_slow_reader_makes_the_engine_wait() -> None:
    """What waits here stays bounded, and nothing is lost."""
    size, piece = 200, b"x" * 65536
    sent: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (size * len(piece)))
        for _ in range(size):
            writer.write(piece)
            await writer.drain()
            sent.append(1)

    async with server(handle) as origin:
        reply = await ask(origin)
        await asyncio.sleep(0.3)
        assert len(sent) < size
        received = 0
        while data := await reply.read():
            assert len(data) < 4 * 1024 * 1024
            received += len(data)
        assert received == size * len(piece)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8080", Origin("127.0.0.1", 8080, tls=False, path="")),
        ("https://api.example.com", Origin("api.example.com", 443, tls=True, path="")),
        ("http://[::1]:9/base/", Origin("::1", 9, tls=False, path="/base")),
    ],
)
def test_origin(url: str, origin: Origin) -> None:
    assert Origin.of(url) == origin
