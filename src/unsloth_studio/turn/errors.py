"""What can go wrong with a turn, in one vocabulary; each dialect spells it in its own envelope.

An error says who must act: the client (its request is wrong), the operator (the engine or the machine is in trouble), or
nobody but time (busy, loading: `retry_after`). Messages are sentences for a person, and name what to do.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ErrorKind = Literal[
    "invalid_request",  # the client must change the request
    "context_overflow",  # the prompt does not fit; clients compact when they recognise it
    "authentication",  # the key is missing, malformed, unknown, revoked or expired
    "permission",  # the key is good but not for this
    "not_found",  # no such route or model
    "conflict",  # what is asked for does not go with what is the case right now
    "method_not_allowed",
    "body_too_large",
    "rate_limited",  # the queue is full; try again after `retry_after`
    "engine_unavailable",  # loading, restarting, failed or stopped
    "engine_lost",  # the engine died while it was answering
    "engine_error",  # the engine answered with an error that is not the client's
    "internal",  # a defect of ours
]


class TurnError(Struct, frozen=True):
    """`param` names the field at fault (`messages[0].content`); `code` is a short machine-readable reason.

    `prompt_tokens` and `context_length` (tokens) belong to `context_overflow`, `retry_after` (seconds) to what passes.
    """

    kind: ErrorKind
    message: str
    param: str | None = None
    code: str | None = None
    prompt_tokens: int | None = None
    context_length: int | None = None
    retry_after: int | None = None


class TurnFailure(Exception):  # noqa: N818 - a failure carries the error it is about
    """Raised while nothing has been sent to the client yet; afterwards the same error travels as `TurnFailed`."""

    def __init__(self, error: TurnError) -> None:
        super().__init__(error.message)
        self.error = error


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> TurnFailure:
    """The client must change its request."""
    return TurnFailure(TurnError("invalid_request", message, param=param, code=code))
