"""How often a password or a link may be tried: failures per address and in all, within a minute. In memory."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from unsloth_studio.turn.errors import TurnError, TurnFailure

WINDOW_SECONDS = 60.0
PER_ADDRESS = 5
IN_ALL = 30
"""Failures per `WINDOW_SECONDS`; also how many passwords are hashed at most."""


class Attempts:
    """`clock` tells seconds and never goes back."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque()

    def begin(self, address: str) -> None:
        """Count an attempt as failed until `succeeded`, so that many at once count too. Raises `TurnFailure` (429)."""
        now = self._clock()
        while self._failures and self._failures[0][0] <= now - WINDOW_SECONDS:
            self._failures.popleft()
        own = [at for at, whose in self._failures if whose == address]
        if len(own) >= PER_ADDRESS:
            raise _wait(own[-PER_ADDRESS], now)
        if len(self._failures) >= IN_ALL:
            raise _wait(self._failures[-IN_ALL][0], now)
        self._failures.append((now, address))

    def succeeded(self, address: str) -> None:
        """The last attempt from `address` was none."""
        for index in range(len(self._failures) - 1, -1, -1):
            if self._failures[index][1] == address:
                del self._failures[index]
                return


def _wait(since: float, now: float) -> TurnFailure:
    seconds = max(1, round(since + WINDOW_SECONDS - now))
    message = f"Too many attempts to sign in failed. Wait {seconds} seconds and try again."
    return TurnFailure(TurnError("rate_limited", message, code="too_many_attempts", retry_after=seconds))
