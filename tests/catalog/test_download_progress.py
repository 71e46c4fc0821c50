"""The meter on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from unsloth_studio.catalog.download_progress import DownloadProgress, ProgressMeter


@dataclass
class _Bench:
    """A meter over two files of 1000 bytes, and what it said."""

    now: float = 0.0
    said: list[DownloadProgress] = field(default_factory=list[DownloadProgress])

    def meter(self) -> ProgressMeter:
        return ProgressMeter({"a": 1000, "b": 1000}, self.said.append, clock=lambda: self.now)


def test_reports_come_at_most_ten_times_per_second() -> None:
    bench = _Bench()
    meter = bench.meter()
    for step in range(1000):
        bench.now = step / 1000
        meter.moved("a", step)
    assert 9 <= len(bench.said) <= 11


def test_what_was_there_before_counts_as_done_and_not_as_speed() -> None:
    bench = _Bench()
    meter = bench.meter()
    meter.found("a", 900)
    bench.now = 1.0
    meter.moved("b", 100)
    assert bench.said[-1] == DownloadProgress("b", 1000, 2000, speed=100.0, seconds_left=10.0)


def test_speed_is_that_of_the_last_seconds() -> None:
    bench = _Bench()
    meter = bench.meter()
    meter.found("a", 0)
    for second in range(1, 31):
        bench.now = float(second)
        meter.moved("a", min(500, second * 50))
    assert (bench.said[-1].speed, bench.said[-1].seconds_left) == (0.0, None)


def test_stall_shows_although_nothing_moves() -> None:
    bench = _Bench()
    meter = bench.meter()
    meter.found("a", 0)
    bench.now = 1.0
    meter.moved("a", 500)
    bench.now = 1.05
    meter.tick()
    bench.now = 4.0
    meter.tick()
    assert [(said.file, said.bytes_done, said.speed) for said in bench.said] == [
        ("a", 0, 0),
        ("a", 500, 500),
        ("a", 500, 125),
    ]


def test_bytes_thrown_away_are_done_no_more() -> None:
    bench = _Bench()
    meter = bench.meter()
    meter.moved("a", 1000)
    bench.now = 1.0
    meter.moved("a", 0)
    assert bench.said[-1].bytes_done == 0


@pytest.mark.parametrize(("done", "finished"), [(1999, False), (2000, True)])
def test_end_is_all_bytes(done: int, *, finished: bool) -> None:
    assert DownloadProgress("a", done, 2000).finished is finished
