"""`python -m bench.mixed --minutes 30`: everything at once, for long: does anything break, grow, or stay behind?

Streams in all dialects, cancels in every phase, bad requests, tool loops, keys made and revoked while they are used, against
`unsloth run --upstream` in front of the fake engine, each in a process of its own. Prints a table, writes
`bench/results/mixed.json`, and ends with 1 when something that must hold does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

import httpx
import psutil
from bench.late import Lateness, machine
from bench.mixed.calls import BODY_MIB, CALLS, Call
from bench.mixed.site import Site, Unasked
from bench.mixed.watch import Sample, Watch, growth, p999_ms
from bench.processes import Gateway, gateway
from bench.run import Reading
from rich.console import Console
from tests.support.engines import RunningEngine, fake_engine
from tests.support.keys import new_key

from bench import report
from unsloth_studio.observe.loop_watch import TICK_SECONDS
from unsloth_studio.tools.sandbox.probe import find_sandbox
from unsloth_studio.tools.sandbox.result import Unavailable

CALLERS, SLOTS = 16, 8
"""More callers than slots, so that some wait."""
PAUSE_SECONDS = 0.6
CALL_SECONDS = 60.0
WARM_UP_SECONDS = 240.0
SHOWN = 20


def main() -> int:
    arguments = _arguments()
    began = time.monotonic()
    variables = {"UNSLOTH_STUDIO_MAX_BODY_MIB": str(BODY_MIB)}
    with (
        fake_engine("--kept-requests", "0") as engine,
        gateway(engine.base_url, parallel=SLOTS, variables=variables) as running,
    ):
        readings, details = asyncio.run(_run(engine, running, arguments))
    found = {
        "machine": {**report.machine(), "load": os.getloadavg()},
        "seconds": round(time.monotonic() - began),
        "readings": [report.reading_as_json(reading) for reading in readings],
        **details,
    }
    console = Console(width=150)
    console.print(report.table_of(readings, f"{arguments.minutes:g} minutes of mixed load", beside="idle process"))
    for sentence in details["unasked"][:SHOWN]:
        console.print(sentence, markup=False)
    console.print(report.write(found, "mixed"))
    return 1 if report.missed(readings) else 0


async def _run(
    engine: RunningEngine, running: Gateway, arguments: argparse.Namespace
) -> tuple[list[Reading], dict[str, Any]]:
    assert running.home is not None
    assert running.api_key is not None
    admin = new_key(running.home, "soak", scopes=("admin", "inference"))
    watch = Watch(running.base_url, admin, psutil.Process(running.pid))
    tools = not isinstance(await find_sandbox(), Unavailable)
    seconds = arguments.minutes * 60
    warm_up = min(WARM_UP_SECONDS, seconds / 5)
    idle = Lateness(TICK_SECONDS)
    site = Site(
        running.base_url, running.api_key, admin, running.model, tools, httpx.AsyncClient(), Random(arguments.seed)
    )
    async with _client(site):
        for call in _calls(site):
            await _one(site, call)
    start = await watch.settled()
    async with _client(site), _calling(site):
        await asyncio.sleep(warm_up)
        watching = asyncio.create_task(watch.keep())
        async with machine(idle):
            await asyncio.sleep(seconds - warm_up)
        watching.cancel()
    async with _client(site):
        for number in range(3 if tools else 0):
            await site.client.delete(f"/api/sessions/soak-{number}", headers={"x-api-key": site.key})
    end = await watch.settled(start)
    left = await asyncio.to_thread(engine.state)
    return _readings(site, watch.samples, start, end, idle.late, left["active_streams"] + left["active_whole"]), {
        "tools": tools,
        "calls": dict(site.done),
        "unasked": site.unasked,
        "samples": [
            {
                "at": round(one.at - watch.samples[0].at, 1),
                "mib": round(one.memory_bytes / 2**20, 2),
                "files": one.files,
            }
            | {"tasks": one.tasks}
            for one in watch.samples
        ],
    }


def _readings(
    site: Site, samples: list[Sample], start: Sample, end: Sample, idle: list[float], left: int
) -> list[Reading]:
    calls = sum(site.done.values())
    first, last = samples[0], samples[-1]
    machines = sorted(idle)[len(idle) * 999 // 1000]
    return [
        Reading("mixed_calls", "Calls", "", float(calls)),
        Reading("mixed_unasked", "Replies that were not asked for", "", float(len(site.unasked))),
        Reading("mixed_revoked", "Revoked keys that were let in", "", float(site.let_in)),
        Reading("mixed_memory", "Memory, last tenth", "MiB", last.memory_bytes / 2**20),
        Reading("mixed_growth", "Memory, last tenth beside first tenth", "%", growth(samples)),
        Reading("mixed_files", "File descriptors more than at the start", "", float(max(0, end.files - start.files))),
        Reading("mixed_tasks", "Tasks more than at the start", "", float(max(0, end.tasks - start.tasks))),
        Reading("mixed_left", "Requests left at the engine", "", float(left)),
        Reading("mixed_late_p999", "Event loop late, p99.9", "ms", p999_ms(first.late, last.late), machines),
        Reading(
            "mixed_held_p999", "of that by the server's own computing, p99.9", "ms", p999_ms(first.held, last.held)
        ),
    ]


@contextlib.asynccontextmanager
async def _client(site: Site) -> AsyncGenerator[None]:
    async with httpx.AsyncClient(base_url=site.base_url, timeout=CALL_SECONDS) as site.client:
        yield


@contextlib.asynccontextmanager
async def _calling(site: Site) -> AsyncGenerator[None]:
    """`CALLERS` that call at random for as long as the `with` lasts, and then end the call they are in."""
    stopped = asyncio.Event()
    callers = [asyncio.create_task(_caller(site, stopped)) for _ in range(CALLERS)]
    try:
        yield
    finally:
        stopped.set()
        await asyncio.gather(*callers)


async def _caller(site: Site, stopped: asyncio.Event) -> None:
    calls = _calls(site)
    while not stopped.is_set():
        (call,) = site.random.choices(list(calls), list(calls.values()))
        await _one(site, call)
        await asyncio.sleep(site.random.expovariate(1 / PAUSE_SECONDS))


async def _one(site: Site, call: Call) -> None:
    """Make a call, and note what came that it did not ask for."""
    site.done[call.__name__] += 1
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await call(site)
    except (Unasked, httpx.HTTPError, OSError, TimeoutError, LookupError, ValueError) as error:
        site.unasked.append(f"{call.__name__}: {type(error).__name__}: {error}")


def _calls(site: Site) -> dict[Call, int]:
    return {call: weight for call, weight in CALLS.items() if site.tools or call.__name__ != "server_tools"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mixed", description="Mixed load for long.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of what is called when")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
