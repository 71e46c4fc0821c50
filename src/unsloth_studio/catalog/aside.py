"""A coroutine in a thread with an event loop of its own, so that its hashing and writing never delays the server's loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def run_aside(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of `work()`, run elsewhere. Cancelling this cancels it there, and waits until it has ended."""
    aside = _Aside()
    running = asyncio.create_task(asyncio.to_thread(aside.run, work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        aside.cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise


class _Aside:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run(self._begin(work))

    def cancel(self) -> None:
        """From another thread; before, while or after it runs."""
        with self._lock:
            self._cancelled = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    async def _begin(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        with self._lock:
            if self._cancelled:
                raise asyncio.CancelledError
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            return await work()
        finally:
            with self._lock:
                self._loop = self._task = None
