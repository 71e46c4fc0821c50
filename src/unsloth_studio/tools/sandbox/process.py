"""One running sandbox: its output is read, its use of memory and disk watched, and its end is the end of all in it.

The rule: whoever starts a `ConfinedProcess` awaits `kill`; when that returns, no process of it is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from unsloth_studio.tools import folder_tree
from unsloth_studio.tools.sandbox import memory
from unsloth_studio.tools.sandbox.doorway import Doorway
from unsloth_studio.tools.sandbox.output import KeptOutput
from unsloth_studio.tools.sandbox.result import Limit, Limits, SandboxResult, limit_of_signal
from unsloth_studio.tools.sandbox.spawn import Ending, Spawned, Spawner

_READ_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20  # the most that whoever writes can make a pipe hold: pipe(7), /proc/sys/fs/pipe-max-size
_WATCH_SECONDS, _REST_SECONDS = 0.2, 3.0
_BURIAL_SECONDS = 10.0
_CHILD = re.compile(rb'"child-pid": *(\d+)\D')
OnOutput = Callable[[bytes], None]
T = TypeVar("T")


class ConfinedProcess:
    """`ended` is done when the first process has ended, or a limit has ended it; `limit` says which one."""

    def __init__(
        self,
        spawned: Spawned,
        spawner: Spawner,
        *,
        folder: Path,
        limits: Limits,
        on_output: OnOutput | None,
        doorway: Doorway | None = None,
    ) -> None:
        """`doorway` is its way to the network, which ends with it."""
        self._loop = asyncio.get_running_loop()
        self._spawned, self._spawner = spawned, spawner
        self._folder, self._limits, self._on_output = folder, limits, on_output
        self._began = time.monotonic()
        self._first: int | None = None  # the first process in there, by its number out here
        self._burial: asyncio.Task[None] | None = None
        self._reading, self._told = True, b""
        self.limit: Limit | None = None
        self.output = KeptOutput(limits.kept_output_bytes)
        self._outer = Ending(spawned.process.pid, spawned.process.wait)
        self._inner: Ending | None = None
        self.ended = self._outer.over
        self._resting, self._woken = False, asyncio.Event()
        self._loop.add_reader(spawned.output, self._read)
        self._loop.add_reader(spawned.info, self._learn)
        self._watching = asyncio.create_task(self._watch())
        self._doorway = doorway
        if doorway is not None:
            doorway.open()

    async def wait(self, seconds: float) -> None:
        """Until it has ended; after `seconds` it is told to (`limit` is then "time")."""
        await asyncio.wait((self.ended,), timeout=seconds)
        if not self.ended.done():
            self.strike("time")

    def strike(self, limit: Limit) -> None:
        """End it at once, for a limit."""
        if self.limit is None and not self.ended.done():
            self.limit = limit
            self._signal_all()

    async def kill(self) -> None:
        """End everything in there, wait until it is gone, and read what it had printed. Idempotent; also when cancelled."""
        if self._burial is None:
            self._burial = asyncio.create_task(self._bury())
        await asyncio.shield(self._burial)

    def read_now(self) -> None:
        """Take all that has been printed up to now: what the pipe can hold, for somebody may be printing on."""
        for _ in range(_PIPE_BYTES // _READ_BYTES + 1):
            if not (self._reading and self._read()):
                return

    def begin_output(self, on_output: OnOutput | None) -> None:
        """Forget what was printed, and collect anew for `on_output`."""
        self.read_now()
        self._resting = False
        self._woken.set()
        if self._doorway is not None:
            self._doorway.wake()
        self._on_output = on_output
        self.output = KeptOutput(self._limits.kept_output_bytes)

    def rest(self) -> None:
        """Nothing is asked of it until the next `begin_output`: it is looked at more rarely, and has no network."""
        self._resting = True
        if self._doorway is not None:
            self._doorway.rest()
        self._woken.clear()

    async def cpu_seconds(self) -> float:
        """CPU time of all that lives in there."""
        if self._first is None:
            return 0.0
        first = self._first
        return await self._in_thread(lambda: memory.cpu_seconds(memory.descendants(first)))

    def result(self) -> SandboxResult:
        """How it ended; only after `kill`."""
        code = self._spawned.process.poll()
        if code is None:  # stuck in the kernel: it dies as soon as the kernel lets go of it
            code = -int(signal.SIGKILL)
        number = -code if code < 0 else code - 128 if code > 128 else None
        return SandboxResult(
            exit_code=code if number is None else None,
            signal=number,
            output=self.output.taken(),
            output_truncated=self.output.truncated,
            duration_ms=round((time.monotonic() - self._began) * 1000),
            limit=self.limit or limit_of_signal(number),
        )

    def _read(self) -> bool:
        """One piece of output; False when there is none now, or never again."""
        try:
            piece = os.read(self._spawned.output, _READ_BYTES)
        except BlockingIOError:
            return False
        if not piece:
            self._stop_reading()
            return False
        self.output.add(piece)
        if self._on_output is not None:
            self._on_output(piece)
        if self.output.total > self._limits.output_bytes:
            self._stop_reading()
            self.strike("output")
        return True

    def _stop_reading(self) -> None:
        self._reading = False
        self._loop.remove_reader(self._spawned.output)

    def _learn(self) -> None:
        """bubblewrap says, in pieces, the number of the first process: `{"child-pid": 4242, ...}`, bwrap(1), --info-fd."""
        try:
            piece = os.read(self._spawned.info, 4096)
        except BlockingIOError:
            return
        self._told += piece
        if (said := _CHILD.search(self._told)) and self._first is None:
            with contextlib.suppress(ProcessLookupError):
                self._inner = Ending(int(said[1]))
                self._first = int(said[1])
        if said or not piece:
            self._loop.remove_reader(self._spawned.info)

    def _signal_all(self) -> None:
        if self._inner is not None:
            self._inner.kill()
        if self._spawned.process.returncode is None:  # not reaped: the number is still that process's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._spawned.process.pid, signal.SIGKILL)

    async def _bury(self) -> None:
        self._watching.cancel()
        if self._first is None:
            self._learn()
        self._signal_all()
        await asyncio.wait((self._outer.over,), timeout=_BURIAL_SECONDS)
        if self._first is None:  # it was killed while it was being built, and may just have got its first process
            self._learn()
            self._signal_all()
        if self._inner is not None:
            await asyncio.wait((self._inner.over,), timeout=_BURIAL_SECONDS)
            self._inner.close()
        self._spawned.process.poll()
        if self._doorway is not None:
            self._doorway.close()
        self.read_now()
        self._stop_reading()
        self._outer.close()
        os.close(self._spawned.output)
        self._loop.remove_reader(self._spawned.info)
        os.close(self._spawned.info)
        os.close(self._spawned.alive)

    async def _watch(self) -> None:
        before = await self._in_thread(self._usage)
        most = max(self._limits.folder_bytes, before.disk_bytes)
        pause = _WATCH_SECONDS
        while True:
            if self._resting:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _REST_SECONDS)
            else:
                await asyncio.sleep(pause)
            began = time.monotonic()
            if self._first is not None and await self._in_thread(self._memory) > self._limits.memory_bytes:
                self.strike("memory")
            now = await self._in_thread(self._usage)
            if now.disk_bytes > most or (now.overgrown and not before.overgrown):
                self.strike("disk")
            pause = max(_WATCH_SECONDS, 4 * (time.monotonic() - began))  # at most a fifth of a thread's time

    def _usage(self) -> folder_tree.Usage:
        try:
            return folder_tree.usage(self._folder, most=self._limits.folder_files)
        except OSError:  # its folder was removed: it is about to be ended
            return folder_tree.Usage(0, 0)

    def _memory(self) -> int:
        assert self._first is not None
        return memory.memory_bytes(memory.descendants(self._first), self._limits.memory_bytes)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._spawner.files, work)
