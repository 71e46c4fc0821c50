"""A clock that the test moves by hand."""

from __future__ import annotations

START = 1_900_000_000


class Clock:
    def __init__(self) -> None:
        self.now: float = START

    def __call__(self) -> float:
        return self.now
