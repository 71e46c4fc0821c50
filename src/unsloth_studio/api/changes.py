"""A stream of one thing that changes now and then, told whole each time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import msgspec

from unsloth_studio.sse import named_frame

LOOK_SECONDS = 0.25


async def when_changed(name: str, value: Callable[[], msgspec.Struct]) -> AsyncGenerator[bytes]:
    """Events `name` with `value()`: at once, and whenever it is another. Looks four times per second."""
    told = b""
    while True:
        now = msgspec.json.encode(value())
        if now != told:
            told = now
            yield named_frame(name, now)
        await asyncio.sleep(LOOK_SECONDS)
