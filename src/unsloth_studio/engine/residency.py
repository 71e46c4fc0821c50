"""Which models stay in memory, which go, which come next: decided here, done by the pool.

Pure; times are given, in seconds of one clock. The rules:

- A model that is answering is never put away, nor is a pinned one.
- Loads are served in the order in which they were first asked for; what fits without putting anything away starts at once.
- To make room, idle models go, the least recently used first, once they have been idle for `linger`: the client that has
  just got its answer often asks again at once.
- When idle ones do not suffice, the busy ones are let work on for `hold` (or for as long as their own load took, when that
  is longer: never more time for loads than for answers), counted from the moment the load was asked for or they became
  ready, whichever is later. Then they are closed: running turns end, new ones wait, and the switch happens.
- So requests for a loaded model are answered together, and nobody waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Literal

from msgspec import Struct

Residence = Literal["loading", "ready", "unloading"]


class Rules(Struct, frozen=True):
    """`budget_bytes` bounds the expected memory of all models together (None: no bound). A load that failed is not tried
    again for `cool_down` seconds, so that one broken model cannot drive out the good ones again and again."""

    budget_bytes: int | None = None
    linger: float = 0.1
    hold: float = 15.0
    cool_down: float = 30.0


class Resident(Struct, frozen=True):
    """A model that has memory. `active` turns run on it, `waiting` ones are for it and not let in yet. `load_seconds` is
    how long its load took."""

    id: str
    memory_bytes: int
    state: Residence
    active: int = 0
    waiting: int = 0
    pinned: bool = False
    ready_since: float = 0.0
    last_used: float = 0.0
    load_seconds: float = 0.0
    idle_seconds: float | None = None

    @property
    def idle(self) -> bool:
        return self.state == "ready" and not self.active and not self.waiting


class Wanted(Struct, frozen=True):
    """A model that is asked for and has no memory yet; `since` is when the first of those who wait came."""

    id: str
    memory_bytes: int
    since: float


class Step(Struct, frozen=True):
    """What to do now. `closed` take no further turns; `look_again` is when to decide anew if nothing happens before."""

    load: tuple[str, ...] = ()
    unload: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    look_again: float | None = None


def decide(residents: Sequence[Resident], wanted: Iterable[Wanted], rules: Rules, *, now: float) -> Step:
    """The next step; `wanted` in the order of arrival. A model that is larger than the budget (the operator asked for it)
    is loaded when it has what the pinned ones leave to itself."""
    budget = inf if rules.budget_bytes is None else rules.budget_bytes
    free = max(0.0, budget - sum(model.memory_bytes for model in residents))
    most = max(0.0, budget - sum(model.memory_bytes for model in residents if model.pinned))
    loads: list[str] = []
    room = Step()
    for want in wanted:
        need = min(want.memory_bytes, most)
        if need > free:
            room = _make_room(want, need - free, residents, rules=rules, now=now)
            break
        loads.append(want.id)
        free -= need
    tired, expiry = _tired(residents, now)
    times = [time for time in (room.look_again, expiry) if time is not None]
    unload = dict.fromkeys((*room.unload, *tired))
    return Step(tuple(loads), tuple(unload), room.closed, min(times, default=None))


def _make_room(want: Wanted, short: float, residents: Sequence[Resident], *, rules: Rules, now: float) -> Step:
    """Who leaves for `want`, which lacks `short` bytes. Nothing to do while those who are leaving already suffice, or when
    even all that may leave do not (a load is under way: its end asks again)."""
    short -= sum(model.memory_bytes for model in residents if model.state == "unloading")
    victims: list[Resident] = []
    for model in _leaving_order(residents):
        if short <= 0:
            break
        victims.append(model)
        short -= model.memory_bytes
    if short > 0 or not victims:
        return Step()
    overdue = {model.id: _overdue(want, model, rules) for model in victims}
    closed = frozenset(model.id for model in victims if now >= overdue[model.id])
    goes = {model.id: _goes(model, overdue[model.id], rules) for model in victims}
    if all(now >= at for at in goes.values()) and not any(model.active for model in victims):
        return Step(unload=tuple(model.id for model in victims))
    later = [at for at in (*overdue.values(), *goes.values()) if at > now]
    return Step(closed=closed, look_again=min(later, default=None))


def _leaving_order(residents: Iterable[Resident]) -> list[Resident]:
    """Idle ones first, the least recently used before the others; then the one that has been ready longest."""
    may_leave = [model for model in residents if model.state == "ready" and not model.pinned and model.memory_bytes]
    return sorted(may_leave, key=lambda model: (not model.idle, model.last_used if model.idle else model.ready_since))


def _overdue(want: Wanted, model: Resident, rules: Rules) -> float:
    """When `model` has worked long enough while `want` waited."""
    return max(want.since, model.ready_since) + max(rules.hold, model.load_seconds)


def _goes(model: Resident, overdue: float, rules: Rules) -> float:
    """From when on `model` may leave, once no turn runs on it."""
    return min(model.last_used + rules.linger, overdue) if model.idle else overdue


def _tired(residents: Iterable[Resident], now: float) -> tuple[list[str], float | None]:
    """Who has been idle for too long, and when the next one will have been."""
    ends = {
        model.id: model.last_used + model.idle_seconds
        for model in residents
        if model.idle and not model.pinned and model.idle_seconds is not None
    }
    return [name for name, end in ends.items() if now >= end], min((e for e in ends.values() if e > now), default=None)
