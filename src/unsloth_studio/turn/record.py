"""What is remembered of a turn once it is over; of its text only the tool calls that were mended."""

from __future__ import annotations

from dataclasses import dataclass

from unsloth_studio.turn.events import Event, TurnEnd, TurnFailed


@dataclass(frozen=True, slots=True)
class CallRepair:
    """One thing that was mended in a tool call: which kind, and the call's text before and after."""

    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """`last` is the last event, None or something in the middle when the client left. Times in seconds: `queued_s` from
    the request's arrival to the engine's first answer, `total_s` until the end. `endless`: ended for repeating itself."""

    turn_id: str
    last: Event | None
    queued_s: float
    total_s: float
    repairs: tuple[CallRepair, ...] = ()
    endless: bool = False

    @property
    def outcome(self) -> str:
        """`stop`, `length`, ..., the kind of error, or `client_gone`."""
        match self.last:
            case TurnEnd(finish_reason=reason):
                return reason
            case TurnFailed(error=error):
                return error.kind
            case _:
                return "client_gone"
