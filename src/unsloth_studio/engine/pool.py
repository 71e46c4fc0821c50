"""Several models behind one server: loads what is asked for, puts away what is idle, keeps to a budget of memory.

The rule: all state belongs to one `Pool` on one event loop. Whatever happens (a turn comes or goes, a load ends, time
passes) ends in `_schedule`, which asks `residency.decide` and does as it says; nothing else starts or stops an engine.

    (wanted) ──> loading ──> ready ──> unloading ──> gone         loading ──fails──> unloading ──> gone, reason kept
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from unsloth_studio.engine import refusals
from unsloth_studio.engine.contract import Engine, EngineStatus
from unsloth_studio.engine.failed_loads import FailedLoads
from unsloth_studio.engine.place import Place
from unsloth_studio.engine.residency import Rules, decide
from unsloth_studio.engine.shelf import PooledModel, Shelf
from unsloth_studio.engine.standing import Counters, ModelStatus, standing
from unsloth_studio.engine.waiting import Waiter, WaitingLine
from unsloth_studio.turn.errors import TurnError, TurnFailure

log = logging.getLogger(__name__)


class Pool:
    """`default` is the id of the model that names of no model here mean while none is loaded; it is what `status` is about.
    `clock` tells seconds and never goes back."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        rules: Rules | None = None,
        default: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.shelf = shelf
        self._rules = rules or Rules()
        self._default = default
        self._clock = clock
        self._places: dict[str, Place] = {}
        self._line = WaitingLine()
        self._failed = FailedLoads(self._rules.cool_down, clock)
        self._counters = Counters()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    @property
    def counters(self) -> Counters:
        return self._counters

    @property
    def budget_bytes(self) -> int | None:
        """For all models together; None without a bound."""
        return self._rules.budget_bytes

    @property
    def default(self) -> str | None:
        return self._default

    @property
    def loaded(self) -> tuple[str, ...]:
        """Ids of the models that have memory, the one used last first."""
        order = sorted(self._places.values(), key=lambda place: place.last_used, reverse=True)
        return tuple(place.model.id for place in order if place.state != "unloading")

    @property
    def status(self) -> EngineStatus:
        """The default model's; without one, that of the model used last. `stopped` when it has no memory (see `resting`)."""
        name = self._default or next(iter(self.loaded), "")
        if (place := self._places.get(name)) is not None:
            return place.engine.status
        reason = self._failed.reasons.get(name)
        return EngineStatus("stopped" if reason is None else "failed", name, reason=reason)

    @property
    def resting(self) -> bool:
        """Whether the default model has no memory and nothing is wrong with that: the next request brings it back."""
        begun = self._default is None or self._counters.loads > self._counters.failures
        return begun and not self._stopped and self.status.state == "stopped"

    def find(self, asked: str | None, *, exact: bool = False) -> PooledModel:
        """The model a request means by `asked`; with `exact`, names of no model here are not found. Raises `TurnFailure`."""
        default = (self._default,) if self._default is not None else ()
        return self.shelf.find(asked, () if exact else self.loaded or default)

    def serves(self, name: str) -> bool:
        """Whether the model with the id `name` is in memory and takes turns."""
        place = self._places.get(name)
        return place is not None and place.serves

    def statuses(self) -> tuple[ModelStatus, ...]:
        """Every model that has memory, is waited for or failed to load; the others are merely `available`."""
        queued = [model for model, _ in self._line.wanted(self._places)]
        found = {model.id: ModelStatus(model.id, "queued", memory_bytes=model.memory_bytes) for model in queued}
        for name, place in self._places.items():
            found[name] = standing(place.model, place.engine.status, place.state, active=place.active)
        for name, reason in self._failed.reasons.items():
            found.setdefault(name, ModelStatus(name, "failed", reason=reason))
        return tuple(found.values())

    @asynccontextmanager
    async def lease(self, model: PooledModel, *, wait: float) -> AsyncGenerator[Engine]:
        """Hold `model` in memory, loading it first when it is not there; while held it is not put away.

        Waits up to `wait` seconds. Raises `TurnFailure`: engine_unavailable with `retry_after` when that was too short or
        its load failed a moment ago, with the engine's reason when it fails now, invalid_request when it can never fit.
        """
        place = await self._acquire(model, wait, by_operator=False)
        try:
            yield place.engine
        finally:
            self._release(place)

    async def load(self, model: PooledModel, *, wait: float) -> EngineStatus:
        """Load `model` because the operator says so: a failure a moment ago does not count, and a model that is larger
        than the whole budget is loaded alone. Raises as `lease` does."""
        place = await self._acquire(model, wait, by_operator=True)
        self._release(place)
        return place.engine.status

    async def unload(self, name: str) -> None:
        """Put the model with the id `name` away, a pinned one too. Running turns end first, new ones wait for the next load;
        a load that is under way is broken off. Returns when its memory is free; at once when it has none."""
        self._failed.forget(name)
        if (place := self._places.get(name)) is None:
            return
        place.leaving = True
        if place.state == "loading":
            self._line.send_away(refusals.unloaded(name), name)
            self._put_away(place)
        else:
            self._schedule()
        await place.gone.wait()

    def renew(self, model: PooledModel) -> None:
        """What holds for `model` changed: whether it is pinned, or how long it may be idle."""
        if (place := self._places.get(model.id)) is not None:
            place.model = replace(place.model, pinned=model.pinned, idle_seconds=model.idle_seconds)
            self._schedule()

    async def stop(self) -> None:
        """Stop every engine; those who wait are told. Returns when nothing is left. Idempotent, and final."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self._line.send_away(refusals.SHUTTING_DOWN)
        places = list(self._places.values())
        for place in places:
            if place.state != "unloading":
                self._put_away(place)
        for place in places:
            await place.gone.wait()

    async def _acquire(self, model: PooledModel, wait: float, *, by_operator: bool) -> Place:
        if self._stopped:
            raise TurnFailure(refusals.SHUTTING_DOWN)
        place = self._places.get(model.id)
        if place is not None and place.serves and not self._line:
            place.active += 1  # the way of nearly every request
            return place
        if by_operator:
            self._failed.forget(model.id)
        elif place is None or place.state == "unloading":
            self._failed.check(model.id)
            self._check_size(model)
        waiter = self._line.join(model, self._clock())
        self._schedule()
        held = False
        try:
            async with asyncio.timeout(wait):
                place = await waiter.place
            held = True
            return place
        except TimeoutError:
            raise await self._too_late(model) from None
        finally:
            if not held:
                self._withdraw(waiter)

    def _release(self, place: Place) -> None:
        place.active -= 1
        place.last_used = self._clock()
        idle = not place.active and (place.leaving or place.broken or place.model.idle_seconds is not None)
        if self._line or idle:
            self._schedule()

    def _withdraw(self, waiter: Waiter) -> None:
        place = self._line.leave(waiter)
        if place is not None:
            self._release(place)
        else:
            self._schedule()

    def _schedule(self) -> None:
        if self._stopped:
            return
        now = self._clock()
        self._drop_broken()
        wanted = self._line.wanted(self._places)
        residents = [place.as_resident(self._line.count(name)) for name, place in self._places.items()]
        step = decide(residents, [want for _, want in wanted], self._rules, now=now)
        for name, place in self._places.items():
            if name in step.unload or (place.leaving and place.state == "ready" and not place.active):
                self._put_away(place)
        for model, want in wanted:
            if want.id in step.load:
                self._begin(model)
        self._line.let_in(lambda name: self._open_place(name, step.closed))
        self._wake_at(step.look_again, now)

    def _wake_at(self, moment: float | None, now: float) -> None:
        """Decide anew at `moment`; never twice in the same millisecond, whatever the timer's resolution is."""
        if self._timer is not None:
            self._timer.cancel()
        wait = None if moment is None else max(0.001, moment - now)
        self._timer = None if wait is None else asyncio.get_running_loop().call_later(wait, self._schedule)

    def _open_place(self, name: str, closed: frozenset[str]) -> Place | None:
        place = self._places.get(name)
        return place if place is not None and place.serves and name not in closed else None

    def _drop_broken(self) -> None:
        """Engines that were given up leave, and their reason stays."""
        for place in self._places.values():
            if place.broken and not place.active:
                self._refuse(place.model.id, refusals.given_up(place.engine.status))
                self._put_away(place)

    def _begin(self, model: PooledModel) -> None:
        self._counters = replace(self._counters, loads=self._counters.loads + 1)
        try:
            engine = model.start()
        except Exception:
            log.exception("the engine of %s could not be made", model.id)
            self._refuse(model.id, refusals.defect(model.id))
            asyncio.get_running_loop().call_soon(self._schedule)
            return
        log.info("model %s is being loaded", model.id)
        now = self._clock()
        self._places[model.id] = place = Place(model, engine, began=now, last_used=now)
        place.task = asyncio.create_task(self._bring_up(place), name=f"load {model.id}")

    async def _bring_up(self, place: Place) -> None:
        error = await place.bring_up()
        if error is not None:
            self._refuse(place.model.id, error)
            place.task = None
            self._put_away(place)
            return
        self._failed.forget(place.model.id)
        place.state, place.ready_since = "ready", self._clock()
        place.last_used = place.ready_since
        log.info("model %s is ready after %.1f s", place.model.id, place.ready_since - place.began)
        self._schedule()

    def _put_away(self, place: Place) -> None:
        if place.state == "ready":
            self._counters = replace(self._counters, unloads=self._counters.unloads + 1)
            log.info("model %s is put away", place.model.id)
        loading, place.state = place.task, "unloading"
        place.task = asyncio.create_task(self._take_down(place, loading), name=f"unload {place.model.id}")

    async def _take_down(self, place: Place, loading: asyncio.Task[None] | None) -> None:
        await place.take_down(loading)
        del self._places[place.model.id]
        place.gone.set()
        self._schedule()

    def _refuse(self, name: str, error: TurnError) -> None:
        """The load failed: say so to those who wait, and for a while to those who come."""
        log.info("model %s cannot be used: %s", name, error.message)
        self._counters = replace(self._counters, failures=self._counters.failures + 1)
        self._failed.remember(name, error)
        self._line.send_away(error, name)

    def _check_size(self, model: PooledModel) -> None:
        """Raise when `model` can never fit."""
        budget = self._rules.budget_bytes
        if budget is None or model.pinned:
            return
        pinned = [place.model for place in self._places.values() if place.model.pinned]
        if model.memory_bytes > budget - sum(other.memory_bytes for other in pinned):
            raise TurnFailure(refusals.too_large(model, budget, [other.id for other in pinned]))

    async def _too_late(self, model: PooledModel) -> TurnFailure:
        """Why the model did not come in time: in the engine's words when it is loading, else in ours."""
        place = self._places.get(model.id)
        if place is not None and place.state == "loading":
            try:
                await place.engine.ready(0)
            except TurnFailure as failure:
                return failure
        busy = [other.model.id for other in self._places.values() if other.active]
        return TurnFailure(refusals.no_room_yet(model.id, busy))
