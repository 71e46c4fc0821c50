"""Where an agent is run, and how: a fresh home, a clean environment, no standard input, and an end after some time.

The agents are what `make clients` put under `build/clients`: folders of npm (`tests/clients/npm` has their locks), or
virtual environments.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from tests.fake_engine.script import ToolCall
from tests.support.server import StudioServer

INSTALLED = Path(__file__).parents[3] / "build" / "clients"
ARCHITECTURE = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
"""The machine's, as Node and packages of npm call it."""
NODE = INSTALLED / "node24" / "node_modules" / f"node-linux-{ARCHITECTURE}" / "bin"


@dataclass(frozen=True, slots=True)
class Seat:
    """`folder` is where the agent works, `home` where its settings are; both are new."""

    server: StudioServer
    home: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Start:
    """`files` are written below the home first, by path; `environment` is all that is set besides `clean_environment`."""

    command: tuple[str | Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Agent:
    """`start` says how it is run on a seat with a question; `reading` and `writing` are calls of its own tools, for a
    folder, that read `note.txt` and write `done.txt` there.

    `overflow_words` is what it says of a conversation that is too long; without, it has to start compaction.
    """

    name: str
    start: Callable[[Seat, str], Start]
    reading: Callable[[Path], ToolCall]
    writing: Callable[[Path], ToolCall]
    overflow_words: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    output: str
    errors: str
    seconds: float


def npm_program(client: str, path: str) -> Path:
    """A file below the `node_modules` of `client`; `.bin/NAME` for a command of its."""
    return INSTALLED / client / "node_modules" / path


def clean_environment(home: Path) -> dict[str, str]:
    """No key, proxy or setting of ours reaches an agent."""
    path = os.pathsep.join([str(NODE), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1"}


def run_command(start: Start, seat: Seat, *, timeout: float = 200) -> Ended:
    """Run to the end. Raises `subprocess.TimeoutExpired` after `timeout` seconds; what it started ends with it."""
    for path, text in start.files.items():
        (seat.home / path).parent.mkdir(parents=True, exist_ok=True)
        (seat.home / path).write_text(text)
    began = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in start.command],
        cwd=seat.folder,
        env={**clean_environment(seat.home), **start.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        _end(process, seat.home)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    return Ended(process.returncode, output, errors, time.monotonic() - began)


def _end(process: subprocess.Popen[str], home: Path) -> None:
    """End what an agent left: the session that `run` made for it, and daemons in sessions of their own, which have kept
    its home, that nobody else has."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for left in psutil.process_iter():
        with suppress(psutil.Error):
            if left.environ().get("HOME") == str(home):
                left.kill()
                left.wait(10)
