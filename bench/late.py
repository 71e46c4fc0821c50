"""How late an event loop is: for every tick, by how much it was longer, and what the loop itself computed in it.

`python -m bench.late SECONDS` watches a loop with nothing else in it, with a tick of so many seconds, until its input ends,
and prints what it saw: so late is the machine itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

TICK_SECONDS = 0.001


@dataclass(slots=True)
class Lateness:
    """In milliseconds, an entry per tick of `tick` seconds."""

    tick: float = TICK_SECONDS
    late: list[float] = field(default_factory=list[float])
    computed: list[float] = field(default_factory=list[float])

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(self.tick)
            self.late.append((time.perf_counter() - wall - self.tick) * 1e3)
            self.computed.append((time.thread_time() - cpu) * 1e3)

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        watching = asyncio.create_task(self.watch())
        try:
            yield
        finally:
            watching.cancel()


@contextlib.asynccontextmanager
async def machine(found: Lateness) -> AsyncGenerator[None]:
    """Add to `found` how late a process is that does nothing else, for as long as the `with` lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.late",
        str(found.tick),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()  # it has begun
    try:
        yield
    finally:
        said, _ = await process.communicate(b"")  # which ends its input
        found.late += json.loads(said)


async def _until_the_input_ends(tick: float) -> None:
    found = Lateness(tick)
    print(flush=True)
    async with found.watched():
        await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(found.late))


if __name__ == "__main__":
    asyncio.run(_until_the_input_ends(float(sys.argv[1])))
