"""Who runs, who waits, who is sent away: first come, first served, whatever happens to the others."""

from __future__ import annotations

import asyncio
import random

import pytest

from unsloth_studio.serving.admission import MOST_PASSED_OVER, Admission, Admissions
from unsloth_studio.serving.slots import Seat
from unsloth_studio.turn.errors import TurnFailure


class Visitor:
    """Takes a slot, notes it, and keeps it until it is let go."""

    def __init__(self, admission: Admission, name: int, log: list[int]) -> None:
        self._go = asyncio.Event()
        self.task = asyncio.create_task(self._visit(admission, name, log))

    async def _visit(self, admission: Admission, name: int, log: list[int]) -> None:
        async with admission.slot():
            log.append(name)
            await self._go.wait()

    def let_go(self) -> None:
        self._go.set()

    async def leave(self) -> None:
        self.let_go()
        await asyncio.wait([self.task])

    async def give_up(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_order_of_arrival_is_kept() -> None:
    admission, log = Admission(slots=2, queue_limit=10), list[int]()
    visitors = [Visitor(admission, name, log) for name in range(6)]
    await settle()
    assert (log, admission.active, admission.waiting) == ([0, 1], 2, 4)
    for visitor in visitors:
        await visitor.leave()
        await settle()
    assert log == [0, 1, 2, 3, 4, 5]
    assert (admission.active, admission.waiting) == (0, 0)


async def test_full_queue_refuses_at_once() -> None:
    admission, log = Admission(slots=1, queue_limit=1), list[int]()
    visitors = [Visitor(admission, name, log) for name in range(2)]
    await settle()
    with pytest.raises(TurnFailure) as caught:
        async with admission.slot():
            pass
    assert caught.value.error.kind == "rate_limited"
    assert caught.value.error.retry_after
    for visitor in visitors:
        await visitor.leave()
    assert log == [0, 1]


async def test_no_queue_at_all() -> None:
    admission = Admission(slots=1, queue_limit=0)
    async with admission.slot():
        with pytest.raises(TurnFailure):
            async with admission.slot():
                pass
    async with admission.slot():
        assert admission.active == 1


async def test_who_gives_up_while_waiting_loses_nobody_elses_place() -> None:
    admission, log = Admission(slots=1, queue_limit=10), list[int]()
    visitors = [Visitor(admission, name, log) for name in range(4)]
    await settle()
    await visitors[1].give_up()
    for visitor in visitors:
        await visitor.leave()
        await settle()
    assert log == [0, 2, 3]
    assert admission.active == 0


async def test_slot_handed_to_one_who_gives_up_in_the_same_moment_goes_on() -> None:
    admission, log = Admission(slots=1, queue_limit=10), list[int]()
    async with admission.slot():
        second, third = (Visitor(admission, name, log) for name in (1, 2))
        await settle()
    second.task.cancel()  # the slot is its own since the line above, but it has not run yet
    await settle()
    assert log == [2]
    await third.leave()
    assert (admission.active, admission.waiting) == (0, 0)


@pytest.mark.parametrize("seed", range(20))
async def test_any_sequence_ends_with_every_slot_free(seed: int) -> None:
    rng = random.Random(seed)
    admission, log = Admission(slots=3, queue_limit=50), list[int]()
    visitors = [Visitor(admission, name, log) for name in range(30)]
    rng.shuffle(visitors)
    for visitor in visitors:
        visitor.task.cancel() if rng.random() < 0.5 else visitor.let_go()
        if rng.random() < 0.5:
            await settle()
        assert admission.active <= 3
    await asyncio.wait([visitor.task for visitor in visitors])
    assert (admission.active, admission.waiting) == (0, 0)
    assert log == sorted(log)


async def test_each_model_has_a_line_of_its_own() -> None:
    admissions = Admissions(queue_limit=0)
    async with admissions.of("a", 1).slot():
        with pytest.raises(TurnFailure):
            async with admissions.of("a", 1).slot():
                pass
        async with admissions.of("b", 1).slot():
            assert admissions.active == 2
    assert admissions.active == 0


async def test_a_model_that_comes_back_with_more_slots_lets_more_in() -> None:
    admissions, log = Admissions(queue_limit=10), list[int]()
    visitors = [Visitor(admissions.of("a", 1), name, log) for name in range(4)]
    await settle()
    assert log == [0]
    assert admissions.of("a", 3).active == 3
    await settle()
    assert log == [0, 1, 2]
    admissions.of("a", 1)
    await visitors[0].leave()
    await visitors[1].leave()
    await settle()
    assert (log, admissions.active) == ([0, 1, 2], 1)
    await visitors[2].leave()
    await visitors[3].leave()
    assert (log, admissions.active) == ([0, 1, 2, 3], 0)


class Clock:
    """Each look at it is half a second after the one before, so that turns take some time and nobody waits for it."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 0.5
        return self._now


async def turn(admission: Admission, seat: Seat, log: list[int]) -> None:
    async with admission.slot(seat):
        log.append(seat.conversation)


async def test_a_slot_is_kept_for_a_moment_for_the_sub_agent_that_comes_back_at_once() -> None:
    admission, log = Admission(slots=1, queue_limit=10, clock=Clock()), list[int]()
    one, other = (Seat(number, "session", child=True) for number in (1, 2))
    async with admission.slot(one):
        waiting = asyncio.create_task(turn(admission, other, log))
        await settle()
    await settle()
    assert (log, admission.waiting) == ([], 1), "it is not handed on yet"
    await turn(admission, one, log)
    assert log == [1]
    await asyncio.wait_for(waiting, 2)  # and soon it is
    assert log == [1, 2]
    assert admission.active == 0


async def test_nobody_waits_for_sub_agents_for_ever() -> None:
    admission, log = Admission(slots=1, queue_limit=10, clock=Clock()), list[int]()
    one, other = (Seat(number, "session", child=True) for number in (1, 2))
    async with admission.slot(one):
        waiting = asyncio.create_task(turn(admission, other, log))
        await settle()
    for _ in range(3 * MOST_PASSED_OVER):
        await turn(admission, one, log)
    await waiting
    assert log.index(2) == MOST_PASSED_OVER


async def test_a_slot_is_not_kept_for_main_conversations() -> None:
    admission, log = Admission(slots=1, queue_limit=10, clock=Clock()), list[int]()
    async with admission.slot(Seat(1, "session")):
        waiting = asyncio.create_task(turn(admission, Seat(2, "another"), log))
        await settle()
    await settle()
    assert log == [2]
    await waiting
