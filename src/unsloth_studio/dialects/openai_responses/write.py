"""The answer of the Responses dialect: a stream of typed, numbered events, or one response object.

One rule: a part's closing events wait for what comes next, because only the end of the turn says whether its last item
was cut (`incomplete`). A delta costs one format of prepared bytes; everything else may take its time.
Format: OpenAI API reference, "Streaming events", and `ResponseStreamEvent` of the official Python SDK.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, assert_never

import orjson

from unsloth_studio.dialects.citation_marks import marks
from unsloth_studio.dialects.openai_errors import error_object
from unsloth_studio.dialects.openai_responses.frames import OpenItem
from unsloth_studio.dialects.openai_responses.hosted import HostedItem, hosted_item
from unsloth_studio.dialects.openai_responses.output import (
    INCOMPLETE_REASON,
    ItemPlace,
    ItemStatus,
    ResponseHead,
    annotations_of,
    failure_object,
    is_cut,
    logprob_list,
    part_item,
    runs_here,
)
from unsloth_studio.dialects.openai_responses.read import ResponsesCall
from unsloth_studio.dialects.server_tools import approval_fields, output_fields
from unsloth_studio.sse import KEEP_ALIVE
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    TokenLogprob,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
)
from unsloth_studio.turn.messages import StreamedPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source

Payload = tuple[str, dict[str, Any]]


class ResponsesStreamWriter:
    """Events in, frames out (`dialects.contract.StreamWriter`). `created` is in seconds since 1970."""

    def __init__(self, call: ResponsesCall, *, created: int) -> None:
        self._call = call
        self._head = ResponseHead(call, created, model=call.request.model or "")
        self._started = False
        self._number = 0
        self._output: list[dict[str, Any]] = []
        self._item: OpenItem | None = None
        self._deltas: tuple[tuple[bytes, bytes], ...] = ()
        self._pieces: list[str] = []
        self._hosted: dict[str, HostedItem] = {}
        self._called: HostedItem | None = None
        self._sources: dict[int, Source] = {}

    def feed(self, events: Iterable[Event]) -> bytes:
        """The frames for `events`; `response.failed` ends a broken stream, also one that has not begun."""
        frames: list[bytes] = []
        for event in events:
            if isinstance(event, TextDelta):
                if self._sources or (event.logprobs and self._call.logprobs):
                    frames.append(self._text(event))
                    continue
            elif not isinstance(event, ReasoningDelta | ArgumentsDelta):
                frames.append(self._boundary(event))
                continue
            self._pieces.append(event.text)
            text = orjson.dumps(event.text)
            for head, tail in self._deltas:
                frames.append(b"%b%b%b%d}\n\n" % (head, text, tail, self._number))
                self._number += 1
        return b"".join(frames)

    def heartbeat(self) -> bytes:
        """An SSE comment."""
        return KEEP_ALIVE

    def _boundary(
        self,
        event: TurnStart
        | PromptProgress
        | PartStart
        | PartEnd
        | ToolResultReady
        | ToolOutputDelta
        | ToolApprovalAsked
        | TurnEnd
        | TurnFailed,
    ) -> bytes:
        match event:
            case PartStart():
                return self._close("completed") + self._open(event.part)
            case TurnStart():
                call, created = self._call, self._head.created
                self._head = ResponseHead(call, created, turn_id=event.id, model=event.model)
                return self._start()
            case TurnEnd():
                return self._end(event)
            case TurnFailed():
                return self._fail(event.error)
            case PartEnd():
                return self._part_end()
            case ToolResultReady():
                return self._result(event)
            case PromptProgress():
                return b""
            case ToolOutputDelta():
                return self._frames([("tool_output", output_fields(event))])
            case ToolApprovalAsked():
                return self._frames([("tool_approval", approval_fields(event))])
            case _:
                assert_never(event)

    def _start(self) -> bytes:
        self._started = True
        response = orjson.Fragment(self._head.object("in_progress", []))
        return self._frames(
            [("response.created", {"response": response}), ("response.in_progress", {"response": response})]
        )

    def _open(self, part: StreamedPart) -> bytes:
        self._pieces = []
        if runs_here(part):
            self._deltas = ()
            called = HostedItem(part, self._head.turn_id, len(self._output), self._call.shown)
            self._called = self._hosted[part.call_id] = called
            self._output.append(called.item("incomplete"))
            return self._frames(called.opening())
        place = ItemPlace(self._head.turn_id, len(self._output))
        self._item = OpenItem(part, place, call=self._call, sources=self._sources)
        self._deltas = self._item.delta_frames()
        return self._frames(self._item.opening())

    def _part_end(self) -> bytes:
        if self._item is not None:
            self._item.ended = True
        called, self._called = self._called, None
        if called is None:
            return b""
        frames = self._frames(called.called("".join(self._pieces)))
        self._output[called.index] = called.item("incomplete")
        return frames

    def _result(self, event: ToolResultReady) -> bytes:
        if event.name in self._call.cited:
            self._sources.update((source.number, source) for source in event.sources)
        called = self._hosted.pop(event.call_id, None)
        return b"" if called is None else self._done(called, event)

    def _done(self, called: HostedItem, result: ToolResultReady | None) -> bytes:
        closing, self._output[called.index] = called.closing(result)
        return self._frames(closing)

    def _close(self, status: ItemStatus) -> bytes:
        """Close the item that waits for it; nothing when there is none."""
        item = self._item
        if item is None:
            return b""
        self._item, self._deltas = None, ()
        finished = item.finished("".join(self._pieces), status)
        self._output.append(finished)
        return self._frames(item.closing(finished))

    def _end(self, event: TurnEnd) -> bytes:
        cut = event.finish_reason in INCOMPLETE_REASON
        if cut and self._item is not None and self._item.is_half_call("".join(self._pieces)):
            self._item = None
        closing = self._close("incomplete" if cut else "completed")
        closing += b"".join(self._done(called, None) for called in self._hosted.values())
        response = self._head.finished(self._output, event.finish_reason, event.usage)
        name = "response.incomplete" if cut else "response.completed"
        return closing + self._frames([(name, {"response": orjson.Fragment(response)})])

    def _fail(self, error: TurnError) -> bytes:
        """An item that was open stays without its closing events; what there is of it stands in the failed response."""
        opening = b"" if self._started else self._start()
        closing = b""
        if self._item is not None and self._item.ended:
            closing = self._close("completed")
        elif self._item is not None:
            self._output.append(self._item.finished("".join(self._pieces), "incomplete"))
        failure = failure_object(error, error_object(error, overflow_param="input")["message"])
        response = orjson.Fragment(self._head.object("failed", self._output, error=failure))
        return opening + closing + self._frames([("response.failed", {"response": response})])

    def _text(self, event: TextDelta) -> bytes:
        """A delta with its log probabilities, if they are wanted, and the annotations that end with it."""
        self._pieces.append(event.text)
        assert self._item is not None, "a delta outside a part"
        scored = event if self._call.logprobs else TextDelta(event.index, event.text)
        return self._frames([self._item.delta(scored), *self._item.cited(event.text)])

    def _frames(self, payloads: Iterable[Payload]) -> bytes:
        frames: list[bytes] = []
        for name, members in payloads:
            data = orjson.dumps({"type": name, "sequence_number": self._number, **members})
            frames.append(b"event: %b\ndata: %b\n\n" % (name.encode(), data))
            self._number += 1
        return b"".join(frames)


def write_whole(turn: Turn, call: ResponsesCall, *, created: int) -> bytes:
    """The response object of a finished turn, as JSON; `created` is in seconds since 1970."""
    head = ResponseHead(call, created, turn_id=turn.id, model=turn.model)
    output: list[dict[str, Any]] = []
    cut = turn.finish_reason in INCOMPLETE_REASON
    waiting: dict[str, tuple[int, ToolCallPart]] = {}
    sources: dict[int, Source] = {}
    last = len(turn.parts) - 1
    scored = _with_logprobs(turn)
    for entry in turn.in_order():
        if isinstance(entry, ToolResultReady):
            if entry.name in call.cited:
                sources.update((source.number, source) for source in entry.sources)
            if entry.call_id in waiting:
                index, called = waiting.pop(entry.call_id)
                output[index] = hosted_item(called, entry, turn_id=turn.id, index=index, shown=call.shown)
            continue
        part, logprobs = next(scored)
        place = ItemPlace(turn.id, len(output))
        if runs_here(part):
            waiting[part.call_id] = (place.index, part)
            output.append(hosted_item(part, None, turn_id=turn.id, index=place.index, shown=call.shown))
            continue
        at_end = cut and place.index == last
        if at_end and isinstance(part, ToolCallPart) and is_cut(part.arguments):
            continue
        status = "incomplete" if at_end else "completed"
        written = logprob_list(logprobs) if call.logprobs else []
        cited = annotations_of(marks(part.text, sources)) if isinstance(part, TextPart) else []
        item = part_item(part, place, status=status, call=call, logprobs=written, annotations=cited)
        output.append(item)
    return head.finished(output, turn.finish_reason, turn.usage)


def _with_logprobs(turn: Turn) -> Iterator[tuple[StreamedPart, list[TokenLogprob]]]:
    """Each part with the log probabilities of its own tokens. The turn has them in one row: a text takes as many as its
    bytes need, the last text takes the rest."""
    left = deque(turn.logprobs)
    texts = sum(isinstance(part, TextPart) for part in turn.parts)
    for part in turn.parts:
        own: list[TokenLogprob] = []
        if isinstance(part, TextPart):
            texts -= 1
            missing = len(part.text.encode())
            while left and (texts == 0 or missing > 0):
                missing -= len(left[0].utf8)
                own.append(left.popleft())
        yield part, own
