"""Signs of life that say why it is quiet: while a model is loaded, a comment with its name stands before each heartbeat.

The rule: it is a comment of server-sent events, so every client of every dialect passes over it; people and logs see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from unsloth_studio.dialects.contract import StreamWriter
from unsloth_studio.turn.events import Event


class LoadNotes:
    """A `StreamWriter` around another one. `note` gives the text, on one line, or an empty one when there is none."""

    def __init__(self, writer: StreamWriter, note: Callable[[], str]) -> None:
        self._writer = writer
        self._note = note

    def feed(self, events: Iterable[Event]) -> bytes:
        return self._writer.feed(events)

    def heartbeat(self) -> bytes:
        note = self._note()
        return (f": {note}\n\n".encode() if note else b"") + self._writer.heartbeat()
