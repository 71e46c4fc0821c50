"""`python -m bench.peers`: our gateway and LiteLLM's proxy in front of the same fake engine, in one run.

Each measurement visits the engine directly and ours, then the engine and LiteLLM, so that what the machine does hits both.
The bodies are the same and so is the number of streams; of requests in a row LiteLLM gets fewer, because it is slow.
Prints a table, writes `bench/results/peers.json`; `--strict` ends with 1 when a factor is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.client import BenchFailure
from bench.litellm import litellm, version
from bench.measure import (
    burst,
    chunk_latency,
    first_answer,
    first_token_alone,
    first_token_crowd,
    idle_streams,
    paced_cpu,
    plain,
)
from bench.processes import Gateway, ProcessTree, gateway
from bench.run import Bench, Effort, Reading
from bench.targets import PEER_TARGETS, Target
from bench.traffic import Dialect
from rich.console import Console
from rich.table import Table
from tests.support.engines import RunningEngine, fake_engine

from bench import client, report

Measurement = Callable[[Bench], Awaitable[list[Reading]]]

OURS = Effort(3, 40, 64, 200, 60_000, 2_000, 400, 200)
THEIRS = replace(OURS, sequential=20, burst_tokens=4_000, plain=200, plain_large=60)
DIALECTS: tuple[Dialect, ...] = ("chat", "messages")
FRESH: tuple[Measurement, ...] = (first_answer, idle_streams)
"""In processes of their own: streams that a gateway forgets must not weigh on what comes later."""
WORKING: tuple[Measurement, ...] = (first_token_alone, first_token_crowd, chunk_latency, paced_cpu, burst, plain)
_RATES = frozenset({"burst_chat", "burst_messages", "rate_plain_small", "rate_plain_large"})


@dataclass(frozen=True, slots=True)
class Compared:
    """The same reading of both."""

    ours: Reading
    theirs: Reading

    @property
    def factor(self) -> float | None:
        """How many times better ours is; None where ours is nothing at all."""
        better, worse = self.ours.value, self.theirs.value
        if self.ours.key in _RATES:
            better, worse = worse, better
        return worse / better if better > 0 else None

    @property
    def target(self) -> Target | None:
        return next((target for target in PEER_TARGETS if target.key == self.ours.key), None)

    @property
    def reached(self) -> str:
        """`aim`, `must` or `missed`, or nothing where no factor is asked for."""
        return self.target.verdict(self.factor) if self.target is not None and self.factor is not None else ""


def main() -> int:
    arguments = _arguments()
    began = time.monotonic()
    try:
        with fake_engine("--kept-requests", "0") as engine:
            working = _compare(engine, WORKING)
            compared = _compare(engine, FRESH) + working  # measured last, when both were started once before
    except BenchFailure as failure:
        print(f"The bench could not finish: {failure}", file=sys.stderr)
        return 1
    title = f"Direct access, ours, and LiteLLM {version()}, one process each"
    Console(width=150).print(_table(title, compared))
    print(f"Took {time.monotonic() - began:.0f} s.", report.write(_as_json(compared), "peers"))
    return 1 if arguments.strict and any(one.reached == "missed" for one in compared) else 0


def _compare(engine: RunningEngine, measurements: Sequence[Measurement]) -> list[Compared]:
    with gateway(engine.base_url) as ours, litellm(engine.base_url) as theirs:

        def bench(of: Gateway, effort: Effort) -> Bench:
            return Bench(engine.base_url, ProcessTree(engine.process.pid), of, effort, DIALECTS)

        return client.run(lambda: in_turn(bench(ours, OURS), bench(theirs, THEIRS), measurements))


async def in_turn(ours: Bench, theirs: Bench, measurements: Sequence[Measurement]) -> list[Compared]:
    """Every measurement of both, ours first."""
    compared: list[Compared] = []
    for measurement in measurements:
        print(f"{measurement.__name__.replace('_', ' ')} ...", file=sys.stderr, flush=True)
        pairs = zip(await measurement(ours), await measurement(theirs), strict=True)
        compared += [Compared(*pair) for pair in pairs]
    return compared


def _table(title: str, compared: Sequence[Compared]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("measure", "unit"):
        table.add_column(column)
    for column in ("direct", "ours", "LiteLLM", "factor", "must", "aim"):
        table.add_column(column, justify="right")
    table.add_column("reached")
    for one in compared:
        target = one.target
        table.add_row(
            one.ours.label,
            one.ours.unit,
            "" if one.ours.direct is None else report.number(one.ours.direct),
            report.number(one.ours.gateway),
            report.number(one.theirs.gateway),
            "" if one.factor is None else f"{report.number(one.factor)}x",
            *(("", "") if target is None else (f">= {target.must:g}x", f">= {target.aim:g}x")),
            one.reached,
        )
    return table


def _as_json(compared: Sequence[Compared]) -> dict[str, Any]:
    return {
        "machine": report.machine(),
        "litellm": version(),
        "readings": [
            {
                "key": one.ours.key,
                "label": one.ours.label,
                "unit": one.ours.unit,
                "direct": one.ours.direct,
                "direct_beside_litellm": one.theirs.direct,
                "ours": one.ours.gateway,
                "litellm": one.theirs.gateway,
                "factor": one.factor,
                "reached": one.reached,
            }
            for one in compared
        ],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description="Ours beside LiteLLM's proxy.")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a factor is missed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
