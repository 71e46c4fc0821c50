"""How late the event loop is, as monitoring reads it."""

from __future__ import annotations

import asyncio
import time

from prometheus_client.parser import text_string_to_metric_families

from unsloth_studio.observe.metrics import Metrics


def numbers(metrics: Metrics) -> dict[str, float]:
    """The event loop's samples, a bucket by its upper end."""
    return {
        sample.name.removeprefix("unsloth_event_loop_") + sample.labels.get("le", ""): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if family.name.startswith("unsloth_event_loop")
    }


async def test_a_loop_that_is_held_is_late_for_every_tick_of_that_time() -> None:
    metrics = Metrics()
    metrics.loop.look()
    await asyncio.sleep(0)  # it has begun
    time.sleep(0.5)  # noqa: ASYNC251 - this is what it is to find
    await asyncio.sleep(0.06)
    metrics.loop.close()
    found = numbers(metrics)
    assert found["delay_seconds_count"] >= 10
    assert found["delay_seconds_bucket+Inf"] - found["delay_seconds_bucket0.1"] >= 6
    assert found["delay_seconds_sum"] > 2
    assert found["held_seconds_count"] == found["delay_seconds_count"]
    assert found["held_seconds_sum"] < found["delay_seconds_sum"] / 2  # it slept and did not compute
    assert found["delay_seconds_bucket0.001"] <= found["delay_seconds_bucket0.25"]


async def test_nothing_is_measured_until_somebody_asks_and_tasks_are_counted() -> None:
    metrics = Metrics()
    tasks = asyncio.all_tasks()
    assert numbers(metrics)["delay_seconds_count"] == 0
    metrics.loop.look()
    metrics.loop.look()
    assert numbers(metrics)["tasks"] == len(asyncio.all_tasks()) == len(tasks) + 1
    metrics.loop.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
