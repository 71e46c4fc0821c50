"""What is known of API keys: one, and all of them at a moment. Imports no database, so that the server can listen first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

KeyState = Literal["active", "expired", "revoked"]
DAY = 86_400
"""Seconds; days are those of UTC, counted since 1970."""


class KeyLimits(Struct, frozen=True):
    """What a key may use; None is no limit. `requests_per_minute` holds for any 60 seconds, `tokens_per_day` (read and
    written) from midnight to midnight UTC."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None


NO_LIMITS = KeyLimits()


class ApiKey(Struct, frozen=True):
    """What is known of a key; the plaintext is not. `id` 0 is a key that was given by environment and is not stored.

    `expires_at` is the first second at which the key is no longer valid.
    """

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None
    limits: KeyLimits = NO_LIMITS

    @property
    def owner(self) -> str:
        """A name for whose things are kept apart from others' (session folders). Keys from the environment share an id."""
        return str(self.id) if self.id else f"0:{self.name}"

    def state(self, now: float) -> KeyState:
        """What holds at `now` (seconds since 1970)."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "active"


class KeyUse(Struct, frozen=True):
    """What was used with a key: requests that reached a model, tokens read and written."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: KeyUse) -> KeyUse:
        return KeyUse(
            self.requests + other.requests,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )


class Snapshot(Struct, frozen=True):
    """Every key that is not revoked, by digest, as of one moment. `secret` is None when there is none.

    `generation` and `changes` were noted before reading: while both stay the same the snapshot is up to date. `tokens` is
    what keys used on the day (of UTC, since 1970) at which it was read.
    """

    generation: int
    changes: int
    secret: bytes | None
    by_digest: Mapping[bytes, tuple[bytes, ApiKey]]
    day: int = 0
    tokens: Mapping[int, int] = field(default_factory=dict[int, int])
