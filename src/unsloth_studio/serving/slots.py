"""Which of the engine's slots a conversation runs in, so that what it left there is still there when it comes back.

The rule: a conversation gets its own slot when that is free. A sub-agent never takes the slot of its session's main
conversation, which comes back when it is done: it waits for another one instead. A conversation that nobody knows yet goes
where the same tools and instructions have been read already, if nobody was there of late. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from msgspec import Struct

IDLE_SECONDS = 60.0
"""Whoever was away for longer is not missed before a new conversation with the same head, which saves reading that."""


MOST_REMEMBERED = 64
"""With more slots nobody is remembered: looking through all of them for each turn would cost more than it brings. Engines of
our own have 4; so many are those of a server elsewhere, which chooses by itself."""


class Seat(Struct, frozen=True):
    """Who wants a slot: its `conversation` by number, the `session` it belongs to ("" is none), the digest of its tools and
    instructions (`head`), whether it is a sub-agent (`child`), and whether this is its `first` turn."""

    conversation: int
    session: str = ""
    head: int = 0
    child: bool = False
    first: bool = False


class _Slot(Struct):
    """`seat` is who ran here last, `turns` how many of its turns did, `used` when the last one ended (or began)."""

    busy: bool = False
    seat: Seat | None = None
    turns: int = 0
    used: float = 0.0


class SlotTable:
    """`clock` tells seconds and never goes back."""

    def __init__(self, slots: int, clock: Callable[[], float]) -> None:
        self._slots = [_Slot() for _ in range(slots)]
        self._clock = clock
        self._busy = 0
        self._idle = list(range(slots))

    @property
    def busy(self) -> int:
        return self._busy

    @property
    def _forgets(self) -> bool:
        return len(self._slots) > MOST_REMEMBERED

    def resize(self, slots: int) -> None:
        """The engine has another number of slots. Turns in slots that are no more run to their end."""
        before = len(self._slots)
        while len(self._slots) < slots:
            self._slots.append(_Slot())
        while len(self._slots) > slots and not self._slots[-1].busy:
            self._slots.pop()
        if len(self._slots) != before:
            self._idle = [number for number, slot in enumerate(self._slots) if not slot.busy]

    def take(self, seat: Seat | None, *, of: int, kept: Container[int] = ()) -> int | None:
        """The slot that `seat` runs in now, among the first `of`; None when it has to wait. A `seat` of None is nobody we
        know. Those in `kept` are only for who was there last."""
        if self._forgets:
            return self._take_any(of)
        free = [
            number
            for number, slot in enumerate(self._slots[:of])
            if not slot.busy and (number not in kept or (seat is not None and self._holds(number, seat)))
        ]
        if seat is not None and seat.child and of > 1:
            main = self._main(seat.session)
            free = [number for number in free if number != main or self._holds(number, seat)]
        if not free:
            return None
        chosen = min(free, key=lambda number: self._price(self._slots[number], seat))
        slot = self._slots[chosen]
        same = seat is not None and slot.seat is not None and slot.seat.conversation == seat.conversation
        slot.turns = slot.turns + 1 if same else 1
        slot.busy, slot.seat, slot.used = True, seat, self._clock()
        self._busy += 1
        return chosen

    def _take_any(self, of: int) -> int | None:
        last = len(self._idle) - 1
        at = next((at for at in range(last, -1, -1) if self._idle[at] < of), None)
        if at is None:
            return None
        chosen = self._idle.pop(at)
        self._slots[chosen].busy, self._slots[chosen].seat = True, None
        self._busy += 1
        return chosen

    def free(self, number: int) -> None:
        """The turn in this slot is over."""
        slot = self._slots[number]
        slot.busy, slot.used = False, self._clock()
        self._busy -= 1
        if self._forgets:
            self._idle.append(number)

    def warm(self, seat: Seat | None) -> bool:
        """Whether what `seat` left in a slot is still there, and the slot is free."""
        return (
            seat is not None
            and not self._forgets
            and any(not slot.busy and self._holds(number, seat) for number, slot in enumerate(self._slots))
        )

    def _holds(self, number: int, seat: Seat) -> bool:
        held = self._slots[number].seat
        return held is not None and held.conversation == seat.conversation

    def _main(self, session: str) -> int | None:
        """The slot of the session's main conversation: the one with most turns of those that are no sub-agents."""
        mains = [
            (slot.turns, -number)
            for number, slot in enumerate(self._slots)
            if slot.seat is not None and not slot.seat.child and slot.seat.session == session
        ]
        return -max(mains)[1] if session and mains else None

    def _price(self, slot: _Slot, seat: Seat | None) -> tuple[int, float]:
        """What is lost when `seat` goes there: the cheapest first, of the same price the one that was left longest ago."""
        held = slot.seat
        if held is None:
            return 2, slot.used
        missed = not held.child and slot.turns > 1
        if seat is None:
            return (4 if missed else 3), slot.used
        if held.conversation == seat.conversation:
            return 0, slot.used
        if held.head == seat.head and seat.first and self._clock() - slot.used > IDLE_SECONDS:
            return 1, slot.used
        return (4 if missed else 3), slot.used
