"""The engine's stream -> events. The only place that infers where one part ends and the next begins.

Reads the chat and completion chunks of llama-server, and of servers that speak the same shape (vLLM, SGLang, another
Studio). What it yields always obeys the order in `turn/events.py`, whatever the engine sends.
"""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.engine.replies import read_error_frame
from unsloth_studio.sse import SseDecoder
from unsloth_studio.turn.errors import TurnError
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
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_TEXT, _REASONING = -1, -2  # what is open, when it is not a tool call (those count from 0)


class Decoder:
    """Feed it the bytes of one reply, take the events.

    `model` is the name that the client is told; `lost` what it is told when the stream breaks off; `top_logprobs` how
    many alternatives per token it asked for.
    """

    def __init__(self, turn_id: str, model: str, *, lost: TurnError, top_logprobs: int | None = None) -> None:
        self._id = turn_id
        self._model = model
        self._lost = lost
        self._top_logprobs = top_logprobs or 0
        self._frames = SseDecoder()
        self._started = False
        self._ended = False
        self._open: int | None = None
        self._index = -1
        self._calls_seen = -1
        self._reasoning_tokens = 0
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._timings: Timings | None = None
        self._stop_sequence: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the turn is over, so that nothing more needs to be read."""
        return self._ended

    def feed(self, data: bytes) -> list[Event]:
        """The events in `data`, which may end anywhere inside a frame."""
        events: list[Event] = []
        for frame in self._frames.feed(data):
            if not self._ended:
                self._frame(frame.data, events)
        return events

    def finish(self) -> list[Event]:
        """The connection is at its end: the closing events, or `TurnFailed` when the engine did not finish."""
        events: list[Event] = []
        for frame in self._frames.finish():
            if not self._ended:
                self._frame(frame.data, events)
        if not self._ended:
            if self._finish is None:
                self._fail(self._lost, events)
            else:
                self._end(events)
        return events

    def _frame(self, data: bytes, events: list[Event]) -> None:
        if data == b"[DONE]":
            if self._finish is None:
                self._fail(self._lost, events)
            else:
                self._end(events)
            return
        try:
            chunk: dict[str, Any] = orjson.loads(data)
            self._chunk(chunk, events)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            what = f"The engine sent a chunk of no known format ({type(error).__name__}). Is it a supported server?"
            self._fail(TurnError("engine_error", what), events)

    def _chunk(self, chunk: dict[str, Any], events: list[Event]) -> None:
        if (error := chunk.get("error")) is not None:
            self._fail(read_error_frame(error), events)
            return
        choices = chunk["choices"]
        if not self._started:
            self._start(chunk, events)
        if choices:
            self._choice(choices[0], events)
        if (progress := chunk.get("prompt_progress")) is not None and self._index < 0:
            events.append(PromptProgress(progress["processed"], progress["total"]))
        if (usage := chunk.get("usage")) is not None:
            self._usage = _usage(usage)
        if (timings := chunk.get("timings")) is not None:
            self._read_timings(timings)
        if (verbose := chunk.get("__verbose")) is not None and (word := verbose.get("stopping_word")):
            self._stop_sequence = word

    def _choice(self, choice: dict[str, Any], events: list[Event]) -> None:
        delta = choice.get("delta")
        if delta is None:  # a completion chunk: text without a role
            if text := choice["text"]:
                self._text(text, choice, events)
        else:
            if text := delta.get("content"):
                self._text(text, choice, events)
            if text := (delta.get("reasoning_content") or delta.get("reasoning")):
                if self._open != _REASONING:
                    self._enter(_REASONING, ReasoningPart(), events)
                self._reasoning_tokens += 1
                events.append(ReasoningDelta(self._index, text))
            if calls := delta.get("tool_calls"):
                for call in calls:
                    self._call(call, events)
        if (reason := choice.get("finish_reason")) is not None:
            self._finish = _FINISH.get(reason, "stop")

    def _text(self, text: str, choice: dict[str, Any], events: list[Event]) -> None:
        if self._open != _TEXT:
            self._enter(_TEXT, TextPart(), events)
        logprobs = choice.get("logprobs")
        events.append(TextDelta(self._index, text, _logprobs(logprobs, self._top_logprobs) if logprobs else ()))

    def _call(self, call: dict[str, Any], events: list[Event]) -> None:
        number: int = call.get("index", self._calls_seen + 1)
        function: dict[str, Any] = call.get("function") or {}
        if number != self._open:
            if number <= self._calls_seen:
                raise ValueError("a tool call was taken up again")
            call_id = call.get("id") or f"{self._id}{number}"
            self._calls_seen = number
            self._enter(number, ToolCallPart(call_id, function["name"]), events)
        if arguments := function.get("arguments"):
            events.append(ArgumentsDelta(self._index, arguments))

    def _enter(self, kind: int, part: StreamedPart, events: list[Event]) -> None:
        if self._open is not None:
            events.append(PartEnd(self._index))
        self._open = kind
        self._index += 1
        events.append(PartStart(self._index, part))

    def _start(self, chunk: dict[str, Any], events: list[Event]) -> None:
        self._started = True
        progress = chunk.get("prompt_progress")
        usage = chunk.get("usage")
        if progress is not None:
            events.append(TurnStart(self._id, self._model, progress["total"], progress["cache"]))
        elif usage is not None:
            counts = _usage(usage)
            events.append(TurnStart(self._id, self._model, counts.prompt_tokens, counts.cached_tokens))
        else:
            events.append(TurnStart(self._id, self._model))

    def _end(self, events: list[Event]) -> None:
        self._ended = True
        if not self._started:
            events.append(TurnStart(self._id, self._model))
        if self._open is not None:
            events.append(PartEnd(self._index))
        assert self._finish is not None
        usage = self._usage or Usage()
        reasoning = min(self._reasoning_tokens, usage.completion_tokens)  # the engine sends one delta per token
        counted = Usage(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, reasoning)
        events.append(TurnEnd(self._finish, counted, self._timings, self._stop_sequence))

    def _fail(self, error: TurnError, events: list[Event]) -> None:
        self._ended = True
        events.append(TurnFailed(error))

    def _read_timings(self, timings: dict[str, Any]) -> None:
        """llama-server's clock, and its counts where `usage` is missing; another Studio in between keeps only the clock."""
        names = ("prompt_ms", "predicted_ms", "prompt_per_second", "predicted_per_second")
        self._timings = Timings(*(timings.get(name) or 0.0 for name in names))
        if self._usage is None and "prompt_n" in timings:
            cached = timings.get("cache_n", 0)
            self._usage = Usage(timings["prompt_n"] + cached, timings.get("predicted_n", 0), cached)


def _usage(usage: dict[str, Any]) -> Usage:
    details: dict[str, Any] = usage.get("prompt_tokens_details") or {}
    return Usage(usage["prompt_tokens"], usage.get("completion_tokens") or 0, details.get("cached_tokens") or 0)


def _logprobs(logprobs: dict[str, Any], alternatives: int) -> tuple[TokenLogprob, ...]:
    return tuple(_token(entry, alternatives) for entry in logprobs.get("content") or ())


def _token(entry: dict[str, Any], alternatives: int) -> TokenLogprob:
    others: list[dict[str, Any]] = entry.get("top_logprobs") or []
    top = tuple(_token(other, 0) for other in others[:alternatives])
    return TokenLogprob(entry["token"], entry["logprob"], tuple(entry.get("bytes") or ()), top)
