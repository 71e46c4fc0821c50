"""The numbers under which a model knows its sources: one row for the whole turn, so that `[3]` means one page."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from msgspec.structs import replace

from unsloth_studio.turn.sources import Source


class SourceNumbers:
    """Gives each address its number, from 1; one that comes again keeps it. For use from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()

    def give(self, sources: Sequence[Source]) -> list[Source]:
        """`sources` with their numbers."""
        with self._lock:
            numbers = [self._known.setdefault(source.url, len(self._known) + 1) for source in sources]
        return [replace(source, number=number) for source, number in zip(sources, numbers, strict=True)]
