"""`python -m bench`: what the gateway adds to a fast engine. Prints a table and writes `bench/results/latest.json`.

The engine is a fake one that costs next to nothing, so that what is measured is ours. Engine, gateway and client are
three processes of this machine; run it on one that is otherwise idle.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from bench.client import BenchFailure
from bench.measure import MEASUREMENTS
from bench.processes import Gateway, ProcessTree
from bench.run import FULL, QUICK, Bench, Reading
from bench.traffic import DIALECTS, Dialect
from tests.support.engines import fake_engine

from bench import client, processes, report


def main() -> int:
    arguments = _arguments()
    began = time.monotonic()
    try:
        with (
            fake_engine("--kept-requests", "0") as engine,
            _gateway(arguments, engine.base_url, engine.process.pid) as gateway,
        ):
            effort = QUICK if arguments.quick else FULL
            dialects: tuple[Dialect, ...] = ("chat",) if arguments.without_gateway else DIALECTS
            bench = Bench(engine.base_url, ProcessTree(engine.process.pid), gateway, effort, dialects)
            readings = client.run(lambda: _measure(bench, show=not arguments.json))
    except BenchFailure as failure:
        print(f"The bench could not finish: {failure}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    found = report.as_json(readings, bench.client_busy, seconds=seconds)
    written = report.write(found)
    if arguments.json:
        print(json.dumps(found))
    else:
        report.print_table(readings, bench.client_busy, seconds=seconds)
        print(written)
    return 1 if arguments.strict and report.missed(readings) else 0


async def _measure(bench: Bench, *, show: bool) -> list[Reading]:
    readings: list[Reading] = []
    for measurement in MEASUREMENTS:
        if show:
            print(f"{measurement.__name__.replace('_', ' ')} ...", file=sys.stderr, flush=True)
        readings += await measurement(bench)
    return readings


@contextmanager
def _gateway(arguments: argparse.Namespace, engine_url: str, engine_pid: int) -> Generator[Gateway]:
    """Ours, in front of the fake engine; or, to see what the bench itself adds, the engine in the gateway's place."""
    if arguments.without_gateway:
        yield Gateway(engine_url, None, "fake-model", engine_pid)
        return
    with processes.gateway(engine_url) as gateway:
        yield gateway


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the gateway adds.")
    parser.add_argument("--quick", action="store_true", help="under 30 s instead of under 3 minutes")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a must is missed")
    parser.add_argument("--without-gateway", action="store_true", help="measure the engine against itself (chat only)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
