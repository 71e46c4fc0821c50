"""Loads, evictions, waits and failures of the pool, with engines that need no process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable

import pytest
from msgspec.structs import replace
from tests.engine.pool_engines import PaperShelf
from tests.support.patience import until

from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.engine.standing import Counters
from unsloth_studio.turn.errors import TurnError, TurnFailure

GB = 10**9
QUICK = Rules(budget_bytes=10, linger=0.0, hold=0.02, cool_down=30.0)


class Now:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Visit:
    """Holds a model until it is let go."""

    def __init__(self, pool: Pool, model: PooledModel, *, wait: float = 5.0) -> None:
        self.inside = asyncio.Event()
        self._go = asyncio.Event()
        self.task = asyncio.create_task(self._hold(pool, model, wait))

    async def _hold(self, pool: Pool, model: PooledModel, wait: float) -> None:
        async with pool.lease(model, wait=wait):
            self.inside.set()
            await self._go.wait()

    async def leave(self) -> None:
        self._go.set()
        await self.task

    async def come_in(self) -> Visit:
        async with asyncio.timeout(5):
            await self.inside.wait()
        return self


async def refusal(pool: Pool, model: PooledModel, *, wait: float = 5.0) -> TurnError:
    with pytest.raises(TurnFailure) as caught:
        async with pool.lease(model, wait=wait):
            pass
    return caught.value.error


@pytest.fixture
async def shelf() -> PaperShelf:
    return PaperShelf()


@pytest.fixture
async def pools(shelf: PaperShelf) -> AsyncGenerator[Callable[[Rules], Pool]]:
    made: list[Pool] = []

    def make(rules: Rules = QUICK) -> Pool:
        made.append(Pool(shelf, rules=rules))
        return made[-1]

    yield make
    for pool in made:
        await pool.stop()
    assert shelf.memory.used == {}


@pytest.fixture
def pool(pools: Callable[[Rules], Pool]) -> Pool:
    return pools(QUICK)


async def test_a_model_is_loaded_once_for_all_who_ask(shelf: PaperShelf, pool: Pool) -> None:
    model = shelf.add("a")
    visits = [Visit(pool, model) for _ in range(5)]
    for visit in visits:
        await visit.come_in()
    assert shelf.memory.history == ["+a"]
    assert [(s.id, s.state, s.active) for s in pool.statuses()] == [("a", "ready", 5)]
    for visit in visits:
        await visit.leave()


async def test_an_idle_model_makes_room(shelf: PaperShelf, pool: Pool) -> None:
    a, b = shelf.add("a"), shelf.add("b")
    await pool.load(a, wait=5)
    await pool.load(b, wait=5)
    assert shelf.memory.history == ["+a", "-a", "+b"]
    assert pool.counters == Counters(loads=2, failures=0, unloads=1)
    assert pool.loaded == ("b",)


async def test_a_model_that_answers_is_not_put_away(shelf: PaperShelf, pool: Pool) -> None:
    a, b = shelf.add("a"), shelf.add("b")
    visit = await Visit(pool, a).come_in()
    error = await refusal(pool, b, wait=0.1)
    assert (error.kind, error.code, bool(error.retry_after)) == ("engine_unavailable", "model_loading", True)
    assert "a is still answering" in error.message
    assert shelf.memory.history == ["+a"]
    await visit.leave()


async def test_the_switch_happens_when_the_last_turn_ends(shelf: PaperShelf, pool: Pool) -> None:
    a, b = shelf.add("a"), shelf.add("b")
    first = await Visit(pool, a).come_in()
    second = Visit(pool, b)
    await until(lambda: [s.state for s in pool.statuses() if s.id == "b"] == ["queued"])
    await first.leave()
    await second.come_in()
    assert shelf.memory.history == ["+a", "-a", "+b"]
    await second.leave()


async def test_within_the_hold_turns_of_the_loaded_model_are_let_in(
    shelf: PaperShelf, pools: Callable[[Rules], Pool]
) -> None:
    pool = pools(replace(QUICK, hold=60.0))
    a, b = shelf.add("a"), shelf.add("b")
    first = await Visit(pool, a).come_in()
    other = Visit(pool, b)
    await until(lambda: len(pool.statuses()) == 2)
    second = await Visit(pool, a).come_in()
    await first.leave()
    assert shelf.memory.history == ["+a"]
    await second.leave()
    await other.come_in()
    await other.leave()


async def test_after_the_hold_they_queue_behind_the_load(shelf: PaperShelf, pool: Pool) -> None:
    a, b = shelf.add("a"), shelf.add("b")
    order: list[str] = []
    first = await Visit(pool, a).come_in()
    other = Visit(pool, b)
    other.task.add_done_callback(lambda _: order.append("b"))
    await asyncio.sleep(2 * QUICK.hold)
    late = Visit(pool, a)
    late.task.add_done_callback(lambda _: order.append("a"))
    await first.leave()
    await other.come_in()
    assert not late.inside.is_set()
    await other.leave()
    await late.come_in()
    await late.leave()
    assert (order, shelf.memory.history) == (["b", "a"], ["+a", "-a", "+b", "-b", "+a"])


async def test_when_nobody_wants_the_switch_any_more_the_model_opens_again(shelf: PaperShelf, pool: Pool) -> None:
    a, b = shelf.add("a"), shelf.add("b")
    first = await Visit(pool, a).come_in()
    other = Visit(pool, b)
    await asyncio.sleep(2 * QUICK.hold)
    late = Visit(pool, a)
    await asyncio.sleep(0)
    assert not late.inside.is_set()
    other.task.cancel()
    await late.come_in()
    await first.leave()
    await late.leave()
    assert shelf.memory.history == ["+a"]


async def test_a_pinned_model_stays(shelf: PaperShelf, pools: Callable[[Rules], Pool]) -> None:
    pool = pools(replace(QUICK, budget_bytes=20))
    pinned, a, b = shelf.add("pinned", pinned=True), shelf.add("a"), shelf.add("b")
    for model in (pinned, a, b):
        await pool.load(model, wait=5)
    assert shelf.memory.history == ["+pinned", "+a", "-a", "+b"]


async def test_an_idle_model_is_put_away_in_time(shelf: PaperShelf, pool: Pool) -> None:
    visit = await Visit(pool, shelf.add("a", idle_seconds=0.01)).come_in()
    await asyncio.sleep(0.03)
    assert pool.loaded == ("a",)
    await visit.leave()
    await until(lambda: not pool.statuses())
    assert shelf.memory.history == ["+a", "-a"]


@pytest.mark.parametrize(
    ("pinned", "text"),
    [
        (0, "needs 30.0 GB of memory, and 20.0 GB are meant for models."),
        (12, "and 20.0 GB are meant for models, of which pinned must keep theirs."),
    ],
    ids=["larger than the budget", "larger than what pinned models leave"],
)
async def test_what_can_never_fit_is_refused_with_numbers(
    shelf: PaperShelf, pools: Callable[[Rules], Pool], pinned: int, text: str
) -> None:
    pool = pools(replace(QUICK, budget_bytes=20 * GB))
    if pinned:
        await pool.load(shelf.add("pinned", pinned * GB, pinned=True), wait=5)
    error = await refusal(pool, shelf.add("big", (9 if pinned else 30) * GB))
    assert (error.kind, error.code, error.param) == ("invalid_request", "model_too_large", "model")
    assert text in error.message
    assert "+big" not in shelf.memory.history


async def test_larger_than_the_budget_is_loaded_alone_when_the_operator_says_so(shelf: PaperShelf, pool: Pool) -> None:
    a, big = shelf.add("a"), shelf.add("big", 30)
    await pool.load(a, wait=5)
    await pool.load(big, wait=5)
    assert shelf.memory.history == ["+a", "-a", "+big"]
    visit = await Visit(pool, big).come_in()
    await visit.leave()


async def test_a_failed_load_gives_its_reason_and_poisons_nothing(shelf: PaperShelf) -> None:
    now = Now()
    pool = Pool(shelf, rules=QUICK, clock=now)
    good, bad = shelf.add("good"), shelf.add("bad")
    shelf.faults["bad"] = "The file is damaged."
    await pool.load(good, wait=5)
    errors = await asyncio.gather(*(refusal(pool, bad) for _ in range(3)))
    assert {error.message for error in errors} == {"The file is damaged."}
    assert [(s.id, s.state, s.reason) for s in pool.statuses() if s.state == "failed"] == [
        ("bad", "failed", "The file is damaged.")
    ]
    await pool.load(good, wait=5)
    loads = pool.counters.loads
    again = await refusal(pool, bad)
    assert (again.message, again.retry_after) == ("The file is damaged.", 30)
    assert (pool.loaded, pool.counters.loads) == (("good",), loads)
    now.seconds += 31
    del shelf.faults["bad"]
    visit = await Visit(pool, bad).come_in()
    await visit.leave()
    assert [s.state for s in pool.statuses()] == ["ready"]
    await pool.stop()


async def test_the_operator_need_not_wait_for_another_try(shelf: PaperShelf, pool: Pool) -> None:
    bad = shelf.add("bad")
    shelf.faults["bad"] = "The file is damaged."
    await refusal(pool, bad)
    del shelf.faults["bad"]
    assert (await pool.load(bad, wait=5)).state == "ready"


async def test_an_engine_that_cannot_be_made_is_told_without_a_traceback(shelf: PaperShelf, pool: Pool) -> None:
    def broken() -> PooledModel:
        raise RuntimeError("secret")

    model = replace(shelf.add("a"), start=broken)
    error = await refusal(pool, model)
    assert error.kind == "engine_unavailable"
    assert "secret" not in error.message
    assert pool.loaded == ()


async def test_an_engine_that_was_given_up_leaves_and_the_other_does_not_notice(
    shelf: PaperShelf, pools: Callable[[Rules], Pool]
) -> None:
    pool = pools(replace(QUICK, budget_bytes=20))
    a, b = shelf.add("a"), shelf.add("b")
    visit = await Visit(pool, a).come_in()
    await pool.load(b, wait=5)
    shelf.engines["b"].break_down()
    error = await refusal(pool, b)
    assert "It went up in smoke." in error.message
    await until(lambda: shelf.memory.history == ["+a", "+b", "-b"])
    assert (await refusal(pool, b)).retry_after == 30
    await visit.leave()
    assert shelf.memory.history == ["+a", "+b", "-b"]


async def test_a_loaded_model_can_be_pinned_and_let_go_again(shelf: PaperShelf, pools: Callable[[Rules], Pool]) -> None:
    pool = pools(Rules(budget_bytes=20, linger=0.0, hold=0.02))
    kept, a, b = shelf.add("kept"), shelf.add("a"), shelf.add("b")
    await pool.load(kept, wait=5)
    pool.renew(replace(kept, pinned=True))
    for model in (a, b):
        await pool.load(model, wait=5)
    assert shelf.memory.history == ["+kept", "+a", "-a", "+b"]
    pool.renew(kept)
    await pool.load(a, wait=5)
    assert shelf.memory.history[4:] == ["-kept", "+a"]


async def test_a_pinned_engine_that_was_given_up_stays_to_be_asked(shelf: PaperShelf, pool: Pool) -> None:
    a = shelf.add("a", pinned=True)
    await pool.load(a, wait=5)
    shelf.engines["a"].break_down()
    visit = await Visit(pool, a).come_in()
    assert [s.state for s in pool.statuses()] == ["failed"]
    await visit.leave()


async def test_too_short_a_wait_gets_the_engines_own_words(shelf: PaperShelf, pool: Pool) -> None:
    shelf.slow.add("a")
    error = await refusal(pool, shelf.add("a"), wait=0.02)
    assert (error.message, error.retry_after) == ("The model is still loading (42%).", 2)
    assert [s.state for s in pool.statuses()] == ["loading"]
    shelf.engines["a"].let_up()
    await until(lambda: [s.state for s in pool.statuses()] == ["ready"])


async def test_unload_lets_running_turns_end_and_frees_a_pinned_one_too(shelf: PaperShelf, pool: Pool) -> None:
    a = shelf.add("a", pinned=True)
    visit = await Visit(pool, a).come_in()
    unloading = asyncio.create_task(pool.unload("a"))
    later = Visit(pool, a)
    await asyncio.sleep(0)
    assert not unloading.done()
    await visit.leave()
    await unloading
    await later.come_in()
    await later.leave()
    assert shelf.memory.history == ["+a", "-a", "+a"]
    await pool.unload("nobody")


async def test_unload_breaks_off_a_load(shelf: PaperShelf, pool: Pool) -> None:
    shelf.slow.add("a")
    waiting = asyncio.create_task(refusal(pool, shelf.add("a")))
    await until(lambda: shelf.memory.history == ["+a"])
    await pool.unload("a")
    assert "was unloaded before it was ready" in (await waiting).message
    assert shelf.memory.history == ["+a", "-a"]


async def test_stop_tells_those_who_wait_and_stops_a_load(shelf: PaperShelf, pool: Pool) -> None:
    shelf.slow.add("a")
    a, b = shelf.add("a"), shelf.add("b")
    waiting = [asyncio.create_task(refusal(pool, model)) for model in (a, b)]
    await until(lambda: shelf.memory.history == ["+a"])
    await pool.stop()
    await pool.stop()
    assert [(await task).message for task in waiting] == ["The model server is shutting down."] * 2
    assert shelf.memory.history == ["+a", "-a"]
    assert (await refusal(pool, a)).message == "The model server is shutting down."


async def test_names_go_to_the_one_that_is_loaded_else_to_the_default(shelf: PaperShelf) -> None:
    pool = Pool(shelf, rules=QUICK, default="a")
    shelf.add("a")
    b = shelf.add("b")
    assert pool.find("gpt-4o").id == "a"
    assert (pool.status.state, pool.resting) == ("stopped", False)
    await pool.load(b, wait=5)
    assert pool.find("gpt-4o").id == "b"
    assert pool.find(None).id == "b"
    assert pool.find("a").id == "a"
    assert pool.resting
    with pytest.raises(TurnFailure):
        pool.find("gpt-4o", exact=True)
    await pool.stop()
    assert not pool.resting


@pytest.mark.parametrize("seed", range(25))
async def test_any_traffic_keeps_every_promise(shelf: PaperShelf, seed: int) -> None:
    """Leased models are never stopped (the engine asserts it), memory stays within the budget, everybody is served."""
    rng = random.Random(seed)
    pool = Pool(shelf, rules=Rules(budget_bytes=12, linger=rng.choice([0.0, 0.001]), hold=rng.choice([0.0, 0.003])))
    models = [shelf.add(str(size), size, idle_seconds=rng.choice([None, 0.001])) for size in (3, 4, 5, 6, 12)]
    served = left = 0

    async def client() -> None:
        nonlocal served, left
        for _ in range(12):
            model = rng.choice(models)
            visit = asyncio.create_task(turn(model))
            if rng.random() < 0.15:
                await asyncio.sleep(rng.choice([0, 0.001]))
                visit.cancel()
            await asyncio.wait([visit])
            if visit.cancelled():
                left += 1
            else:
                visit.result()
                served += 1

    async def turn(model: PooledModel) -> None:
        async with pool.lease(model, wait=10):
            engine = shelf.engines[model.id]
            engine.users += 1
            assert engine.state == "ready"
            try:
                await asyncio.sleep(rng.choice([0, 0, 0.001]))
            finally:
                engine.users -= 1

    await asyncio.gather(*(client() for _ in range(8)))
    assert served + left == 96
    assert shelf.memory.peak <= 12
    assert not any(status.active for status in pool.statuses())
    await pool.stop()
    assert shelf.memory.used == {}
