"""What the gateway's process is seen to hold, from outside and by its own `/metrics`."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import psutil
from bench.mixed.site import bearer

SAMPLE_SECONDS = 10.0
SETTLE_SECONDS = 20.0
_PERCENT = 99.9


@dataclass(frozen=True, slots=True)
class Sample:
    """`late` and `held` are the ticks of the event loop so far, by the upper end of their group in seconds, added up."""

    at: float
    memory_bytes: int
    files: int
    tasks: int
    late: dict[float, float]
    held: dict[float, float]


@dataclass(slots=True)
class Watch:
    """Looks at one process."""

    base_url: str
    admin: str
    process: psutil.Process
    samples: list[Sample] = field(default_factory=list[Sample])

    async def sample(self) -> Sample:
        """One look, over a connection that is closed again. Memory is the process's own (USS)."""
        from prometheus_client.parser import text_string_to_metric_families

        async with httpx.AsyncClient(base_url=self.base_url, timeout=30) as client:
            reply = (await client.get("/metrics", headers=bearer(self.admin))).raise_for_status()
        tasks, ticks = 0, {"delay": dict[float, float](), "held": dict[float, float]()}
        for family in text_string_to_metric_families(reply.text):
            for one in family.samples:
                name = one.name.removeprefix("unsloth_event_loop_").removesuffix("_seconds_bucket")
                if name == "tasks":
                    tasks = int(one.value)
                elif name in ticks:
                    ticks[name][float(one.labels["le"])] = one.value
        memory = await asyncio.to_thread(self.process.memory_full_info)
        return Sample(time.monotonic(), memory.uss, self.process.num_fds(), tasks, ticks["delay"], ticks["held"])

    async def keep(self) -> None:
        """A sample every `SAMPLE_SECONDS`, until it is cancelled."""
        while True:
            self.samples.append(await self.sample())
            await asyncio.sleep(SAMPLE_SECONDS)

    async def settled(self, start: Sample | None = None) -> Sample:
        """The process at rest: as soon as it holds no more than at the `start`, else its least within `SETTLE_SECONDS`."""
        until = time.monotonic() + SETTLE_SECONDS
        best = await self.sample()
        while time.monotonic() < until:
            if start is not None and best.files <= start.files and best.tasks <= start.tasks:
                break
            await asyncio.sleep(1)
            best = min(best, await self.sample(), key=lambda one: (one.files + one.tasks, -one.at))
        return best


def growth(samples: Sequence[Sample]) -> float:
    """Percent of memory between the first and the last tenth of `samples`."""
    tenth = max(1, len(samples) // 10)
    first, last = (statistics.median(one.memory_bytes for one in part) for part in (samples[:tenth], samples[-tenth:]))
    return (last / first - 1) * 100


def p999_ms(before: Mapping[float, float], after: Mapping[float, float]) -> float:
    """What 99.9 % of the ticks between two looks were at most, in milliseconds, by the histogram's groups."""
    counts = [(bound, after[bound] - before[bound]) for bound in sorted(after)]
    wanted = counts[-1][1] * _PERCENT / 100
    lower, below = 0.0, 0.0
    for bound, count in counts:
        if count >= wanted:
            if bound == float("inf"):
                break
            return (lower + (bound - lower) * (wanted - below) / max(count - below, 1)) * 1e3
        lower, below = bound, count
    return lower * 1e3
