"""What is remembered of a turn once it is over; of its text only the tool calls that were mended."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from unsloth_studio.turn.events import Event, TurnEnd, TurnFailed, Usage


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


class PromptReuse(Struct, frozen=True):
    """How a prompt compares with the one before it in the same conversation, measured in letters.

    `possible` is the share of this prompt that the former one began with, `kept` the share of the former one that still
    stands at the beginning of this one; both are 0 to 1, None on a conversation's first turn. `difference` names what
    stands where they part ("system block 0: date line"), "" when this prompt merely goes on. `removed` is what was taken
    out of both so that they do not differ by it. `conversation` is a number of ours, `session` and `agent` the client's ids.
    """

    conversation: int
    turn: int
    session: str = ""
    agent: str = ""
    possible: float | None = None
    kept: float | None = None
    difference: str = ""
    removed: tuple[str, ...] = ()


class TurnRecord(Struct, frozen=True):
    """`last` is the last event, None or something in the middle when the client left. Times in seconds: `queued_s` from
    the request's arrival to the engine's first answer, `total_s` until the end. `endless`: ended for repeating itself.
    `violations`: of its calls as the model wrote them, also those that were then made again. `reuse` is None where no
    conversation was sent. `read` and `written` are tokens of the prompt and pieces of the answer, for turns that
    were broken off."""

    turn_id: str
    last: Event | None
    queued_s: float
    total_s: float
    repairs: tuple[CallRepair, ...] = ()
    endless: bool = False
    violations: tuple[CallViolation, ...] = ()
    reuse: PromptReuse | None = None
    read: int = 0
    written: int = 0

    @property
    def used(self) -> Usage:
        """What the engine counted; for a turn that was broken off, what is known: a piece is a token, or nearly."""
        return self.last.usage if isinstance(self.last, TurnEnd) else Usage(self.read, self.written)

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
