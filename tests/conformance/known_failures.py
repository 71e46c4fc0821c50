"""Malformed cases that do not heal yet: id -> why. At most 3 % of all malformed ones; what heals must leave this list."""

from __future__ import annotations

KNOWN_FAILURES: dict[str, str] = {}
