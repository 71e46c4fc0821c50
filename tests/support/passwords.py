"""Password hashes that take no time to check: the parameters stand in the hash."""

from __future__ import annotations

from argon2 import PasswordHasher


def quick_hash(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
