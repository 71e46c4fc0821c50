"""Who watches a request while it runs, if anybody does.

The rule: a trace is told of moments, a handful per turn; what is streamed is only counted, one addition per read of the
engine's socket.
"""

from __future__ import annotations

from typing import Literal, Protocol

from unsloth_studio.turn.record import TurnRecord

Stage = Literal["queued", "loading", "reading", "writing", "tool"]
"""Waiting for a slot; for the model to be loaded; the engine reads the prompt; the model writes; a tool of ours runs."""


class Trace(Protocol):
    """One request, which may be several turns (rounds with tools, several choices, a second try).

    `model` is the id of the one that answers, `written` counts the events that came of it (about one per token), `calls`
    the tool calls in them.
    """

    model: str
    written: int
    calls: int

    def reached(self, stage: Stage) -> None: ...

    def asked(self, body: bytes) -> None:
        """The body that the engine is asked with: the messages as the model sees them."""
        ...

    def noticed(self, text: str) -> None:
        """Something that the client should be told beside the answer; "" is nothing."""
        ...

    def ended(self, record: TurnRecord) -> None:
        """A turn is over."""
        ...


class Unwatched:
    """The trace of a request that nobody watches."""

    def __init__(self) -> None:
        self.model = ""
        self.written = 0
        self.calls = 0

    def reached(self, stage: Stage) -> None:
        del stage

    def asked(self, body: bytes) -> None:
        del body

    def noticed(self, text: str) -> None:
        del text

    def ended(self, record: TurnRecord) -> None:
        del record


def unwatched(turn_id: str) -> Trace:
    """For a server without a monitor."""
    del turn_id
    return Unwatched()
