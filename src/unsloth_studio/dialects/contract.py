"""What the HTTP edge needs of a dialect's stream writer.

A writer is a function from events to bytes: no I/O, no clock, no id generation (they are passed in). A dialect package has

    wire.py     msgspec shapes of the request body
    read.py     `read(body: bytes) -> ...Call` (a frozen struct: `request: Request`, `stream: bool`, and what the writer
                needs to echo)
    write.py    a `StreamWriter`, and `write_whole(turn, ...) -> bytes`
    errors.py   `error_body(error: TurnError) -> bytes`, the JSON envelope of an error reply
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from unsloth_studio.turn.events import Event


class StreamWriter(Protocol):
    def feed(self, events: Iterable[Event]) -> bytes:
        """The frames for `events`, in one piece; empty when there is nothing to say. `TurnFailed` gives the error frames
        with which the dialect ends a broken stream, whether or not anything was written before."""
        ...

    def heartbeat(self) -> bytes:
        """Bytes that every client of the dialect ignores, at this moment of the stream; keeps the connection alive."""
        ...
