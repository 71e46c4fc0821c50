"""The bench measures what it says: small runs of every measurement, and the arithmetic around them."""

from __future__ import annotations

import json

import pytest
from bench.client import BenchFailure, endpoint
from bench.measure import MEASUREMENTS
from bench.processes import Gateway, ProcessTree
from bench.run import Bench, Effort, Reading
from bench.targets import TARGETS, Target
from bench.traffic import DIALECTS, LARGE, PATHS, SMALL, Dialect, Load
from tests.support.engines import RunningEngine

from bench import client, page, processes, report, traffic

TINY = Effort(
    rounds=1, sequential=2, at_once=4, paced_tokens=10, burst_tokens=500, plain=8, plain_large=4, idle_streams=4
)


async def everything(bench: Bench) -> list[Reading]:
    return [reading for measurement in MEASUREMENTS for reading in await measurement(bench)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_body_has_its_size_and_ends_with_the_script(dialect: Dialect, size: int) -> None:
    body = traffic.body(dialect, "m", Load(5), size=size)
    assert size * 0.9 < len(body) < size * 1.1
    turns = json.loads(body)["input" if dialect == "responses" else "messages"]
    assert json.loads(turns[-1]["content"]) == {"fake": {"tokens": 5, "interval_ms": 0.0, "text": "~"}}
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    assert body.count(client.TOKEN_MARK) == 1


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (Target("t", 10, 5), 5, "aim"),
        (Target("t", 10, 5), 10, "must"),
        (Target("t", 10, 5), 10.1, "missed"),
        (Target("t", 10, 50, "at least"), 50, "aim"),
        (Target("t", 10, 50, "at least"), 10, "must"),
        (Target("t", 10, 50, "at least"), 9, "missed"),
    ],
)
def test_a_bound_counts_as_reached(target: Target, value: float, verdict: str) -> None:
    assert target.verdict(value) == verdict


def test_a_difference_is_judged_by_what_the_gateway_adds() -> None:
    added = Reading("ttft_1_small_p50", "TTFT", "ms", gateway=1.0, direct=0.6, about="difference")
    assert added.value == pytest.approx(0.4)
    assert report.missed([added]) == []
    assert report.missed([Reading("ttft_1_small_p50", "TTFT", "ms", gateway=1.3, direct=0.6, about="difference")])


@pytest.mark.e2e
async def test_every_measurement_runs_against_the_engine_itself(engine_process: RunningEngine) -> None:
    pid = engine_process.process.pid
    gateway = Gateway(engine_process.base_url, None, "fake-model", pid)
    bench = Bench(engine_process.base_url, ProcessTree(pid), gateway, TINY, dialects=("chat",))
    readings = {reading.key: reading for reading in await everything(bench)}
    assert readings["streams_left"].value == 0
    assert readings["cpu_plain_small"].gateway > 0
    assert (readings["ttft_1_small_p50"].ratio or 0) > 0


@pytest.mark.e2e
async def test_every_target_is_measured_through_the_gateway(engine_process: RunningEngine) -> None:
    with processes.gateway(engine_process.base_url) as gateway:
        tree = ProcessTree(engine_process.process.pid)
        effort = Effort(1, 2, 64, 10, 500, 8, 4, 4)
        readings = await everything(Bench(engine_process.base_url, tree, gateway, effort))
    assert {target.key for target in TARGETS} <= {reading.key for reading in readings}


@pytest.mark.e2e
async def test_a_refused_request_ends_the_measurement_with_its_reason(engine_process: RunningEngine) -> None:
    engine_process.set_script({"fault": {"kind": "invalid"}})
    with pytest.raises(BenchFailure, match="invalid_request_error"):
        await client.one_by_one(endpoint(engine_process.base_url, PATHS["chat"]), b"{}", 1)


@pytest.mark.e2e
async def test_a_lost_connection_ends_the_measurement(engine_process: RunningEngine) -> None:
    engine_process.set_script({"tokens": 9, "fault": {"kind": "reset", "after_tokens": 3}})
    with pytest.raises(BenchFailure, match="lost"):
        await client.one_by_one(endpoint(engine_process.base_url, PATHS["chat"]), b'{"stream": true}', 1)


def test_the_page_gets_what_a_run_found_and_keeps_what_no_run_did() -> None:
    reading = Reading("ttft_1_small_p50", "TTFT", "ms", gateway=1.0, direct=0.6, about="difference")
    run = report.as_json([reading], {}, seconds=1)
    part = "<!-- measured: {} -->\nold\n<!-- end -->\n"
    found = page.measured(part.format("latest") + part.format("peers"), {"latest": run})
    assert "| TTFT (the difference counts) | ms | 0.60 | 1.00 | <= 0.60 | <= 0.25 | must |" in found
    assert found.count("old") == 1
    assert found.endswith(part.format("peers"))
