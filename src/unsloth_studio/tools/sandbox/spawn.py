"""Starts the sandbox's first process, and tells when a process has ended; nothing here waits on the event loop's time.

The rule: all starts happen in one thread that lives as long as its `Spawner`, because a child asked to die with its
parent dies with the thread that made it (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unsloth_studio.tools.sandbox.policy import ENVIRONMENT, Descriptors

MakeCommand = Callable[[Descriptors], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Spawned:
    """A started process and our ends of its pipes: all it prints, what bubblewrap says about it, and that we live."""

    process: subprocess.Popen[bytes]
    output: int
    info: int
    alive: int


class Spawner:
    """One thread that starts processes, one that looks at files and /proc for them. Close it when all of them have ended."""

    def __init__(self) -> None:
        self._starts = ThreadPoolExecutor(1, thread_name_prefix="sandbox-start")
        self.files = ThreadPoolExecutor(2, thread_name_prefix="sandbox-files")

    async def start(self, make_command: MakeCommand, *, seccomp: bytes, stdin: bytes, keep: tuple[int, ...]) -> Spawned:
        """Start it. `keep` are descriptors it inherits. Raises `OSError`. When the caller is cancelled meanwhile, what was
        started is ended and reaped before this returns."""
        loop = asyncio.get_running_loop()
        starting = loop.run_in_executor(self._starts, _start, make_command, seccomp, stdin, keep)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                spawned = await starting
                await loop.run_in_executor(self._starts, _undo, spawned)
            raise

    def close(self) -> None:
        """Let the threads end. Does not wait."""
        self._starts.shutdown(wait=False)
        self.files.shutdown(wait=False)


def _start(make_command: MakeCommand, seccomp: bytes, stdin: bytes, keep: tuple[int, ...]) -> Spawned:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        output, printed = _pipe(ours, theirs)
        info, told = _pipe(ours, theirs)
        seen, alive = _pipe(theirs, ours)
        with contextlib.ExitStack() as source:
            filter_end, filter_source = _pipe(theirs, source)
            os.write(filter_source, seccomp)  # far less than a pipe holds
        given = theirs.enter_context(_readable(stdin))
        process = subprocess.Popen(
            make_command(Descriptors(seccomp=filter_end, info=told, alive=seen)),
            stdin=given,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            cwd="/",
            pass_fds=(filter_end, told, seen, *keep),
            start_new_session=True,
        )
        os.set_blocking(output, False)
        os.set_blocking(info, False)
        ours.pop_all()
        return Spawned(process, output, info, alive)


def _readable(content: bytes) -> BinaryIO:
    """A file with `content` that can only be read, and has no name."""
    if not content:
        return Path(os.devnull).open("rb")
    descriptor, name = tempfile.mkstemp()
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        return Path(name).open("rb")
    finally:
        Path(name).unlink()


def _undo(spawned: Spawned) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(spawned.process.pid, signal.SIGKILL)
    spawned.process.wait()
    os.set_blocking(spawned.info, True)
    os.read(spawned.info, 4096)  # ends with the last process that holds the other end, or tells its number: it is dying
    os.close(spawned.info)
    os.close(spawned.output)
    os.close(spawned.alive)


def _pipe(reading: contextlib.ExitStack, writing: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    reading.callback(os.close, read_end)
    writing.callback(os.close, write_end)
    return read_end, write_end


class Ending:
    """Waits for the end of a process, a child of ours or not. `over` is done when it has ended (and may be a zombie)."""

    def __init__(self, pid: int, wait: Callable[[], object] | None = None) -> None:
        """`wait` waits for a child of ours, where the system has no descriptors for processes. Raises `ProcessLookupError`
        when there is no such process."""
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._descriptor: int | None = None
        if hasattr(os, "pidfd_open"):
            self._descriptor = os.pidfd_open(pid)
            self._loop.add_reader(self._descriptor, self._ended)
        elif wait is not None:
            threading.Thread(target=self._wait, args=(wait,), daemon=True).start()

    def kill(self) -> None:
        """SIGKILL to this very process, also when its number has gone to another one since. Linux only."""
        if self._descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _ended(self) -> None:
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
        if not self.over.done():
            self.over.set_result(None)

    def _wait(self, wait: Callable[[], object]) -> None:
        wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._ended)
