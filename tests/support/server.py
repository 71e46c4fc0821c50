"""The whole product as a child process: `unsloth run --json`, with a data folder of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StudioServer:
    """A server that said it is ready. URLs as in its `ready` line; `home` is its data folder."""

    base_url: str
    openai_base_url: str
    anthropic_base_url: str
    api_key: str
    model: str
    context_length: int
    home: Path
    process: subprocess.Popen[str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def client(self, *, timeout: float = 60) -> httpx.Client:
        """HTTP with the key; the caller closes it."""
        return httpx.Client(base_url=self.base_url, headers=self.headers, timeout=timeout)

    def engine(self) -> psutil.Process:
        """The engine's process. Fails when there is none, or more than one."""
        (child,) = psutil.Process(self.process.pid).children()
        return child


class Events:
    """The JSON lines of a `--json` run, read by a thread so that waiting for one can time out."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = process
        self.seen: list[Json] = []
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, *names: str, timeout: float = 60) -> Json:
        """The next event with one of `names`. Raises when the output ends, or nothing comes for `timeout` seconds."""
        while True:
            line = self._lines.get(timeout=timeout)
            if line is None:
                raise AssertionError(f"the server ended with {self._process.wait(5)} before {names}; seen: {self.seen}")
            self.seen.append(json.loads(line))
            if self.seen[-1]["event"] in names:
                return self.seen[-1]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)


def clean_environment() -> dict[str, str]:
    """Ours, without what would configure the program, and with compiled modules kept: a person's second start has them."""
    unwanted = ("UNSLOTH_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def start(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`unsloth run --json -p 0` with `options`, in a session of its own. The caller ends it with `end`."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("unsloth")), "run", "--json", "-p", "0", *options],
        env={**clean_environment(), "UNSLOTH_STUDIO_HOME": str(home), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], *, timeout: float = 20) -> int:
    """SIGINT as from Ctrl-C, and SIGKILL when that does not help; the exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def studio(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> Generator[StudioServer]:
    """A running server; it must end by Ctrl-C with status 0."""
    process = start(home, *options, environment=environment)
    clean = False
    try:
        ready = Events(process).wait_for("ready")
        yield StudioServer(
            base_url=ready["base_url"],
            openai_base_url=ready["openai_base_url"],
            anthropic_base_url=ready["anthropic_base_url"],
            api_key=ready["api_key"],
            model=ready["model"],
            context_length=ready["context_length"],
            home=home,
            process=process,
        )
        clean = process.poll() is None
    finally:
        status = end(process)
    assert not clean or status == 0, f"Ctrl-C gave exit status {status}"
