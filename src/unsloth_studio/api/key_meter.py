"""What each key uses: requests that reached a model, and their tokens; and whether it may use more.

The rule: all of it is done in memory. Counting is a few additions per turn; a request is admitted by what was counted, so
the one that crosses a limit of tokens is still answered.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from unsloth_studio.store.api_key import ApiKey, KeyUse
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.record import TurnRecord

_MINUTE = 60.0


class KeyMeter:
    """Told of requests and of turns, it tells `keys`. A request may have several turns: choices, rounds with tools.
    `clock` gives seconds that never run backwards."""

    def __init__(self, keys: KeyRing, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._recent: dict[int, deque[float]] = {}
        self._running: dict[str, tuple[ApiKey, bool]] = {}

    def admit(self, key: ApiKey) -> None:
        """A request to a model comes with `key`. Raises `TurnFailure` (rate_limited) when its limits are reached; such a
        request does not count."""
        most_tokens, most_requests = key.limits.tokens_per_day, key.limits.requests_per_minute
        if most_tokens is not None and self._keys.tokens_today(key) >= most_tokens:
            wait = self._keys.seconds_until_tomorrow()
            raise _limited(f"{most_tokens:,} tokens per day (UTC)", wait)
        if most_requests is None:
            return
        now, recent = self._clock(), self._recent.setdefault(key.id, deque())
        while recent and recent[0] <= now - _MINUTE:
            recent.popleft()
        if len(recent) >= most_requests:
            wait = max(1, math.ceil(recent[0] + _MINUTE - now))
            what = "request" if most_requests == 1 else "requests"
            raise _limited(f"{most_requests:,} {what} per minute", wait)
        recent.append(now)

    def begin(self, request_id: str, key: ApiKey) -> None:
        """A request with `key` has come; its turns have the same id."""
        self._running[request_id] = (key, False)

    def end(self, request_id: str) -> None:
        """The request is over. Unknown ids are no mistake."""
        self._running.pop(request_id, None)

    def record(self, record: TurnRecord) -> None:
        """A turn is over."""
        key, counted = self._running.get(record.turn_id, (None, False))
        if key is None:
            return
        self._running[record.turn_id] = (key, True)
        used = record.used
        self._keys.count(key, KeyUse(0 if counted else 1, used.prompt_tokens, used.completion_tokens))


def _limited(limit: str, wait: int) -> TurnFailure:
    message = (
        f"This API key has reached its limit of {limit}. Try again in {wait} s, or ask whoever runs this server for a key "
        f"with a higher limit (unsloth keys create NAME)."
    )
    return TurnFailure(TurnError("rate_limited", message, retry_after=wait))
