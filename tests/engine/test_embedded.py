"""The embedded engine's own program, without a supervisor: its one line in, its one line out, its ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from unsloth_studio.engine.local import demo_model

pytestmark = pytest.mark.e2e

SETTINGS = {"model.path": str(demo_model()), "n_ctx": 512, "port": 0, "cpuparams.n_threads": 1}


@contextmanager
def started(parent: int, **settings: Any) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", "-m", "unsloth_studio.engine.embedded"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps({"parent": parent, "settings": {**SETTINGS, **settings}}).encode() + b"\n")
        child.stdin.flush()
        try:
            yield child
        finally:
            child.kill()


def test_it_announces_its_address_and_ends_with_its_standard_input() -> None:
    with started(os.getpid()) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        said = json.loads(child.stdout.readline())
        assert said["event"] == "listening"
        assert said["address"].startswith("http://127.0.0.1:")
        child.stdin.close()
        assert child.wait(2) == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"frobnicate": 1}, b"error: unknown engine setting 'frobnicate'"),
        ({"n_ctx": "many"}, b"error: bad value for the engine setting 'n_ctx'"),
    ],
    ids=["unknown", "bad value"],
)
def test_a_setting_it_cannot_honour_ends_the_start(settings: dict[str, Any], said: bytes) -> None:
    with started(os.getpid(), **settings) as child:
        assert child.stderr is not None
        assert child.wait(10) == 2
        assert said in child.stderr.read()


def test_it_leaves_when_its_parent_is_gone_already() -> None:
    with started(os.getpid() + 1) as child:
        assert child.wait(10) == 1
