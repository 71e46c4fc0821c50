"""The line of those who wait for a model to be in memory, in the order in which they came.

The rule: whoever is let in holds the place from that moment on, even if its task has not run yet; so nothing can put the
model away in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container

from msgspec import Struct

from unsloth_studio.engine.place import Place
from unsloth_studio.engine.residency import Wanted
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.turn.errors import TurnError, TurnFailure


class Waiter(Struct, frozen=True, eq=False):
    """`place` gets the place it was let into, or the reason why not. `since` in seconds of the pool's clock."""

    model: PooledModel
    since: float
    place: asyncio.Future[Place]


class WaitingLine:
    def __init__(self) -> None:
        self._waiters: list[Waiter] = []

    def __bool__(self) -> bool:
        return bool(self._waiters)

    def join(self, model: PooledModel, since: float) -> Waiter:
        waiter = Waiter(model, since, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> Place | None:
        """Take `waiter` out. The place is returned when it was let in already, in the same moment in which it left."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif not waiter.place.cancelled() and waiter.place.exception() is None:
            return waiter.place.result()
        return None

    def count(self, name: str) -> int:
        """How many wait for the model `name`."""
        return sum(waiter.model.id == name for waiter in self._waiters)

    def wanted(self, placed: Container[str]) -> list[tuple[PooledModel, Wanted]]:
        """The models that somebody waits for and that are not among `placed`, in the order of the first who asked."""
        first: dict[str, tuple[PooledModel, Wanted]] = {}
        for waiter in self._waiters:
            model = waiter.model
            if model.id not in placed:
                first.setdefault(model.id, (model, Wanted(model.id, model.memory_bytes, waiter.since)))
        return list(first.values())

    def let_in(self, open_place: Callable[[str], Place | None]) -> None:
        """Let everybody in for whose model `open_place` has one."""
        staying: list[Waiter] = []
        for waiter in self._waiters:
            place = open_place(waiter.model.id)
            if place is None:
                staying.append(waiter)
            elif not waiter.place.done():  # else it was cancelled and is about to leave
                place.active += 1
                waiter.place.set_result(place)
        self._waiters = staying

    def send_away(self, error: TurnError, name: str | None = None) -> None:
        """Tell those who wait for `name`, or everybody, why they wait in vain."""
        leaving = [waiter for waiter in self._waiters if name in (None, waiter.model.id)]
        self._waiters = [waiter for waiter in self._waiters if waiter not in leaving]
        for waiter in leaving:
            if not waiter.place.done():
                waiter.place.set_exception(TurnFailure(error))
