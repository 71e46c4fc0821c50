"""What a monitoring system asks for: turns, tokens, times and repairs since the start, and how the event loop does, as
Prometheus reads them.

The rule: counting is a few additions per turn, never per token; the library is imported when somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from unsloth_studio.observe.loop_watch import BOUNDS, LoopWatch
from unsloth_studio.turn.events import TurnEnd
from unsloth_studio.turn.record import SecondTry, TurnRecord

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Give it every turn's record, let `loop` look; `text()` is the whole report."""

    def __init__(self) -> None:
        self.loop = LoopWatch()
        self._turns: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._seconds: dict[str, float] = {"queued": 0.0, "total": 0.0}
        self._repairs: Counter[str] = Counter()
        self._violations: Counter[str] = Counter()
        self._second_tries: Counter[tuple[str, str]] = Counter()
        self._endless = 0

    def count_second_try(self, step: SecondTry) -> None:
        self._second_tries[step.kind, step.outcome] += 1

    def count(self, record: TurnRecord) -> None:
        self._turns[record.outcome] += 1
        self._seconds["queued"] += record.queued_s
        self._seconds["total"] += record.total_s
        self._repairs.update(repair.kind for repair in record.repairs)
        self._violations.update(violation.kind for violation in record.violations)
        self._endless += record.endless
        if isinstance(record.last, TurnEnd):
            usage = record.last.usage
            self._tokens.update(
                prompt=usage.prompt_tokens, cached=usage.cached_tokens, completion=usage.completion_tokens
            )

    def text(self) -> bytes:
        """The report in Prometheus' text format, version 0.0.4."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Prometheus' interface."""
        from prometheus_client.core import CounterMetricFamily

        shown = (
            ("turns", "Turns that reached a model, by how they ended.", "outcome", self._turns),
            (
                "tokens",
                "Tokens: read (prompt), of those reused (cached), and written (completion).",
                "kind",
                self._tokens,
            ),
            ("turn_seconds", "Seconds of all turns: until the engine answered, and in all.", "part", self._seconds),
            ("tool_call_repairs", "What was mended in tool calls and histories, by kind.", "kind", self._repairs),
            (
                "tool_call_violations",
                "Calls that do not fit their tool, as the model wrote them.",
                "kind",
                self._violations,
            ),
        )
        for name, text, label, counted in shown:
            family = CounterMetricFamily(f"unsloth_{name}", text, labels=[label])
            for value, number in sorted(counted.items()):
                family.add_metric([value], number)
            yield family
        tries = CounterMetricFamily(
            "unsloth_second_tries", "What was asked for once more, and how that ended.", labels=["kind", "outcome"]
        )
        for labels, number in sorted(self._second_tries.items()):
            tries.add_metric([*labels], number)
        yield tries
        yield CounterMetricFamily("unsloth_endless_turns", "Turns ended for repeating themselves.", value=self._endless)
        yield from self._of_the_loop()

    def _of_the_loop(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily

        bounds = [*map(str, BOUNDS), "+Inf"]
        shown = (
            ("delay", "How late the event loop comes to a timer, watched while this is asked for.", self.loop.late),
            ("held", "How much of that the server's own computing can have been.", self.loop.held),
        )
        for name, text, seconds in shown:
            counted = list(zip(bounds, map(float, accumulate(seconds.counts)), strict=True))
            yield HistogramMetricFamily(
                f"unsloth_event_loop_{name}_seconds", text, buckets=counted, sum_value=seconds.sum
            )
        yield GaugeMetricFamily("unsloth_event_loop_tasks", "Tasks in the event loop.", value=self.loop.tasks)
