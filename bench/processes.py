"""The processes of a run: the fake engine, the gateway, and what they cost."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from bench.client import BenchFailure

PARALLEL = 1024
"""Requests the gateway lets through at once, the most that `-np` allows: this bench measures cost, not the queue."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway, ours or a peer. `start_seconds` runs from the process's start until it is ready; `home` is the
    data folder of ours."""

    base_url: str
    api_key: str | None
    model: str
    pid: int
    start_seconds: float | None = None
    home: Path | None = None

    def tree(self) -> ProcessTree:
        return ProcessTree(self.pid)


@dataclass(frozen=True, slots=True)
class ProcessTree:
    """A process and its children."""

    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of all of them, of threads that ended too."""
        return sum(_cpu_seconds(pid) for pid in self._pids())

    def memory_bytes(self) -> int:
        """Memory that is theirs alone (USS)."""
        return sum(psutil.Process(pid).memory_full_info().uss for pid in self._pids())

    def _pids(self) -> list[int]:
        return [self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))]


def _cpu_seconds(pid: int) -> float:
    """The process's CPU clock in nanosecond steps: /proc counts in steps of 10 ms, too coarse for a second of load.

    The clock's number is made as in glibc's clock_getcpuclockid(3).
    """
    return time.clock_gettime((~pid << 3) | 2)


@contextmanager
def gateway(
    upstream: str, *, parallel: int = PARALLEL, variables: Mapping[str, str] | None = None, timeout: float = 60.0
) -> Generator[Gateway]:
    """Run `unsloth run --upstream` in a data folder of its own. Raises BenchFailure when it is not ready in time."""
    command = ["run", "--upstream", upstream, "--json", "--silent", "-p", "0", "-np", str(parallel)]
    with started(command, timeout=timeout, variables=variables) as run:
        ready = run.ready
        yield Gateway(ready["base_url"], ready.get("api_key"), ready["model"], run.pid, run.ready_seconds, run.home)


@dataclass(frozen=True, slots=True)
class Run:
    """`ready` is the event of that name; seconds are from the process's start to the events `listening` and `ready`."""

    pid: int
    home: Path
    ready: dict[str, Any]
    listening_seconds: float
    ready_seconds: float


@contextmanager
def started(
    arguments: Sequence[str],
    *,
    timeout: float = 60.0,
    stderr: int | None = None,
    home: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Generator[Run]:
    """Run `unsloth` with these arguments (`--json` among them), in a data folder of its own where no `home` is given. Raises
    BenchFailure when it is not ready in time."""
    command = [str(Path(sys.executable).with_name("unsloth")), *arguments]
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as own:
        folder = home or Path(own)
        environment = {**os.environ, **(variables or {}), "UNSLOTH_STUDIO_HOME": str(folder)}
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr
        )
        try:
            ready, listening, seconds = _await_ready(process, began, timeout)
            yield Run(process.pid, folder, ready, listening, seconds)
        finally:
            reap(process)


def _await_ready(process: subprocess.Popen[bytes], began: float, timeout: float) -> tuple[dict[str, Any], float, float]:
    assert process.stdout is not None
    deadline, listening = began + timeout, 0.0
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            read = os.read(process.stdout.fileno(), 65536)
            if not read:
                raise BenchFailure(f"The gateway ended with code {process.wait(10)} instead of becoming ready.")
            now = time.monotonic() - began
            *lines, text = (text + read).split(b"\n")
            for line in lines:
                event: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
                if event.get("event") == "listening":
                    listening = now
                if event.get("event") == "ready":
                    return event, listening, now
    raise BenchFailure(f"The gateway was not ready within {timeout:.0f} s.")


def reap(process: subprocess.Popen[bytes]) -> None:
    """End it: SIGTERM, 10 s, SIGKILL."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def import_seconds(module: str) -> float:
    """How long `import module` takes in a fresh interpreter with warm caches; the best of three."""
    code = f"import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)
