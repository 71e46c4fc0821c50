"""The last requests, live: where each of them stands, whose it is, and how it ended.

The rule: it is in memory only and bounded. A request reports moments (it reached a stage, a turn of it ended), and those
who watch get each request that changed once, however often it did since they looked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from unsloth_studio.observe.bodies import KeptBodies
from unsloth_studio.observe.request_shapes import RequestStatus
from unsloth_studio.observe.watched_request import Arrival, WatchedRequest
from unsloth_studio.turn.trace import Trace, Unwatched

MOST_REQUESTS = 2000

Clock = Callable[[], float]


class Wanted(Struct, frozen=True):
    """Which requests: at most `limit`, those that came before `before` (seconds since 1970), of one status, and those with
    `text` in their model, client, key, endpoint, id or error."""

    limit: int = 200
    before: float | None = None
    status: RequestStatus | None = None
    text: str = ""

    def includes(self, request: WatchedRequest) -> bool:
        if self.before is not None and request.at >= self.before:
            return False
        if self.status is not None and request.status != self.status:
            return False
        return not self.text or self.text.casefold() in request.words


class RequestLog:
    """`wall` tells seconds since 1970, `clock` seconds that never go back."""

    def __init__(
        self,
        *,
        most: int = MOST_REQUESTS,
        bodies: KeptBodies | None = None,
        wall: Clock = time.time,
        clock: Clock = time.monotonic,
    ) -> None:
        self.bodies = bodies or KeptBodies()
        self._most = most
        self._wall = wall
        self._clock = clock
        self._requests: dict[str, WatchedRequest] = {}
        self._live: dict[str, WatchedRequest] = {}
        self._written = 0
        self._watchers: list[Changes] = []

    def begin(self, arrival: Arrival) -> WatchedRequest:
        """A request came. Whoever began it calls its `finish`."""
        request = WatchedRequest(arrival, self, at=self._wall(), clock=self._clock)
        self._requests[request.id] = self._live[request.id] = request
        while len(self._requests) > self._most:
            oldest = next(iter(self._requests))
            del self._requests[oldest]
            self.bodies.forget([oldest])
        self.changed(request)
        return request

    def trace(self, turn_id: str) -> Trace:
        """What a turn reports to; `turn_id` is the request's id."""
        return self._live.get(turn_id) or Unwatched()

    def changed(self, request: WatchedRequest) -> None:
        """For requests: something of theirs changed."""
        for watcher in self._watchers:
            watcher.put(request)

    def finished(self, request: WatchedRequest) -> None:
        """For requests: it is over."""
        if self._live.pop(request.id, None) is not None:
            self._written += request.written
        self.changed(request)

    def get(self, request_id: str) -> WatchedRequest | None:
        return self._requests.get(request_id)

    def list(self, wanted: Wanted | None = None) -> list[WatchedRequest]:
        """The newest first."""
        wanted = wanted or Wanted()
        found: list[WatchedRequest] = []
        for request in reversed(self._requests.values()):
            if len(found) == wanted.limit:
                break
            if wanted.includes(request):
                found.append(request)
        return found

    def clear(self) -> None:
        """Forget all that are over; running ones stay."""
        self.bodies.forget([name for name in self._requests if name not in self._live])
        self._requests = {name: one for name, one in self._requests.items() if name in self._live}

    @property
    def written(self) -> int:
        """Tokens that models have written since the start, about (see `Trace.written`)."""
        return self._written + sum(request.written for request in self._live.values())

    @property
    def rate(self) -> float:
        """Tokens per second of all models at this moment, about."""
        return sum(request.live_rate for request in self._live.values())

    @property
    def active(self) -> int:
        """Requests that an engine or a tool works on."""
        return sum(request.status in ("reading", "writing", "tool") for request in self._live.values())

    @property
    def queued(self) -> int:
        """Requests that wait for a slot or a model."""
        return sum(request.status in ("queued", "loading") for request in self._live.values())

    @contextmanager
    def watch(self) -> Generator[Changes]:
        """What changes while the `with` lasts."""
        changes = Changes(self._most)
        self._watchers.append(changes)
        try:
            yield changes
        finally:
            self._watchers.remove(changes)


class Changes:
    """The requests that changed and were not taken yet, each once; of more than `most` the oldest are dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pending: dict[str, WatchedRequest] = {}
        self._some = asyncio.Event()

    def put(self, request: WatchedRequest) -> None:
        self._pending[request.id] = request
        if len(self._pending) > self._most:
            del self._pending[next(iter(self._pending))]
        self._some.set()

    async def take(self, timeout: float) -> Iterator[WatchedRequest]:
        """Those that changed; waits up to `timeout` seconds for the first."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._some.wait()
        self._some.clear()
        taken, self._pending = self._pending, {}
        return iter(taken.values())
