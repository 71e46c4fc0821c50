"""What a model turn is, once. Every dialect is spelled from these events.

The rule, held by `check_order` and by property tests: a turn is `TurnStart`, then any number of `PromptProgress`, then
parts one after the other (`PartStart`, its deltas, `PartEnd`; indices 0, 1, 2, ...; at most one part open), and last
exactly one `TurnEnd` or `TurnFailed`. `TurnFailed` may come at any moment, also first and inside an open part.
`ToolResultReady`, `ToolOutputDelta` and `ToolApprovalAsked` stand between parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, assert_never

from msgspec import Struct

from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source, ToolFailure

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class Usage(Struct, frozen=True):
    """Token counts. `cached_tokens` is the part of `prompt_tokens` that was not computed again."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int | None = None


class Timings(Struct, frozen=True):
    """The engine's own clock, in milliseconds; speeds in tokens per second."""

    prompt_ms: float
    predicted_ms: float
    prompt_per_second: float
    predicted_per_second: float


class TokenLogprob(Struct, frozen=True):
    """One sampled token, its natural-log probability, and the most probable alternatives at its place."""

    token: str
    logprob: float
    utf8: tuple[int, ...]
    top: tuple[TokenLogprob, ...] = ()


class TurnStart(Struct, frozen=True):
    """`prompt_tokens` and `cached_tokens` are None when the engine does not say them before the first token."""

    id: str
    model: str
    prompt_tokens: int | None = None
    cached_tokens: int | None = None


class PromptProgress(Struct, frozen=True):
    """How much of the prompt has been read (prefill), in tokens; `processed` includes what came from the cache."""

    processed: int
    total: int


class PartStart(Struct, frozen=True):
    """`part` is empty: it says of what kind the deltas are, and for a tool call its id and name."""

    index: int
    part: StreamedPart


# The three deltas are made once per token. They hold nothing that could lead back to them: no work for the collector.
class TextDelta(Struct, frozen=True, gc=False):
    index: int
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningDelta(Struct, frozen=True, gc=False):
    index: int
    text: str


class ArgumentsDelta(Struct, frozen=True, gc=False):
    index: int
    text: str


class PartEnd(Struct, frozen=True):
    """`signature` is that of a reasoning part, empty for the others."""

    index: int
    signature: str = ""


class ResultImage(Struct, frozen=True):
    """A picture that a tool made: `media_type` such as `image/png`, `data` the file in base64."""

    media_type: str
    data: str


class ToolResultReady(Struct, frozen=True):
    """A tool that ran on the server has answered. `arguments` is what the model wrote. `sources` are those that `content`
    numbers; `failure` says in one word why there is only an error. `ended_at` is in seconds since 1970."""

    call_id: str
    content: str
    is_error: bool = False
    name: str = ""
    arguments: str = ""
    duration_ms: int = 0
    images: tuple[ResultImage, ...] = ()
    sources: tuple[Source, ...] = ()
    failure: ToolFailure | None = None
    ended_at: int = 0


class ToolOutputDelta(Struct, frozen=True):
    """What a tool that runs on the server has just printed; its result follows as a whole. For people who watch: it may
    leave out what came too fast, and only clients that asked by our own fields get it."""

    call_id: str
    text: str


class ToolApprovalAsked(Struct, frozen=True):
    """A call waits for somebody to allow it. `expires_at` is the Unix second from which it counts as denied."""

    call_id: str
    approval_id: str
    name: str
    arguments: str
    expires_at: int


class TurnEnd(Struct, frozen=True):
    """`stop_sequence` is the stop sequence that ended the turn, if one did. `by_model` says that an engine wrote the turn,
    not the server itself (which ends an agent that goes in circles with a few words of its own)."""

    finish_reason: FinishReason
    usage: Usage
    timings: Timings | None = None
    stop_sequence: str | None = None
    by_model: bool = True


class TurnFailed(Struct, frozen=True):
    """The turn broke after it had begun to be answered; every dialect has its own error frame for it."""

    error: TurnError


Event = (
    TurnStart
    | PromptProgress
    | PartStart
    | TextDelta
    | ReasoningDelta
    | ArgumentsDelta
    | PartEnd
    | ToolResultReady
    | ToolOutputDelta
    | ToolApprovalAsked
    | TurnEnd
    | TurnFailed
)


class OrderViolation(AssertionError):  # noqa: N818 - it is an assertion, raised in tests and in debug runs
    """The events do not form a turn."""


_DELTA_OF = {TextPart: TextDelta, ReasoningPart: ReasoningDelta, ToolCallPart: ArgumentsDelta}


def check_order(events: Iterable[Event]) -> None:
    """Raise `OrderViolation` unless `events` is one whole turn (the rule at the top of this module)."""
    started = ended = False
    open_delta: type[TextDelta | ReasoningDelta | ArgumentsDelta] | None = None
    index = -1
    for event in events:
        _require(not ended, "an event after the end", event)
        _require(started or isinstance(event, TurnStart | TurnFailed), "an event before TurnStart", event)
        match event:
            case TurnStart():
                _require(not started, "a second TurnStart", event)
                started = True
            case PromptProgress():
                _require(index == -1, "progress of the prompt after the first part", event)
            case PartStart():
                _require(open_delta is None, "a part while another is open", event)
                _require(event.index == index + 1, "an index that does not grow by one", event)
                index, open_delta = event.index, _DELTA_OF[type(event.part)]
            case TextDelta() | ReasoningDelta() | ArgumentsDelta():
                _require(type(event) is open_delta and event.index == index, "a delta of another part", event)
            case PartEnd():
                _require(open_delta is not None and event.index == index, "the end of a part that is not open", event)
                open_delta = None
            case ToolResultReady() | ToolOutputDelta() | ToolApprovalAsked():
                _require(open_delta is None, "something of a tool's inside a part", event)
            case TurnEnd():
                _require(open_delta is None, "the end of the turn inside a part", event)
                ended = True
            case TurnFailed():
                ended = True
            case _:
                assert_never(event)
    _require(ended, "no TurnEnd and no TurnFailed", None)


def _require(holds: bool, what: str, event: Event | None) -> None:
    if not holds:
        raise OrderViolation(f"{what}: {event}")
