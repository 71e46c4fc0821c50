"""One HTTP/1.1 connection, with the habits of llama-server's HTTP library.

The connection closes shortly after a stream without having announced it, after 5 s of idleness, after 100 requests and
after every error; one request at a time, no pipelining.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable
from typing import assert_never, cast

import httptools
import orjson
from tests.fake_engine.live import Answer, HttpRequest, Live, Playing, Ticker
from tests.fake_engine.play import Crash, Drop, End, Pause, Tick, Whole

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: llama.cpp\r\nAccess-Control-Allow-Origin: \r\nX-Accel-Buffering: no\r\n"
    b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5, max=100\r\n\r\n"
)
IDLE_SECONDS = 5.0
REQUESTS_PER_CONNECTION = 100
LINGER_SECONDS = 0.02
_BURST_BYTES = 65536


class Connection(asyncio.Protocol):
    """`answer` decides what a request gets; `live` is shared by all connections."""

    def __init__(self, answer: Callable[[HttpRequest], Answer], *, live: Live, ticker: Ticker) -> None:
        self._answer, self._live, self._ticker = answer, live, ticker
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._request = HttpRequest()
        self._body: list[bytes] = []
        self._playing: Playing | None = None
        self._head_sent = self._closing = self._blocked = False
        self._writes = self._served = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class says nothing of its kind
        self._timer = self._loop.call_later(IDLE_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._playing is not None:
            streamed = self._playing.streamed
            self._live.disconnects.append({"at": time.monotonic(), "streamed": streamed, "writes": self._writes})
            self._finish_playing()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return  # after a stream the real engine has stopped reading: what comes now is lost
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            traceback.print_exc()  # a defect of this engine or of its caller: httptools wraps what our callbacks raise
            self._transport.abort()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        if self._playing is not None:
            self._advance()

    def on_message_begin(self) -> None:
        self._request, self._body = HttpRequest(), []

    def on_url(self, url: bytes) -> None:
        self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        if name.lower() == b"expect":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._timer is not None
        self._timer.cancel()
        self._request.method = self._parser.get_method().decode()
        self._request.body = b"".join(self._body)
        self._served += 1
        answer = self._answer(self._request)
        if isinstance(answer, Whole):
            self._send_whole(answer)
            return
        self._playing, self._head_sent, self._writes = answer, False, 0
        if answer.streamed:
            self._live.active_streams += 1
        else:
            self._live.active_whole += 1
        self._advance()

    def _advance(self) -> None:
        """Take the steps of the reply up to the next wait. Bytes that need no wait between them leave in one write."""
        playing = self._playing
        if playing is None or self._blocked:
            return
        burst: list[bytes] = []
        size = 0
        for step in playing.steps:
            if isinstance(step, bytes):
                if playing.streamed:
                    burst.append(step)
                    size += len(step)
                    if size > _BURST_BYTES and playing.frames != "packed":
                        self._send(burst)
                        self._loop.call_soon(self._advance)
                        return
                continue
            self._send(burst)
            self._perform(step)
            return
        self._send(burst)
        self._end_stream()

    def _perform(self, step: Pause | Tick | Crash | Drop | Whole | End) -> None:
        match step:
            case Pause(seconds):
                self._loop.call_later(seconds, self._advance)
            case Tick(seconds):
                self._ticker.wait(seconds, self._advance)
            case Crash():
                os.kill(os.getpid(), signal.SIGKILL)
            case Drop(reset):
                self._drop(reset=reset)
            case Whole():
                self._finish_playing()
                self._send_whole(step)
            case End():
                self._end_stream()
            case _:
                assert_never(step)

    def _send(self, frames: list[bytes]) -> None:
        playing = self._playing
        if playing is None or not playing.streamed or not frames:
            return
        head = b"" if self._head_sent else STREAM_HEAD
        self._head_sent = True
        self._writes += len(frames)
        if playing.frames == "bytes":
            self._transport.write(head)
            for number in b"".join(frames):
                self._transport.write(b"1\r\n%c\r\n" % number)
            return
        if playing.frames == "packed":
            frames = [b"".join(frames)]
        self._transport.write(head + b"".join([b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames]))

    def _end_stream(self) -> None:
        if self._playing is None:
            return
        self._transport.write((b"" if self._head_sent else STREAM_HEAD) + b"0\r\n\r\n")
        self._finish_playing()
        self._closing = True
        self._timer = self._loop.call_later(LINGER_SECONDS, self._transport.close)

    def _drop(self, *, reset: bool) -> None:
        self._finish_playing()
        self._closing = True
        if reset:
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()

    def _send_whole(self, whole: Whole) -> None:
        body = orjson.dumps(whole.body)
        last = whole.status >= 400 or self._served >= REQUESTS_PER_CONNECTION
        persistence = "Connection: close" if last else "Keep-Alive: timeout=5, max=100"
        head = (
            f"HTTP/1.1 {whole.status} {REASONS[whole.status]}\r\nServer: llama.cpp\r\nAccess-Control-Allow-Origin: \r\n"
            f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n{persistence}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        if last:
            self._closing = True
            self._transport.close()
        else:
            self._timer = self._loop.call_later(IDLE_SECONDS, self._transport.close)

    def _finish_playing(self) -> None:
        if self._playing is None:
            return
        if self._playing.streamed:
            self._live.active_streams -= 1
        else:
            self._live.active_whole -= 1
        self._playing = None
