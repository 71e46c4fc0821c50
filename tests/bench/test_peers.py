"""The comparison with a peer: factors, and both measured with the same."""

from __future__ import annotations

import pytest
from bench.measure import first_token_alone, plain
from bench.peers import Compared, in_turn
from bench.processes import Gateway, ProcessTree
from bench.run import Bench, Effort, Reading
from tests.support.engines import RunningEngine

TINY = Effort(
    rounds=1, sequential=1, at_once=2, paced_tokens=5, burst_tokens=50, plain=4, plain_large=4, idle_streams=2
)


def compared(key: str, ours: float, theirs: float, direct: float | None = None) -> Compared:
    about = "gateway" if direct is None else "difference"
    return Compared(*(Reading(key, key, "", value, direct, about) for value in (ours, theirs)))


@pytest.mark.parametrize(
    ("one", "factor", "reached"),
    [
        pytest.param(compared("cpu_plain_small", 100, 5_000), 50, "must", id="of a cost"),
        pytest.param(compared("rate_plain_small", 5_000, 100), 50, "must", id="of a rate"),
        pytest.param(compared("rate_plain_small", 3_000, 100), 30, "missed", id="that is missed"),
        pytest.param(compared("ttft_1_small_p50", 1.5, 11.0, direct=1.0), 20, "", id="of what is added"),
        pytest.param(compared("streams_left", 0, 200), None, "", id="beside nothing"),
    ],
)
def test_a_factor(one: Compared, factor: float | None, reached: str) -> None:
    assert one.factor == (None if factor is None else pytest.approx(factor))
    assert one.reached == reached


@pytest.mark.e2e
async def test_both_are_measured_with_the_same(engine_process: RunningEngine) -> None:
    pid = engine_process.process.pid
    gateway = Gateway(engine_process.base_url, None, "fake-model", pid)
    bench = Bench(engine_process.base_url, ProcessTree(pid), gateway, TINY, ("chat",))
    found = await in_turn(bench, bench, (first_token_alone, plain))
    assert [one.ours.key for one in found] == [one.theirs.key for one in found]
    assert {"ttft_1_large_p50", "rate_plain_small"} <= {one.ours.key for one in found}
