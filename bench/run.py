"""One run of the bench: how much to measure, against what, and what a measured number is."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from bench.client import Endpoint, endpoint
from bench.processes import Gateway, ProcessTree
from bench.traffic import DIALECTS, PATHS, SMALL, Dialect, Load

from bench import traffic


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure."""

    rounds: int
    sequential: int
    at_once: int
    paced_tokens: int
    burst_tokens: int
    plain: int
    plain_large: int
    idle_streams: int


FULL = Effort(7, 40, 64, 400, 60_000, 2_000, 400, 500)
QUICK = Effort(2, 20, 64, 100, 20_000, 400, 60, 200)


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured number. `value` is what the target is about: `gateway`, or `gateway` minus `direct`."""

    key: str
    label: str
    unit: str
    gateway: float
    direct: float | None = None
    about: Literal["gateway", "difference"] = "gateway"

    @property
    def value(self) -> float:
        return self.gateway - (self.direct or 0.0) if self.about == "difference" else self.gateway

    @property
    def ratio(self) -> float | None:
        return self.gateway / self.direct if self.direct else None


@dataclass(slots=True)
class Bench:
    """One run against one engine and one gateway. `client_busy` collects how busy the client itself was (0 to 1)."""

    engine_url: str
    engine: ProcessTree
    gateway: Gateway
    effort: Effort
    dialects: tuple[Dialect, ...] = DIALECTS
    client_busy: dict[str, float] = field(default_factory=dict[str, float])

    def direct(self) -> Endpoint:
        return endpoint(self.engine_url, PATHS["chat"])

    def through(self, dialect: Dialect = "chat") -> Endpoint:
        return endpoint(self.gateway.base_url, PATHS[dialect], api_key=self.gateway.api_key)

    def body(self, load: Load, *, dialect: Dialect = "chat", size: int = SMALL, stream: bool = True) -> bytes:
        return traffic.body(dialect, self.gateway.model, load, size=size, stream=stream)

    @contextmanager
    def watched(self, name: str) -> Generator[None]:
        """Note how busy this process was meanwhile; a client near 1 measures itself."""
        wall, cpu = time.monotonic(), time.process_time()
        yield
        self.client_busy[name] = (time.process_time() - cpu) / (time.monotonic() - wall)
