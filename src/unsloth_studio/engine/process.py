"""A child process of ours: started in its own session, listened to, and always reaped with its whole group.

The rule: whoever starts an `EngineProcess` calls `stop` (or `kill`); `exit_code` is done as soon as the child is gone
and its last words are in `tail`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process, SubprocessStreamProtocol
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unsloth_studio.engine.plan import Command

TAIL_LINES = 200
MAX_LINE = 2000
_LISTENING = re.compile(r"\blistening\b.*?(?P<address>http://127\.0\.0\.1:[1-9]\d*)")
_DRAIN_SECONDS = 0.3
_READ_BYTES = 1 << 16


class EngineProcess:
    """Futures: `listening` is the address the child announced; `exit_code` is negative when a signal ended it."""

    def __init__(
        self, process: Process, transport: asyncio.SubprocessTransport, on_line: Callable[[str], None] | None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.pid = process.pid
        self.listening: asyncio.Future[str] = loop.create_future()
        self.exit_code: asyncio.Future[int] = loop.create_future()
        self._process = process
        self._transport = transport
        self._on_line = on_line
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._pumps = [asyncio.create_task(self._pump(s)) for s in (process.stdout, process.stderr) if s is not None]
        self._reaper = asyncio.create_task(self._reap())

    @classmethod
    async def spawn(cls, command: Command, on_line: Callable[[str], None] | None = None) -> EngineProcess:
        """Start it. Raises `OSError` when the program cannot be run. `on_line` gets every line the child writes."""
        process = cls(*await _started(command.argv, command.environment, pipe=command.stdin is not None), on_line)
        if command.stdin is not None:
            process.go_on(command.stdin, on_line)
        return process

    @classmethod
    async def spawn_waiting(cls, argv: Sequence[str]) -> EngineProcess:
        """Start a program that waits for its standard input, which `go_on` gives it. Raises `OSError`."""
        return cls(*await _started(argv, {}, pipe=True), None)

    def go_on(self, stdin: bytes, on_line: Callable[[str], None] | None) -> None:
        """What the child reads; its standard input stays open. `on_line` gets the lines it writes from now on."""
        assert self._process.stdin is not None, "it was started with a pipe"
        self._on_line = on_line
        self._process.stdin.write(stdin)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of both outputs, oldest first."""
        return tuple(self._tail)

    async def stop(self, grace: float = 5.0) -> int:
        """SIGTERM to the group, `grace` seconds, SIGKILL to the group. Returns the exit code; idempotent."""
        if not self.exit_code.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait((self.exit_code,), timeout=grace)
            self.kill()
        await asyncio.wait((self._reaper,))
        return self.exit_code.result()

    def kill(self) -> None:
        """SIGKILL to the group, at once and without waiting."""
        if not self.exit_code.done():
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def _reap(self) -> None:
        code = int(-signal.SIGKILL)
        try:
            code = await self._process.wait()
            self._signal(signal.SIGKILL)  # whoever the child left behind in its group
            await asyncio.wait(self._pumps, timeout=_DRAIN_SECONDS)
        except asyncio.CancelledError:  # the event loop is being closed, and nobody called `stop`
            self._signal(signal.SIGKILL)
            code = await self._process.wait()
            raise
        finally:
            self._transport.close()
            for pump in self._pumps:
                pump.cancel()
            self.listening.cancel()
            self.exit_code.set_result(code)

    async def _pump(self, stream: asyncio.StreamReader) -> None:
        rest = b""
        while piece := await stream.read(_READ_BYTES):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._take(line)
            rest = rest[:MAX_LINE]
        if rest:
            self._take(rest)

    def _take(self, raw: bytes) -> None:
        line = raw[:MAX_LINE].decode(errors="replace").rstrip("\r")
        self._tail.append(line)
        if not self.listening.done() and (match := _LISTENING.search(line)):
            self.listening.set_result(match["address"])
        if self._on_line is not None:
            self._on_line(line)


async def _started(
    argv: Sequence[str], environment: Mapping[str, str], *, pipe: bool
) -> tuple[Process, asyncio.SubprocessTransport]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: SubprocessStreamProtocol(limit=_READ_BYTES, loop=loop),
        *argv,
        stdin=PIPE if pipe else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env={**_inherited(), **environment},
        start_new_session=True,
    )
    return Process(transport, protocol, loop), transport


def _inherited() -> dict[str, str]:
    """Our environment less our own secrets, and less what would change the engine's settings behind the plan's back."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("UNSLOTH_", "LLAMA_ARG_", "LLAMA_API"))
    }
