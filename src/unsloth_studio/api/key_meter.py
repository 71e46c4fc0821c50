"""What each key uses: requests that reached a model, and their tokens. Counting is a few additions per turn."""

from __future__ import annotations

from unsloth_studio.store.api_key import ApiKey, KeyUse
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.turn.events import TurnEnd
from unsloth_studio.turn.record import TurnRecord


class KeyMeter:
    """Told of requests and of turns, it tells `keys`. A request may have several turns: choices, rounds with tools."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._running: dict[str, tuple[ApiKey, bool]] = {}

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
        usage = record.last.usage if isinstance(record.last, TurnEnd) else None
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        self._keys.count(key, KeyUse(0 if counted else 1, *tokens))
