"""Engines as child processes: the fake one, and the real embedded one without anything of ours around it.

Both are reaped when their `with` block ends, whatever happened in it.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.fake_engine.plan import Plan
from tests.fake_engine.script import Script

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """`base_url` has no trailing slash and no `/v1`."""

    base_url: str
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> dict[str, Any]:
        return httpx.get(self.base_url + path, timeout=10).raise_for_status().json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(self.base_url + path, json=body, timeout=60)

    def state(self) -> dict[str, Any]:
        """The fake engine's `GET /__state`."""
        return self.get("/__state")

    def set_script(self, script: dict[str, Any] | None = None, *, times: int = 1, loading_seconds: float = 0) -> None:
        """The fake engine's `POST /__fault`: what the next `times` requests get (0: until told otherwise)."""
        body = {"script": script, "times": times, "loading_seconds": loading_seconds}
        self.post("/__fault", body).raise_for_status()

    def set_turns(self, *scripts: Script) -> None:
        """The fake engine's `POST /__fault`: the next requests get one of `scripts` each, in order."""
        self.post("/__fault", {"scripts": msgspec.to_builtins(scripts)}).raise_for_status()

    def set_plan(self, plan: Plan) -> None:
        """The fake engine's `POST /__fault`: what all requests get, until told otherwise."""
        self.post("/__fault", {"plan": msgspec.to_builtins(plan)}).raise_for_status()


@contextmanager
def fake_engine(*options: str, script: Script | None = None) -> Generator[RunningEngine]:
    """Run `python -m tests.fake_engine`; `options` are its own (`--tokens`, `5`, ...), `script` is set for good."""
    with listening_process([sys.executable, "-m", "tests.fake_engine", "--port", "0", *options]) as engine:
        if script is not None:
            fields = {name: getattr(script, name) for name in script.__struct_fields__}
            engine.set_script(fields, times=0)
        yield engine


@contextmanager
def embedded_engine(model: Path, *, context_length: int = 8192, slots: int = 1) -> Generator[RunningEngine]:
    """Serve `model` with the real engine; `context_length` is per slot, in tokens."""
    arguments = [str(model), str(context_length), str(slots)]
    with listening_process([sys.executable, "-m", "tests.support.embedded_engine", *arguments]) as engine:
        yield engine


@contextmanager
def listening_process(command: Sequence[str], *, timeout: float = 30.0) -> Generator[RunningEngine]:
    """Run `command` in the repository root and wait until it prints `listening on URL`.

    `timeout` in seconds. Raises RuntimeError when it does not. At the end: SIGTERM, 3 s, SIGKILL.
    """
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        yield RunningEngine(_await_address(process, timeout), process)
    finally:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _await_address(process: subprocess.Popen[bytes], timeout: float) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + timeout
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            read = os.read(process.stdout.fileno(), 4096)
            text += read
            if not read:
                raise RuntimeError(f"{process.args} ended with {process.wait(5)} instead of listening.")
            for line in text.splitlines(keepends=True):
                if line.startswith(b"listening on ") and line.endswith(b"\n"):
                    return line.removeprefix(b"listening on ").decode().strip().rstrip("/")
    raise RuntimeError(f"{process.args} did not listen within {timeout} s.")
