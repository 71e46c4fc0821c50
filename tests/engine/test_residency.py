"""Who stays in memory, who leaves, who comes next: the rules of `engine.residency`, each as a case."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from unsloth_studio.engine.residency import Resident, Rules, Step, Wanted, decide

RULES = Rules(budget_bytes=10, linger=1.0, hold=15.0)
NOW = 100.0


def resident(name: str, size: int, **fields: float | str | bool | None) -> Resident:
    model = Resident(name, size, "ready", ready_since=10.0, last_used=20.0)
    return replace(model, **fields)  # pyright: ignore[reportArgumentType] - fields of Resident


def wanted(name: str, size: int, since: float = NOW) -> Wanted:
    return Wanted(name, size, since)


CASES: dict[str, tuple[list[Resident], list[Wanted], Step]] = {
    "nothing asked, nothing to do": ([resident("a", 5)], [], Step()),
    "what fits is loaded": ([resident("a", 5)], [wanted("b", 5)], Step(load=("b",))),
    "several that fit are loaded at once": ([], [wanted("a", 5), wanted("b", 5)], Step(load=("a", "b"))),
    "memory that is not known counts nothing": ([resident("a", 10)], [wanted("b", 0)], Step(load=("b",))),
    "the least recently used idle model leaves first": (
        [resident("a", 5, last_used=30.0), resident("b", 5, last_used=20.0)],
        [wanted("c", 5)],
        Step(unload=("b",)),
    ),
    "no more leave than needed": (
        [resident("a", 3, last_used=1.0), resident("b", 3, last_used=2.0), resident("c", 3, last_used=3.0)],
        [wanted("d", 6)],
        Step(unload=("a", "b")),
    ),
    "an idle model leaves before a busy one that was used earlier": (
        [resident("a", 5, active=1, last_used=1.0), resident("b", 5, last_used=50.0)],
        [wanted("c", 5)],
        Step(unload=("b",)),
    ),
    "a pinned model stays": (
        [resident("a", 5, pinned=True, last_used=1.0), resident("b", 5, last_used=50.0)],
        [wanted("c", 5)],
        Step(unload=("b",)),
    ),
    "a model that was just used lingers": (
        [resident("a", 10, last_used=99.5)],
        [wanted("b", 10)],
        Step(look_again=100.5),
    ),
    "a busy model works on for the hold": (
        [resident("a", 10, active=1)],
        [wanted("b", 10, since=90.0)],
        Step(look_again=105.0),
    ),
    "after the hold it is closed": (
        [resident("a", 10, active=1, waiting=3)],
        [wanted("b", 10, since=85.0)],
        Step(closed=frozenset({"a"})),
    ),
    "closed and without a running turn it leaves, whoever waits for it": (
        [resident("a", 10, waiting=3, last_used=99.9)],
        [wanted("b", 10, since=85.0)],
        Step(unload=("a",)),
    ),
    "within the hold it stays for who waits for it": (
        [resident("a", 10, waiting=1)],
        [wanted("b", 10, since=86.0)],
        Step(look_again=101.0),
    ),
    "the hold begins when the model is ready": (
        [resident("a", 10, active=1, ready_since=95.0)],
        [wanted("b", 10, since=10.0)],
        Step(look_again=110.0),
    ),
    "the hold is as long as the load was": (
        [resident("a", 10, active=1, load_seconds=60.0)],
        [wanted("b", 10, since=80.0)],
        Step(look_again=140.0),
    ),
    "of busy models the one that is ready longest is closed": (
        [resident("a", 5, active=1, ready_since=12.0), resident("b", 5, active=1, ready_since=11.0)],
        [wanted("c", 5, since=1.0)],
        Step(closed=frozenset({"b"})),
    ),
    "memory that is being freed is waited for": (
        [resident("a", 6, state="unloading"), resident("b", 4)],
        [wanted("c", 6)],
        Step(),
    ),
    "a load that is under way is let finish": ([resident("a", 10, state="loading")], [wanted("b", 10)], Step()),
    "who came later does not overtake": (
        [resident("a", 8, active=1)],
        [wanted("b", 4), wanted("c", 2)],
        Step(look_again=115.0),
    ),
    "larger than the budget: alone": ([resident("a", 2)], [wanted("b", 20)], Step(unload=("a",))),
    "larger than the budget, and alone": ([], [wanted("b", 20)], Step(load=("b",))),
    "larger than the budget, beside a pinned one": (
        [resident("a", 2, pinned=True)],
        [wanted("b", 20)],
        Step(load=("b",)),
    ),
    "idle for too long": ([resident("a", 5, idle_seconds=80.0)], [], Step(unload=("a",))),
    "idle, but not for long enough": ([resident("a", 5, idle_seconds=90.0)], [], Step(look_again=110.0)),
    "idle for long, but pinned": ([resident("a", 5, idle_seconds=1.0, pinned=True)], [], Step()),
    "idle for long, but somebody comes": ([resident("a", 5, idle_seconds=1.0, waiting=1)], [], Step()),
    "not idle": ([resident("a", 5, idle_seconds=1.0, active=1)], [], Step()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_decision(case: str) -> None:
    residents, asked, step = CASES[case]
    assert decide(residents, asked, RULES, now=NOW) == step


def test_without_a_budget_everything_fits() -> None:
    step = decide([resident("a", 1 << 50)], [wanted("b", 1 << 50)], Rules(), now=NOW)
    assert step == Step(load=("b",))


@pytest.mark.parametrize("seed", range(300))
def test_no_decision_breaks_a_promise(seed: int) -> None:
    rng = random.Random(seed)
    residents = [
        resident(
            str(number),
            rng.randint(0, 6),
            state=rng.choice(["ready", "ready", "ready", "loading", "unloading"]),
            active=rng.choice([0, 0, 1, 3]),
            waiting=rng.choice([0, 0, 2]),
            pinned=rng.random() < 0.2,
            last_used=rng.uniform(0, NOW),
            ready_since=rng.uniform(0, NOW),
            idle_seconds=rng.choice([None, 5.0]),
        )
        for number in range(rng.randint(0, 5))
    ]
    asked = [wanted(f"w{number}", rng.randint(0, 10), rng.uniform(0, NOW)) for number in range(rng.randint(0, 3))]
    budget = rng.choice([10, 20])
    rules = replace(RULES, budget_bytes=budget)
    step = decide(residents, asked, rules, now=NOW)
    known = {model.id: model for model in residents}
    assert all(known[name].active == 0 and not known[name].pinned for name in step.unload)
    assert all(known[name].state == "ready" for name in step.unload)
    assert all(not known[name].pinned for name in step.closed)
    assert step.look_again is None or step.look_again > NOW
    sizes = {want.id: want.memory_bytes for want in asked}
    after = sum(model.memory_bytes for model in residents) + sum(sizes[name] for name in step.load)
    assert not any(map(sizes.__getitem__, step.load)) or after <= budget or any(m.pinned for m in residents)
