"""Those who watch an answer, each at its own speed.

The rule: nothing waits here without a bound. Deltas of one part that were not taken yet are one delta; a watcher that falls
too far behind is told the whole message anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from unsloth_studio.chat.events import ChatEvent, Delta, ToolPrinted

MOST_WAITING = 256 * 1024
"""Characters that may wait for one watcher, and eight per event."""


class Watcher:
    """`fell_behind` says that what waited was dropped."""

    def __init__(self) -> None:
        self._waiting: list[ChatEvent] = []
        self._size = 0
        self._some = asyncio.Event()
        self.fell_behind = False

    def put(self, events: Iterable[ChatEvent]) -> None:
        """Take what is told; returns at once."""
        for event in events:
            if isinstance(event, Delta | ToolPrinted):
                self._size += len(event.text)
            self._size += 8
            last = self._waiting[-1] if self._waiting else None
            if isinstance(event, Delta) and isinstance(last, Delta) and last.index == event.index:
                self._waiting[-1] = Delta(event.index, last.text + event.text)
            else:
                self._waiting.append(event)
        if self._size > MOST_WAITING:
            self._waiting, self._size, self.fell_behind = [], 0, True
        self._some.set()

    async def take(self) -> list[ChatEvent]:
        """What has waited; waits for the first. Empty when the watcher fell behind."""
        await self._some.wait()
        self._some.clear()
        taken, self._waiting, self._size = self._waiting, [], 0
        return taken
