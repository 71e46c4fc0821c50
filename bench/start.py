"""From the start of the process until the real engine answers, beside that engine started alone with the same settings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.processes import started
from bench.run import Bench, Reading

from unsloth_studio.catalog.demo import demo_model
from unsloth_studio.catalog.sheet import read_sheet
from unsloth_studio.cli.launching import engine_facts, engine_options
from unsloth_studio.cli.wishes import Wishes
from unsloth_studio.engine.local import plan_launch
from unsloth_studio.engine.plan import Command
from unsloth_studio.settings_sources import load_settings

_ROUNDS = 5


async def start_of_the_engine(bench: Bench) -> list[Reading]:
    """`unsloth run` with the demo model. Medians; both ways in turn, after one round that warms the files up."""
    del bench
    model, settings = demo_model(), load_settings()
    options = engine_options(model, model.id, settings, Wishes())
    alone: list[float] = []
    listening: list[float] = []
    ready: list[float] = []
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as folder:
        facts = engine_facts(read_sheet(model))
        plan = await plan_launch(options, Path(folder), explicit="embedded", facts=facts)
        for _ in range(_ROUNDS + 1):
            alone.append(await asyncio.to_thread(_alone, plan.command(api_key="bench", parent=os.getpid())))
            accepted, answered = await asyncio.to_thread(_ours, Path(folder))
            listening.append(accepted)
            ready.append(answered)
    first, whole = statistics.median(listening[1:]), statistics.median(ready[1:])
    return [
        Reading("listening", "Process start to connections accepted", "s", first),
        Reading("start_added", "Demo model ready, added", "s", whole, statistics.median(alone[1:]), about="difference"),
    ]


def _alone(command: Command) -> float:
    """Seconds until the engine's own `/health` says yes."""
    began = time.monotonic()
    process = subprocess.Popen(
        command.argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **command.environment},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(command.stdin or b"")
        process.stdin.flush()
        address: str = json.loads(process.stdout.readline())["address"]
        while not _answers(address):
            time.sleep(0.002)
        seconds = time.monotonic() - began
        process.kill()
        process.wait()
    return seconds


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError, urllib.error.URLError):
        return urllib.request.urlopen(f"{address}/health", timeout=10).status == 200
    return False


def _ours(home: Path) -> tuple[float, float]:
    """Seconds until connections are accepted, and until the model answers."""
    arguments = ["run", "--json", "-p", "0", "--engine", "embedded"]
    with started(arguments, stderr=subprocess.DEVNULL, home=home) as run:
        return run.listening_seconds, run.ready_seconds
