"""How many turns run at once, and who is next.

The engine queues without limit and without a word; so we let in only as many turns as it has slots. Those who wait are
served in the order in which they came, and when too many wait the next is told to come back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from unsloth_studio.turn.errors import TurnError, TurnFailure

STOPPING = TurnError(
    "engine_unavailable",
    "The server is stopping. Send the request again when it is back.",
    code="stopping",
    retry_after=10,
)


class Admissions:
    """One line per model: who waits for one model does not hold up those who ask for another. `queue_limit` is per model."""

    def __init__(self, *, queue_limit: int) -> None:
        self._queue_limit = queue_limit
        self._lines: dict[str, Admission] = {}

    @property
    def active(self) -> int:
        """Turns of all models that hold a slot, those that wait for their model to be loaded included."""
        return sum(line.active for line in self._lines.values())

    def close(self) -> None:
        """Send away everybody who waits, for whatever model."""
        for line in self._lines.values():
            line.close()

    def of(self, model_id: str, slots: int) -> Admission:
        """The line of a model that runs `slots` turns at once."""
        line = self._lines.get(model_id)
        if line is None:
            line = self._lines[model_id] = Admission(slots=slots, queue_limit=self._queue_limit)
        line.widen(slots)
        return line


class Admission:
    """`slots` turns at once, at most `queue_limit` waiting. Belongs to one event loop."""

    def __init__(self, *, slots: int, queue_limit: int) -> None:
        self._slots = slots
        self._queue_limit = queue_limit
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def active(self) -> int:
        return self._active

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def close(self) -> None:
        """Send away everybody who waits: the server is about to stop."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(TurnFailure(STOPPING))

    def widen(self, slots: int) -> None:
        """From now on `slots` turns at once; with fewer than before, the running ones end first."""
        self._slots = slots
        while self._active < slots and self._hand_on():
            self._active += 1

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Hold a slot. Raises `TurnFailure` (rate_limited) at once when the queue is full."""
        await self._acquire()
        try:
            yield
        finally:
            self._release()

    async def _acquire(self) -> None:
        if self._active < self._slots:
            self._active += 1
            return
        if len(self._waiting) >= self._queue_limit:
            raise TurnFailure(self._busy())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()  # the slot was handed over in the same moment: pass it on
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    def _release(self) -> None:
        """Hand the slot to the one who waits longest, so that nobody who comes later can take it."""
        if self._active > self._slots or not self._hand_on():
            self._active -= 1

    def _hand_on(self) -> bool:
        """Wake the one who waits longest; False when nobody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    def _busy(self) -> TurnError:
        return TurnError(
            "rate_limited",
            f"The server is busy: {self._active} requests are running and {len(self._waiting)} are waiting, which is as "
            "many as it takes. Try again in a few seconds, or start it with a larger --parallel.",
            code="queue_full",
            retry_after=5,
        )
