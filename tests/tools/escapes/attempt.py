"""One attempt to get out of the sandbox, as Python source that runs in it.

The source has got out when its last expression is true; an exception or a false value is failure. `{words}` are filled in
with what is outside (`world.py`). `sc(name, *arguments)` is a raw system call. No pytest here: the driver runs without.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """`outside`: it must succeed without a sandbox, which shows that the attempt is a real one."""

    title: str
    source: str
    outside: bool = False


def table(**attempts: str) -> tuple[Attempt, ...]:
    return tuple(Attempt(title.replace("_", " "), source) for title, source in attempts.items())


def real(**attempts: str) -> tuple[Attempt, ...]:
    """Those that succeed without a sandbox."""
    return tuple(Attempt(title.replace("_", " "), source, outside=True) for title, source in attempts.items())
