"""Writes a growing message to the database: when a part of it ends, else at most every second, and last as it stays.

The rule: one write at a time, and a write never holds up the answer; only the last one is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from unsloth_studio.store.errors import StoreProblem
from unsloth_studio.store.thread import Message

SECONDS = 1.0
"""Between two writes while a part grows: what a crash may cost."""

log = logging.getLogger(__name__)


class Keeper:
    """For one message. `row_of` copies it at once, `save` writes the copy."""

    def __init__(
        self,
        row_of: Callable[[Message], dict[str, Any]],
        save: Callable[[dict[str, Any]], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._row_of = row_of
        self._save = save
        self._clock = clock
        self._last = clock()
        self._writing: asyncio.Task[None] | None = None
        self._complained = False

    def grew(self, settled: Callable[[], Message], *, ended: bool) -> None:
        """There is more of it; `settled` gives the message, `ended` says that a part is whole. Returns at once."""
        if self._writing is not None and not self._writing.done():
            return
        if ended or self._clock() - self._last >= SECONDS:
            self._last = self._clock()
            self._writing = asyncio.create_task(self._write(self._row_of(settled())))

    async def keep(self, message: Message) -> None:
        """Write it as it stays. Raises `DatabaseUnusable`."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._save(self._row_of(message))

    async def _write(self, row: dict[str, Any]) -> None:
        try:
            await self._save(row)
        except StoreProblem as problem:
            if not self._complained:
                log.warning("a growing answer cannot be kept; trying again. %s", problem)
            self._complained = True
