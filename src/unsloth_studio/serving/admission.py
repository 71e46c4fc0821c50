"""How many turns run at once, and who is next.

The engine queues without limit and without a word; so we let in only as many turns as it has slots. Those who wait are
served in the order in which they came, but for those whose slot is still warm (`slots.py`), and when too many wait the next
is told to come back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

from unsloth_studio.serving.slots import Seat, SlotTable
from unsloth_studio.turn.errors import TurnError, TurnFailure

STOPPING = TurnError(
    "engine_unavailable",
    "The server is stopping. Send the request again when it is back.",
    code="stopping",
    retry_after=10,
)


MOST_PASSED_OVER = 8

MOST_KEPT_SECONDS = 0.25
SHARE_KEPT = 0.25
"""A slot is kept for the sub-agent whose turn has ended there, while others wait: for this share of the turn's time, and no
longer than that. Most tools of agents are done by then, and whoever comes between loses what it had read (see
docs/prompt-cache.md)."""


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


class _Waiting(Struct, eq=False):
    """A turn in line, and how often others went before it because their slots were warm."""

    turn: asyncio.Future[int]
    seat: Seat | None
    passed_over: int = 0


class Admission:
    """`slots` turns at once, at most `queue_limit` waiting. Belongs to one event loop."""

    def __init__(self, *, slots: int, queue_limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots = slots
        self._queue_limit = queue_limit
        self._clock = clock
        self._table = SlotTable(slots, clock)
        self._waiting: list[_Waiting] = []
        self._kept: dict[int, asyncio.TimerHandle] = {}

    @property
    def active(self) -> int:
        return self._table.busy

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def close(self) -> None:
        """Send away everybody who waits: the server is about to stop."""
        for waiting in self._waiting:
            if not waiting.turn.done():
                waiting.turn.set_exception(TurnFailure(STOPPING))
        self._waiting.clear()

    def widen(self, slots: int) -> None:
        """From now on `slots` turns at once; with fewer than before, the running ones end first."""
        if slots == self._slots:
            return
        self._slots = slots
        self._table.resize(slots)
        while self._hand_on():
            pass

    @asynccontextmanager
    async def slot(self, seat: Seat | None = None) -> AsyncGenerator[int]:
        """Hold a slot; its number, from 0. Raises `TurnFailure` (rate_limited) at once when the queue is full."""
        number = await self._acquire(seat)
        began = self._clock()
        try:
            yield number
        finally:
            self._release(number, seat, took=self._clock() - began)

    async def _acquire(self, seat: Seat | None) -> int:
        if self._room:
            kept = frozenset(self._kept)
            number = self._take(seat)
            if number is not None:
                for waiting in self._waiting:
                    waiting.passed_over += number in kept
                return number
        if len(self._waiting) >= self._queue_limit:
            raise TurnFailure(self._busy())
        waiting = _Waiting(asyncio.get_running_loop().create_future(), seat)
        self._waiting.append(waiting)
        turn = waiting.turn
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._release(turn.result())  # the slot was handed over in the same moment: pass it on
            elif waiting in self._waiting:
                self._waiting.remove(waiting)
            raise

    @property
    def _room(self) -> bool:
        return self._table.busy < self._slots

    def _release(self, number: int, seat: Seat | None = None, *, took: float = 0.0) -> None:
        """Hand the slot on, so that nobody who comes later can take it; or keep it for a moment, see `SHARE_KEPT`."""
        self._table.free(number)
        self._table.resize(self._slots)
        seconds = min(MOST_KEPT_SECONDS, took * SHARE_KEPT)
        if seconds > 0 and seat is not None and seat.child and self._table.warm(seat) and self._may_be_passed_over():
            self._kept[number] = asyncio.get_running_loop().call_later(seconds, self._let_go, number)
        self._hand_on()

    def _may_be_passed_over(self) -> bool:
        """Whether others wait, and none of them for too long."""
        return bool(self._waiting) and all(one.passed_over < MOST_PASSED_OVER for one in self._waiting)

    def _let_go(self, number: int) -> None:
        self._kept.pop(number, None)
        self._hand_on()

    def _take(self, seat: Seat | None) -> int | None:
        number = self._table.take(seat, of=self._slots, kept=self._kept)
        if number is not None and (kept := self._kept.pop(number, None)) is not None:
            kept.cancel()
        return number

    def _hand_on(self) -> bool:
        """Wake the next one who can run; False when nobody can. Who finds a warm slot goes first, but past nobody more than
        `MOST_PASSED_OVER` times; else it is who waits longest."""
        self._waiting = [waiting for waiting in self._waiting if not waiting.turn.done()]
        if not self._room:
            return False
        order = sorted(self._waiting, key=self._rank)
        for waiting in order:
            number = self._take(waiting.seat)
            if number is None:
                continue
            for earlier in self._waiting[: self._waiting.index(waiting)]:
                earlier.passed_over += 1
            self._waiting.remove(waiting)
            waiting.turn.set_result(number)
            return True
        return False

    def _rank(self, waiting: _Waiting) -> int:
        if waiting.passed_over >= MOST_PASSED_OVER:
            return 0
        return 1 if self._table.warm(waiting.seat) else 2

    def _busy(self) -> TurnError:
        return TurnError(
            "rate_limited",
            f"The server is busy: {self.active} requests are running and {len(self._waiting)} are waiting, which is as "
            "many as it takes. Try again in a few seconds, or start it with a larger --parallel.",
            code="queue_full",
            retry_after=5,
        )
