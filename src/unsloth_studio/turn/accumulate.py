"""The fold of a stream into the finished turn. A reply that is not streamed is made from this and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    Timings,
    TokenLogprob,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart


class Turn(Struct):
    """A finished turn. `parts` are whole; `logprobs` has one entry per token of text, when they were asked for. `by_model`
    as in `TurnEnd`."""

    id: str = ""
    model: str = ""
    parts: list[StreamedPart] = field(default_factory=list[StreamedPart])
    tool_results: list[ToolResultReady] = field(default_factory=list[ToolResultReady])
    parts_before: list[int] = field(default_factory=list[int])
    """How many of `parts` each of `tool_results` came after."""
    finish_reason: FinishReason = "stop"
    stop_sequence: str | None = None
    usage: Usage = Usage()
    timings: Timings | None = None
    logprobs: list[TokenLogprob] = field(default_factory=list[TokenLogprob])
    error: TurnError | None = None
    by_model: bool = True

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    def in_order(self) -> Iterator[StreamedPart | ToolResultReady]:
        """Parts and results of server tools as they came."""
        results = list(zip(self.parts_before, self.tool_results, strict=True))
        for count, part in enumerate(self.parts):
            yield from (result for before, result in results if before == count)
            yield part
        yield from (result for before, result in results if before == len(self.parts))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> list[ToolCallPart]:
        return [part for part in self.parts if isinstance(part, ToolCallPart)]


class Accumulator:
    """Feed it events in order; `turn()` is what they amount to. Linear in the length of the text."""

    def __init__(self) -> None:
        self._turn = Turn()
        self._open: StreamedPart | None = None
        self._pieces: list[str] = []

    def feed(self, event: Event) -> None:
        match event:
            case TextDelta():
                self._pieces.append(event.text)
                self._turn.logprobs.extend(event.logprobs)
            case ReasoningDelta() | ArgumentsDelta():
                self._pieces.append(event.text)
            case TurnStart():
                self._turn.id, self._turn.model = event.id, event.model
            case PromptProgress() | ToolOutputDelta() | ToolApprovalAsked():
                pass
            case PartStart():
                self._open, self._pieces = event.part, []
            case PartEnd():
                self._close(event.signature)
            case ToolResultReady():
                self._turn.tool_results.append(event)
                self._turn.parts_before.append(len(self._turn.parts))
            case TurnEnd():
                self._turn.finish_reason, self._turn.usage = event.finish_reason, event.usage
                self._turn.stop_sequence, self._turn.timings = event.stop_sequence, event.timings
                self._turn.by_model = event.by_model
            case TurnFailed():
                self._close("")
                self._turn.error = event.error
            case _:
                assert_never(event)

    def turn(self) -> Turn:
        """The turn so far, its error included."""
        return self._turn

    def _close(self, signature: str) -> None:
        text = "".join(self._pieces)
        match self._open:
            case TextPart():
                self._turn.parts.append(TextPart(text))
            case ReasoningPart():
                self._turn.parts.append(ReasoningPart(text, signature))
            case ToolCallPart() as call:
                self._turn.parts.append(ToolCallPart(call.call_id, call.name, text, call.runs_on))
            case None:
                pass
            case _:
                assert_never(self._open)
        self._open, self._pieces = None, []


def events_of(turn: Turn) -> list[Event]:
    """The events of a whole turn without results of server tools, as if it had been streamed at once."""
    events: list[Event] = [TurnStart(turn.id, turn.model, turn.usage.prompt_tokens, turn.usage.cached_tokens)]
    logprobs = tuple(turn.logprobs)
    for index, part in enumerate(turn.parts):
        match part:
            case TextPart(text):
                events += (PartStart(index, TextPart()), TextDelta(index, text, logprobs), PartEnd(index))
                logprobs = ()
            case ReasoningPart(text, signature):
                events += (PartStart(index, ReasoningPart()), ReasoningDelta(index, text), PartEnd(index, signature))
            case ToolCallPart():
                start = PartStart(index, replace(part, arguments=""))
                events += (start, ArgumentsDelta(index, part.arguments), PartEnd(index))
            case _:
                assert_never(part)
    events.append(TurnEnd(turn.finish_reason, turn.usage, turn.timings, turn.stop_sequence, turn.by_model))
    return events


def accumulate(events: Iterable[Event]) -> Turn:
    """Fold a whole stream. Raises `TurnFailure` when the turn failed: a reply that is not streamed has no half."""
    accumulator = Accumulator()
    for event in events:
        accumulator.feed(event)
    turn = accumulator.turn()
    if turn.error is not None:
        raise TurnFailure(turn.error)
    return turn
