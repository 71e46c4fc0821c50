"""What connections and routes share: a request, its answer, the common beat, and what goes on right now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake_engine.play import Step, Whole


@dataclass(slots=True)
class HttpRequest:
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Playing:
    """A reply that takes its time; `streamed` or in one piece. `frames` is that of `Script`."""

    steps: Iterator[Step]
    streamed: bool
    frames: Literal["single", "packed", "bytes"] = "single"


Answer = Whole | Playing


class Ticker:
    """Wakes all streams of one pace together, at multiples of that pace."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[float, list[Callable[[], None]]] = {}
        self._last_beat: dict[float, float] = {}

    def wait(self, seconds: float, wake: Callable[[], None]) -> None:
        if waiting := self._waiting.get(seconds):
            waiting.append(wake)
            return
        self._waiting[seconds] = [wake]
        # uvloop's clock counts whole milliseconds and may still stand before the beat that has just been
        beat = max(self._loop.time() // seconds, self._last_beat.get(seconds, 0)) + 1
        self._last_beat[seconds] = beat
        self._loop.call_at(beat * seconds, self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        for wake in self._waiting.pop(seconds):
            wake()


@dataclass(slots=True)
class Live:
    """What goes on right now, and which replies lost their client. Times are monotonic seconds."""

    active_streams: int = 0
    active_whole: int = 0
    disconnects: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
