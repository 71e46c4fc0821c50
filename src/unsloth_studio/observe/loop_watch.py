"""How late the event loop is: a thing that computes for long in it delays every stream at once.

The rule: nothing is measured unless somebody asks. A report starts a timer that runs for `WATCHED_SECONDS` more, so that
a monitoring system that asks every minute or more often sees all of the time, and nobody else pays for it (about 0.1 % of a
core).
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left

TICK_SECONDS = 0.02
WATCHED_SECONDS = 90.0
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Seconds: the upper ends of the groups that ticks are counted in; a last group has none."""


class LoopWatch:
    """Counts how late ticks are, by `BOUNDS`. A loop that is held for long is late for every tick that fell into it."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.late_seconds = 0.0
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
        due = loop.time() + TICK_SECONDS
        while due < self._until:
            await asyncio.sleep(due - loop.time())
            now = loop.time()
            while due <= now:
                self._count(now - due)
                due += TICK_SECONDS

    def _count(self, late: float) -> None:
        self.counts[bisect_left(BOUNDS, late)] += 1
        self.late_seconds += late
