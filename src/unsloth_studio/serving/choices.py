"""Several turns as one stream, for `n` choices and for lists of prompts: each event batch with its choice's number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from unsloth_studio.turn.events import Event
from unsloth_studio.turn.messages import Request

Run = AsyncGenerator[Sequence[Event]]
ChoiceBatch = tuple[int, Sequence[Event]]


def choices_of(request: Request, n: int) -> list[Request]:
    """`n` requests that differ in their seed only, so that a seeded request gives `n` different, repeatable choices."""
    seed = request.sampling.seed
    if seed is None:
        return [request] * n
    return [replace(request, sampling=replace(request.sampling, seed=seed + number)) for number in range(n)]


async def interleave(runs: Sequence[Run], *, at_once: int = 4) -> AsyncGenerator[ChoiceBatch]:
    """The batches of all runs as they come, `at_once` of them running: one request must not fill the queue by itself.

    The first failure ends them all, and so does closing this generator.
    """
    if len(runs) == 1:
        async with aclosing(runs[0]) as run:
            async for events in run:
                yield 0, events
        return
    batches: asyncio.Queue[ChoiceBatch | Exception | None] = asyncio.Queue(maxsize=2 * len(runs))

    turns = asyncio.Semaphore(at_once)

    async def pump(number: int, run: Run) -> None:
        try:
            async with turns, aclosing(run):
                async for events in run:
                    await batches.put((number, events))
        except Exception as error:  # raised again below, in the consumer's task
            await batches.put(error)
        else:
            await batches.put(None)

    pumps = [asyncio.create_task(pump(number, run)) for number, run in enumerate(runs)]
    running = len(runs)
    try:
        while running:
            batch = await batches.get()
            if batch is None:
                running -= 1
            elif isinstance(batch, Exception):
                raise batch
            else:
                yield batch
    finally:
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
