"""What is remembered of a turn once it is over; of its text only the tool calls that were mended."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from unsloth_studio.turn.events import Event, TurnEnd, TurnFailed


class CallRepair(Struct, frozen=True):
    """One thing that was mended in a tool call: which kind, and the call's text before and after."""

    kind: str
    before: str
    after: str


FaultKind = Literal["unknown_tool", "not_json", "schema"]


class CallViolation(Struct, frozen=True):
    """A call that does not fit its tool: which, where (`a.b[0]`, empty for the whole) and what."""

    kind: FaultKind
    name: str
    path: str
    message: str


SecondTryKind = Literal["missing_call", "call", "answer", "engine_parser"]
"""A call that was demanded; one that does not fit its schema; an answer that does not; a turn on which the engine's own
parser failed."""


class SecondTry(Struct, frozen=True):
    """One step of a second try: it is `asked` for, then `succeeded` or `failed`, or neither when the client left."""

    turn_id: str
    kind: SecondTryKind
    outcome: Literal["asked", "succeeded", "failed"]


class TurnRecord(Struct, frozen=True):
    """`last` is the last event, None or something in the middle when the client left. Times in seconds: `queued_s` from
    the request's arrival to the engine's first answer, `total_s` until the end. `endless`: ended for repeating itself.
    `violations`: of its calls as the model wrote them, also those that were then made again."""

    turn_id: str
    last: Event | None
    queued_s: float
    total_s: float
    repairs: tuple[CallRepair, ...] = ()
    endless: bool = False
    violations: tuple[CallViolation, ...] = ()

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
