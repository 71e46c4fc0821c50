"""How late the event loop is: a thing that computes for long in it delays every stream at once.

The rule: nothing is measured unless somebody asks. A report starts a timer that runs for `WATCHED_SECONDS` more, so that
a monitoring system that asks every minute or more often sees all of the time, and nobody else pays for it (LATE_COST of a
core).
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left

TICK_SECONDS = 0.05
WATCHED_SECONDS = 90.0
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Seconds: the upper ends of the groups that numbers are counted in; a last group has none."""


class Histogram:
    """Numbers counted by `BOUNDS`."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def count(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds


class LoopWatch:
    """How `late` ticks are, and how much of that at most this process `held` up itself: what it computed since the tick
    before, in all threads, for they share one lock. The rest is the machine's, which gave the processor to others. A loop
    that is held for long is late for every tick of that time."""

    def __init__(self) -> None:
        self.late = Histogram()
        self.held = Histogram()
        self.tasks = 0
        self._until = 0.0
        self._watching: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Go on watching, or begin, and count the tasks, this one's own among them. For the loop that calls it."""
        loop = asyncio.get_running_loop()
        self._until = loop.time() + WATCHED_SECONDS
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(loop))
        self.tasks = len(asyncio.all_tasks())

    def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        due, computed = loop.time() + TICK_SECONDS, time.process_time()
        while due < self._until:
            await asyncio.sleep(due - loop.time())
            now, before, computed = loop.time(), computed, time.process_time()
            while due <= now:
                self.late.count(now - due)
                self.held.count(min(now - due, computed - before))
                due += TICK_SECONDS
