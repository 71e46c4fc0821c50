"""What the gateway has to reach. "Must" is ahead of every gateway that translates; "aim" is near the physical limit.

The numbers come from measuring nginx, a floor of bare protocols and eight gateways on one two-core machine (Nov 2026);
those of the parser from measuring six published ones on 803 texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Target:
    """Bounds for the measurement `key`, in its own unit; `sense` says on which side of them is good."""

    key: str
    must: float
    aim: float
    sense: Literal["at most", "at least"] = "at most"

    def verdict(self, value: float) -> Literal["aim", "must", "missed"]:
        if self._reached(value, self.aim):
            return "aim"
        return "must" if self._reached(value, self.must) else "missed"

    def _reached(self, value: float, bound: float) -> bool:
        return value <= bound if self.sense == "at most" else value >= bound


TARGETS = (
    Target("ttft_1_small_p50", 0.6, 0.25),
    Target("ttft_1_large_p50", 2.0, 1.0),
    Target("ttft_64_p50", 12.0, 5.0),
    Target("ttft_64_p99", 35.0, 15.0),
    Target("chunk_latency_p50", 0.15, 0.08),
    Target("cpu_chunk_chat", 60.0, 35.0),
    Target("cpu_chunk_responses", 65.0, 40.0),
    Target("cpu_chunk_messages", 65.0, 40.0),
    Target("burst_chat", 150.0, 350.0, "at least"),
    Target("burst_responses", 80.0, 250.0, "at least"),
    Target("burst_messages", 80.0, 250.0, "at least"),
    Target("cpu_plain_small", 180.0, 70.0),
    Target("cpu_plain_large", 900.0, 600.0),
    Target("memory_per_stream", 30.0, 15.0),
    Target("memory_at_start", 90.0, 60.0),
    Target("cpu_to_first_answer", 1.0, 0.5),
    Target("streams_left", 0.0, 0.0),
    Target("listening", 0.7, 0.3),
    Target("start_added", 0.3, 0.15),
    Target("parse_ratio", 60.0, 30.0),
    Target("parse_64k", 100.0, 50.0),
    Target("parse_growth", 1.25, 1.1),
    Target("parse_held", 40.0, 40.0),
)

SANDBOX_TARGETS = (
    Target("sandbox_start", 30.0, 20.0),
    Target("tools_loop_held", 20.0, 10.0),
)
"""Only measured where there is a sandbox."""

MIXED_TARGETS = (
    Target("mixed_unasked", 0.0, 0.0),
    Target("mixed_revoked", 0.0, 0.0),
    Target("mixed_growth", 5.0, 1.0),
    Target("mixed_files", 0.0, 0.0),
    Target("mixed_tasks", 0.0, 0.0),
    Target("mixed_left", 0.0, 0.0),
    Target("mixed_late_p999", 25.0, 10.0),
    Target("mixed_held_p999", 25.0, 10.0),
)
"""Of `python -m bench.mixed`."""

PEER_TARGETS = (
    Target("rate_plain_small", 40.0, 100.0, "at least"),
    Target("cpu_plain_small", 47.0, 121.0, "at least"),
)
"""Factors between LiteLLM and ours in one run, one process each: of whole requests per second, and of CPU for each."""


def target_of(key: str) -> Target | None:
    return next((target for target in (*TARGETS, *SANDBOX_TARGETS, *MIXED_TARGETS) if target.key == key), None)
