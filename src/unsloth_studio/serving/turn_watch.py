"""What is noted of one turn while it runs, for its record and for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec import Struct

from unsloth_studio.turn.events import Event, PromptProgress, TurnStart
from unsloth_studio.turn.record import CallRepair, PromptReuse, TurnRecord
from unsloth_studio.turn.trace import Trace


class TurnWatch(Struct):
    """When what happened, in seconds of the monotonic clock, and the last event that the client got. `slot` is the one of
    the engine's that the turn runs in."""

    arrived: float
    trace: Trace
    opened: float | None = None
    managed: bool = True
    last: Event | None = None
    endless: bool = False
    reading: bool = True
    reuse: PromptReuse | None = None
    slot: int = 0
    read: int = 0
    written: int = 0

    def passed(self, events: Sequence[Event]) -> None:
        """These go to the client."""
        self.last = events[-1]
        self.trace.written += len(events)
        self.written += len(events)
        if isinstance(start := events[0], TurnStart):
            self.read = start.prompt_tokens or 0
        if self.reading and not isinstance(self.last, TurnStart | PromptProgress):
            self.reading = False
            self.trace.reached("writing")

    def record(self, turn_id: str, *, repairs: tuple[CallRepair, ...]) -> TurnRecord:
        """The turn as it is remembered, now that it is over."""
        now = time.monotonic()
        queued = (now if self.opened is None else self.opened) - self.arrived
        total = now - self.arrived
        return TurnRecord(
            turn_id,
            self.last,
            queued,
            total,
            repairs=repairs,
            endless=self.endless,
            reuse=self.reuse,
            read=self.read,
            written=self.written,
        )
