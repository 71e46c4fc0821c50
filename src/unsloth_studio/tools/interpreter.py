"""Pythons that keep their variables: one confined process per session, until it is idle for long, or dies.

The rule: what comes back over the socket was written by the model's code: it is bounded, checked, and only ever shown.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import secrets
import socket
import sysconfig
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import msgspec
from msgspec import Struct

from unsloth_studio.tools import pictures
from unsloth_studio.tools.contract import ToolImage
from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.process import ConfinedProcess, OnOutput
from unsloth_studio.tools.sandbox.result import Limits, SandboxResult

MOST_MESSAGE_BYTES = 24 << 20
_IDLE_CPU_SHARE = 0.5
_LAST_BREATH_SECONDS = 1.0  # between the end of the connection and the end of the process


class _Image(msgspec.Struct):
    media_type: str
    content: str


class _Reply(msgspec.Struct):
    id: str
    error: bool
    images: list[_Image]


class CellResult(Struct, frozen=True):
    """What one cell did. `ended` is how the interpreter ended, when it did: then its variables are lost."""

    output: bytes
    failed: bool
    images: tuple[ToolImage, ...] = ()
    ended: SandboxResult | None = None


class Interpreter:
    """One confined Python. Whoever starts it awaits `close`. One cell at a time."""

    def __init__(self, process: ConfinedProcess, connection: socket.socket) -> None:
        self._process, self._connection = process, connection
        self.last_used = time.monotonic()
        self._cpu_seconds, self._cpu_at = 0.0, time.monotonic()

    @classmethod
    async def start(cls, sandbox: Sandbox, folder: Path, limits: Limits) -> Interpreter:
        """Raises `OSError` when it cannot be started."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            words = ("python", str(theirs.fileno()), *dict.fromkeys(map(sysconfig.get_path, ("purelib", "platlib"))))
            unlimited = replace(limits, cpu_seconds=None)  # it lives long; a cell's time is bounded by the clock
            process = await sandbox.start(words, folder=folder, limits=unlimited, keep=(theirs.fileno(),))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, ours)

    @property
    def alive(self) -> bool:
        return not self._process.ended.done()

    async def run(self, code: str, *, seconds: float, on_output: OnOutput | None = None) -> CellResult:
        """Run one cell, at most `seconds`; a cell that takes longer ends the interpreter, and so does cancellation."""
        self._process.begin_output(on_output)
        answer = asyncio.create_task(self._ask(code))
        try:
            await asyncio.wait((answer, self._process.ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and not self._process.ended.done():
                self._process.strike("time")
            reply = await answer if answer.done() else None
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            answer.cancel()
        if reply is None:
            await asyncio.wait((self._process.ended,), timeout=_LAST_BREATH_SECONDS)
            await self.close()
            ended = self._process.result()
            return CellResult(ended.output, failed=True, ended=ended)
        self._process.read_now()
        self._process.rest()
        self.last_used = time.monotonic()
        return CellResult(self._process.output.taken(), reply.error, _images(reply))

    async def busy_while_idle(self) -> bool:
        """Whether what a cell left running has used much CPU time since this was last asked."""
        used, now = await self._process.cpu_seconds(), time.monotonic()
        busy = used - self._cpu_seconds > _IDLE_CPU_SHARE * (now - self._cpu_at)
        self._cpu_seconds, self._cpu_at = used, now
        return busy

    async def close(self) -> None:
        """End it with all it started, and wait until that is done. Idempotent."""
        await self._process.kill()
        self._connection.close()

    async def _ask(self, code: str) -> _Reply | None:
        """The reply to one cell, None when there is none: the connection broke, or what came is no reply."""
        loop, identity = asyncio.get_running_loop(), secrets.token_hex(8)
        body = msgspec.json.encode({"id": identity, "code": code})
        try:
            await loop.sock_sendall(self._connection, len(body).to_bytes(4, "big") + body)
            while True:
                size = int.from_bytes(await self._exactly(4), "big")
                if size > MOST_MESSAGE_BYTES:
                    return None
                reply = msgspec.json.decode(await self._exactly(size), type=_Reply)
                if reply.id == identity:  # an answer to an earlier cell was one that the cell had forged
                    return reply
        except (OSError, msgspec.MsgspecError):
            return None

    async def _exactly(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        pieces: list[bytes] = []
        while count:
            piece = await loop.sock_recv(self._connection, min(count, 1 << 18))
            if not piece:
                raise ConnectionResetError
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)


def _images(reply: _Reply) -> tuple[ToolImage, ...]:
    images: list[ToolImage] = []
    for image in reply.images[: pictures.MOST_IMAGES]:
        with contextlib.suppress(binascii.Error, ValueError):
            content = base64.b64decode(image.content, validate=True)
            if (kind := pictures.media_type(content)) is not None:
                images.append(ToolImage(kind, content))
    return pictures.within_bounds(images)


class Interpreters:
    """The interpreters of all sessions, by the session's name. The least recently used one goes when there are too many."""

    def __init__(self, *, most: int = 16, idle_seconds: float = 900.0, check_seconds: float = 15.0) -> None:
        self._most, self._idle_seconds, self._check_seconds = most, idle_seconds, check_seconds
        self._live: dict[str, Interpreter] = {}  # the least recently used first
        self._in_use: set[str] = set()
        self._closed_because: dict[str, str] = {}
        self._checking: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def of(
        self, name: str, sandbox: Sandbox, folder: Path, limits: Limits
    ) -> AsyncGenerator[tuple[Interpreter, str]]:
        """The session's interpreter, started when there is none, and why the last one was closed ("" when the model need not
        know). The caller holds the session's lock. Raises `OSError`."""
        self._in_use.add(name)
        try:
            interpreter = self._live.pop(name, None)
            if interpreter is not None and not interpreter.alive:
                await interpreter.close()
                interpreter = None
                self._closed_because[name] = "it ended by itself after the last call"
            if interpreter is None:
                interpreter = await Interpreter.start(sandbox, folder, limits)
            self._live[name] = interpreter
            if self._checking is None or self._checking.done():
                self._checking = asyncio.create_task(self._check())
            await self._make_room()
            try:
                yield interpreter, self._closed_because.pop(name, "")
            except asyncio.CancelledError:
                await self.close(name, "the last call was cancelled")
                raise
            if not interpreter.alive:
                self._live.pop(name, None)
        finally:
            self._in_use.discard(name)

    async def close(self, name: str, because: str = "") -> None:
        """End a session's interpreter, if it has one; the model is told `because` in its next call."""
        interpreter = self._live.pop(name, None)
        self._closed_because.pop(name, None)
        if interpreter is not None:
            if because:
                self._closed_because[name] = because
            await interpreter.close()

    async def close_all(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        await asyncio.gather(*(self.close(name) for name in tuple(self._live)))

    async def _make_room(self) -> None:
        idle = [name for name in self._live if name not in self._in_use]
        for name in idle[: max(0, len(self._live) - self._most)]:
            await self.close(name, "other sessions needed the room")

    async def _check(self) -> None:
        while self._live:
            await asyncio.sleep(self._check_seconds)
            for name, interpreter in tuple(self._live.items()):
                if name in self._in_use:
                    continue
                if time.monotonic() - interpreter.last_used > self._idle_seconds:
                    await self.close(name, f"it was idle for {self._idle_seconds / 60:.0f} minutes")
                elif await interpreter.busy_while_idle() and name not in self._in_use:
                    await self.close(name, "what it left running in the background used too much CPU time")
