"""When a crashed engine is started again, and when no more. The rule: pure; times are given, in seconds of one clock."""

from __future__ import annotations

from collections import deque

from msgspec import Struct


class Policy(Struct, frozen=True):
    """Times in seconds. Of starts that never came to answering, number `crash_limit` within `crash_window` is the last: the
    state is `failed` then. An engine that did answer is started again however often it dies. The backoff doubles from
    `first_backoff` to `max_backoff`, after a short life to `max_backoff_at_work`; a life of `healthy_after` begins anew."""

    start_timeout: float = 600.0
    stop_grace: float = 5.0
    first_backoff: float = 0.1
    max_backoff: float = 30.0
    max_backoff_at_work: float = 1.0
    retry_after_failure: float = 10.0
    healthy_after: float = 0.5
    crash_limit: int = 5
    crash_window: float = 60.0
    health_interval: float = 5.0
    health_timeout: float = 2.0
    hung_after: float = 60.0


class Restarts:
    """Counts crashes and answers how long to wait after each."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._crashes: deque[float] = deque()
        self._backoff = policy.first_backoff

    @property
    def in_a_row(self) -> int:
        return len(self._crashes)

    def forget(self) -> None:
        """Begin anew: somebody asked for a start."""
        self._crashes.clear()
        self._backoff = self._policy.first_backoff

    def after_crash(self, now: float, lived: float) -> float | None:
        """Seconds to wait before the next start, None to give up. `lived` is how long the engine answered, 0 if never."""
        if lived >= self._policy.healthy_after:
            self.forget()
        if lived > 0:
            self._crashes.clear()
            delay, self._backoff = self._backoff, min(self._backoff * 2, self._policy.max_backoff_at_work)
            return delay
        self._crashes.append(now)
        while now - self._crashes[0] > self._policy.crash_window:
            self._crashes.popleft()
        if len(self._crashes) >= self._policy.crash_limit:
            return None
        delay, self._backoff = self._backoff, min(self._backoff * 2, self._policy.max_backoff)
        return delay
