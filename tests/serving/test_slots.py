"""Which slot a conversation gets, who waits, and who goes first."""

from __future__ import annotations

import asyncio

import pytest

from unsloth_studio.serving.admission import MOST_PASSED_OVER, Admission
from unsloth_studio.serving.slots import IDLE_SECONDS, MOST_REMEMBERED, Seat, SlotTable


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def main(number: int, session: str = "s", *, head: int = 1, first: bool = False) -> Seat:
    return Seat(number, session, head, first=first)


def agent(number: int, session: str = "s", *, head: int = 2) -> Seat:
    return Seat(number, session, head, child=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def played(table: SlotTable, clock: Clock, *turns: Seat | None, of: int) -> list[int | None]:
    """The slots of turns that follow each other, a second each; None for one that would have to wait."""
    taken: list[int | None] = []
    for seat in turns:
        number = table.take(seat, of=of)
        taken.append(number)
        clock.now += 1
        if number is not None:
            table.free(number)
    return taken


PARENT, OTHER = main(1), main(9, "t", head=7)
TURNS: dict[str, tuple[int, list[Seat | None], list[int | None]]] = {
    "one after the other, each its own": (2, [PARENT, OTHER, PARENT, OTHER, PARENT], [0, 1, 0, 1, 0]),
    "sub-agents leave the parent's slot": (
        2, [PARENT, agent(2), agent(3), agent(4), agent(5), PARENT, agent(2)], [0, 1, 1, 1, 1, 0, 1]),
    "sub-agents share what is left, the one that was used longest ago first": (
        3, [PARENT, agent(2), agent(3), agent(4), PARENT], [0, 1, 2, 1, 0]),
    "a title of the same session is not the parent": (
        2, [PARENT, PARENT, main(8, head=5), agent(2), PARENT, agent(3)], [0, 0, 1, 1, 0, 1]),
    "one slot is everybody's": (1, [PARENT, agent(2), PARENT], [0, 0, 0]),
    "strangers take what nobody misses": (2, [PARENT, PARENT, None, None, PARENT], [0, 0, 1, 1, 0]),
    "new conversations leave each other alone while there is room": (
        3, [main(1, "a", first=True), main(2, "b", first=True), main(3, "c", first=True), main(1, "a")], [0, 1, 2, 0]),
    "what was used once goes before what was used again": (
        2, [main(1, "a"), main(1, "a"), main(2, "b"), main(3, "c"), main(1, "a")], [0, 0, 1, 1, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_which_slot(name: str, clock: Clock) -> None:
    slots, turns, taken = TURNS[name]
    assert played(SlotTable(slots, clock), clock, *turns, of=slots) == taken


def test_a_new_conversation_goes_where_its_tools_were_read_if_nobody_was_there_of_late(clock: Clock) -> None:
    table = SlotTable(2, clock)
    played(table, clock, main(1, "a"), main(1, "a"), of=2)
    clock.now += IDLE_SECONDS + 1
    assert played(table, clock, main(2, "b", first=True), of=2) == [0]


def test_a_sub_agent_waits_beside_its_parents_idle_slot(clock: Clock) -> None:
    table = SlotTable(2, clock)
    played(table, clock, PARENT, of=2)
    assert table.take(agent(2), of=2) == 1
    assert table.take(agent(3), of=2) is None
    assert table.take(PARENT, of=2) == 0


def test_a_conversation_that_runs_twice_takes_two_slots(clock: Clock) -> None:
    table = SlotTable(2, clock)
    assert [table.take(PARENT, of=2), table.take(PARENT, of=2), table.take(PARENT, of=2)] == [0, 1, None]


async def seated(admission: Admission, seat: Seat, log: list[int]) -> None:
    async with admission.slot(seat):
        log.append(seat.conversation)
        await asyncio.sleep(0)


async def test_who_finds_a_warm_slot_goes_first_but_not_for_ever() -> None:
    """Conversation 2 is warm in the only slot of the agents and asks again and again; 3 came first and is not."""
    admission, log = Admission(slots=2, queue_limit=100), list[int]()
    async with admission.slot(PARENT), admission.slot(agent(2)):
        waiting = [asyncio.create_task(seated(admission, agent(3), log))]
        await asyncio.sleep(0)
        waiting += [asyncio.create_task(seated(admission, agent(2), log)) for _ in range(MOST_PASSED_OVER + 2)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert log == [2] * MOST_PASSED_OVER + [3] + [2] * 2
    assert (admission.active, admission.waiting) == (0, 0)


async def test_the_parent_is_let_in_past_agents_that_wait() -> None:
    admission, log = Admission(slots=2, queue_limit=100), list[int]()
    async with admission.slot(PARENT):
        pass
    async with admission.slot(agent(2)):
        waiting = [asyncio.create_task(seated(admission, agent(number), log)) for number in (3, 4)]
        await asyncio.sleep(0)
        assert (admission.active, admission.waiting) == (1, 2)
        await seated(admission, PARENT, log)
    await asyncio.gather(*waiting)
    assert log == [1, 3, 4]


def test_of_very_many_slots_any_free_one_is_taken_and_none_twice() -> None:
    table = SlotTable(MOST_REMEMBERED + 6, lambda: 0.0)
    most = MOST_REMEMBERED + 4
    taken = [table.take(Seat(1, "s"), of=most) for _ in range(most)]
    assert sorted(number for number in taken if number is not None) == list(range(most))
    assert table.take(None, of=most) is None
    assert table.busy == most
    assert not table.warm(Seat(1, "s"))
    table.free(3)
    assert table.take(None, of=most) == 3
    for number in range(most):
        table.free(number)
    table.resize(2)
    assert table.busy == 0
    assert {table.take(Seat(n), of=2) for n in range(2)} == {0, 1}
    assert table.take(None, of=2) is None
    table.free(0)
    table.resize(most)
    assert len({table.take(None, of=most) for _ in range(most - 1)} - {None}) == most - 1
