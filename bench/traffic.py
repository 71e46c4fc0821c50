"""The bodies of requests: one conversation in three dialects, with the engine's script as its last message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Dialect = Literal["chat", "responses", "messages"]
DIALECTS: tuple[Dialect, ...] = ("chat", "responses", "messages")
PATHS: dict[Dialect, str] = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
SMALL, LARGE = 1_000, 150_000
"""Bytes: a short question, and a turn of a coding agent."""
_TURN_BYTES = 2_000
_PROSE = 'The quick brown fox jumps over the lazy dog, says "hello" and writes def f(x):\n    return x + 1\n'


class Asked(Protocol):
    """What the engine is to do, as the text of the last message."""

    def prompt(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Load:
    """What the engine is to do: so many tokens, so far apart."""

    tokens: int
    interval_ms: float = 0.0
    stamp: bool = False

    def prompt(self) -> str:
        pace = {"tokens": self.tokens, "interval_ms": self.interval_ms}
        return json.dumps({"fake": {**pace, "stamp": True} if self.stamp else {**pace, "text": "~"}})


def body(dialect: Dialect, model: str, load: Asked, *, size: int = SMALL, stream: bool = True, **more: Any) -> bytes:
    """A request of about `size` bytes; long ones are long conversations. `more` are further fields."""
    turns = _turns(size - 330)
    turns.append({"role": "user", "content": load.prompt()})
    match dialect:
        case "chat":
            fields: dict[str, Any] = {"messages": turns}
        case "messages":
            fields = {"messages": turns, "max_tokens": 1_000_000}
        case "responses":
            fields = {"input": turns, "store": False}
    return json.dumps({"model": model, "stream": stream, **fields, **more}).encode()


def _turns(size: int) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    written = 0
    while written < size or len(turns) % 2:
        length = min(_TURN_BYTES, max(size - written, 20))
        text = (_PROSE * (length // len(_PROSE) + 1))[:length]
        turns.append({"role": "assistant" if len(turns) % 2 else "user", "content": text})
        written += len(json.dumps(text)) + 40
    return turns
