"""A turn as Messages events, or as one Message object.

The rule: frames follow the API's order exactly: `message_start`, then per block start, deltas, stop, then `message_delta`
and `message_stop`; a failed turn ends with one `error` frame and no `message_stop`, so that nobody takes it for whole.
Format: Anthropic API reference, "Streaming Messages"; Python SDK 2.12, `lib/streaming/_messages.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

import orjson
from msgspec.structs import replace

from unsloth_studio.dialects.anthropic.arguments import input_object
from unsloth_studio.dialects.anthropic.cited_text import BlockCutter, Step, text_blocks
from unsloth_studio.dialects.anthropic.errors import error_body
from unsloth_studio.dialects.anthropic.ids import message_id, server_tool_use_id, tool_use_id
from unsloth_studio.dialects.anthropic.server_results import counted, result_block, wire_name
from unsloth_studio.dialects.anthropic.whole_members import WholeMembers
from unsloth_studio.dialects.server_tools import approval_fields, output_fields, result_fields
from unsloth_studio.sse import KEEP_ALIVE, named_frame
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source

PING = named_frame("ping", b'{"type":"ping"}')

_AFTER_DELTA = b"}}\n\n"
_OPEN_DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%s","%s":'
_MESSAGE_STOP = named_frame("message_stop", b'{"type":"message_stop"}')

_STOP_REASON: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}

SIGNATURE = "dW5zbG90aC1zdHVkaW8="
"""Of every thinking block ("unsloth-studio" in Base64). It proves nothing and is not checked; clients that find none tell
the model its own thinking as the user's words, or drop it, and the prompt cache is lost."""

_FIRST_OUTPUT_TOKENS = 1
"""What the API's own `message_start` says before anything is generated; `message_delta` has the count."""


class MessagesStreamWriter:
    """One stream. `request_id` is repeated in an error frame, as the API does. `told`: events that the API does not have may
    be sent; `cited` are the tools of ours whose sources become citations."""

    def __init__(
        self, request_id: str | None = None, *, told: bool = True, cited: frozenset[str] = frozenset()
    ) -> None:
        self._request_id = request_id
        self._told = told
        self._cited = cited
        self._sources: dict[int, Source] = {}
        self._cutter: BlockCutter | None = None
        self._results: list[tuple[str, ToolResultReady]] = []
        self._thinking = False
        self._begun = False
        self._ended = False
        self._blocks = 0
        self._before = b""  # what precedes the text in a delta of the open block
        self._awaiting_arguments = False
        self._members = WholeMembers()
        self._server_tools: dict[str, str] = {}

    def feed(self, events: Iterable[Event]) -> bytes:
        """The frames for `events`, in one piece."""
        frames: list[bytes] = []
        for event in events:
            match event:
                case TextDelta() if self._cutter is not None:
                    frames.append(self._cut(self._cutter.feed(event.text)))
                case TextDelta() | ReasoningDelta():
                    frames.append(self._before + orjson.dumps(event.text) + _AFTER_DELTA)
                case ArgumentsDelta():
                    frames.append(self._arguments(event.text))
                case PartStart():
                    frames.append(self._start_block(event.part))
                case PartEnd():
                    frames.append(self._end_part(event.signature))
                case ToolResultReady():
                    frames.append(self._result(event))
                case ToolOutputDelta() | ToolApprovalAsked():
                    frames.append(_told(event))
                case _:
                    frames.append(self._turn(event))
        return b"".join(frames)

    def heartbeat(self) -> bytes:
        """A comment outside of the message, a `ping` inside."""
        return PING if self._begun and not self._ended else KEEP_ALIVE

    def _turn(self, event: TurnStart | PromptProgress | TurnEnd | TurnFailed) -> bytes:
        match event:
            case TurnStart():
                self._begun = True
                return _frame("message_start", {"message": _started(event)})
            case PromptProgress():
                return PING
            case TurnEnd():
                self._ended = True
                delta = _stop(event.finish_reason, event.stop_sequence)
                usage = {**_usage(event.usage), **counted(self._results)}
                return _frame("message_delta", {"delta": delta, "usage": usage}) + _MESSAGE_STOP
            case TurnFailed():
                self._ended = True
                return named_frame("error", error_body(event.error, self._request_id))
            case _:
                assert_never(event)

    def _start_block(self, part: StreamedPart) -> bytes:
        match part:
            case TextPart():
                kind, key = "text_delta", "text"
                self._cutter = BlockCutter(self._sources) if self._sources else None
            case ReasoningPart():
                kind, key = "thinking_delta", "thinking"
                self._thinking = True
            case ToolCallPart():
                kind, key = "input_json_delta", "partial_json"
                self._awaiting_arguments, self._members = True, WholeMembers()
                if part.runs_on == "server":
                    self._server_tools[part.call_id] = part.name
            case _:
                assert_never(part)
        self._before = (_OPEN_DELTA % (self._blocks, kind, key)).encode()
        return _frame("content_block_start", {"index": self._blocks, "content_block": _block(part)})

    def _arguments(self, text: str) -> bytes:
        """The SDK parses after every delta and fails on white space alone, so leading white space is left out."""
        text = self._members.feed(text)
        if self._awaiting_arguments:
            text = text.lstrip()
            self._awaiting_arguments = not text
        if not text:
            return b""
        return self._before + orjson.dumps(text) + _AFTER_DELTA

    def _cut(self, steps: Iterable[Step]) -> bytes:
        """Text and citations of the open block, and further blocks."""
        frames: list[bytes] = []
        for step in steps:
            if isinstance(step, str):
                frames.append(self._before + orjson.dumps(step) + _AFTER_DELTA)
            elif step is not None:
                delta = {"type": "citations_delta", "citation": step}
                frames.append(_frame("content_block_delta", {"index": self._blocks, "delta": delta}))
            else:
                cutter = self._cutter
                frames += (self._stop_block(""), self._start_block(TextPart()))
                self._cutter = cutter
        return b"".join(frames)

    def _end_part(self, signature: str) -> bytes:
        rest = b"" if self._cutter is None else self._cut(self._cutter.finish())
        self._cutter = None
        return rest + self._stop_block(signature)

    def _stop_block(self, signature: str) -> bytes:
        index, self._blocks = self._blocks, self._blocks + 1
        stop = _frame("content_block_stop", {"index": index})
        if self._thinking:
            signature, self._thinking = signature or SIGNATURE, False
        if not signature:
            return stop
        delta = {"type": "signature_delta", "signature": signature}
        return _frame("content_block_delta", {"index": index, "delta": delta}) + stop

    def _result(self, event: ToolResultReady) -> bytes:
        tool = self._server_tools.get(event.call_id, "")
        self._results.append((tool, event))
        if tool in self._cited:
            self._sources.update((source.number, source) for source in event.sources)
        block = result_block(tool, server_tool_use_id(event.call_id), event)
        start = _frame("content_block_start", {"index": self._blocks, "content_block": block})
        told = named_frame("tool_result", orjson.dumps({"type": "tool_result", **_fields(event)}))
        return start + self._stop_block("") + (told if self._told else b"")


def write_whole(turn: Turn, *, told: bool = True, cited: frozenset[str] = frozenset()) -> bytes:
    """The reply when no stream was asked for; `told` and `cited` as for the stream."""
    tools = {call.call_id: call.name for call in turn.tool_calls if call.runs_on == "server"}
    sources: dict[int, Source] = {}
    content: list[dict[str, Any]] = []
    for part in turn.in_order():
        match part:
            case ToolResultReady():
                tool = tools.get(part.call_id, "")
                if tool in cited:
                    sources.update((source.number, source) for source in part.sources)
                content.append(result_block(tool, server_tool_use_id(part.call_id), part))
            case TextPart():
                content += text_blocks(part.text, sources)
            case ReasoningPart():
                content.append(_block(replace(part, signature=part.signature or SIGNATURE)))
            case ToolCallPart():
                content.append(_block(part))
    stop = _stop(turn.finish_reason, turn.stop_sequence)
    extension = {"tool_results": [_fields(one) for one in turn.tool_results]} if told and turn.tool_results else {}
    usage = {**_usage(turn.usage), **counted((tools.get(one.call_id, ""), one) for one in turn.tool_results)}
    return orjson.dumps({**_message(turn.id, turn.model), "content": content, **stop, "usage": usage, **extension})


def write_count(tokens: int) -> bytes:
    """The reply of `count_tokens`."""
    return orjson.dumps({"input_tokens": tokens})


def _frame(kind: str, fields: dict[str, Any]) -> bytes:
    return named_frame(kind, orjson.dumps({"type": kind, **fields}))


def _message(turn_id: str, model: str) -> dict[str, Any]:
    return {"id": message_id(turn_id), "type": "message", "role": "assistant", "model": model}


def _started(event: TurnStart) -> dict[str, Any]:
    usage = Usage(event.prompt_tokens or 0, _FIRST_OUTPUT_TOKENS, event.cached_tokens or 0)
    nothing: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None}
    return {**_message(event.id, event.model), **nothing, "usage": _usage(usage)}


def _block(part: StreamedPart) -> dict[str, Any]:
    """The whole block of a finished part, which for an empty part is its `content_block_start`."""
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ReasoningPart():
            return {"type": "thinking", "thinking": part.text, "signature": part.signature}
        case ToolCallPart(call_id, name, arguments, "client"):
            called = {"id": tool_use_id(call_id), "name": name, "input": input_object(arguments)}
            return {"type": "tool_use", **called}
        case ToolCallPart(call_id, name, arguments):
            called = {"id": server_tool_use_id(call_id), "name": wire_name(name), "input": input_object(arguments)}
            return {"type": "server_tool_use", **called}
        case _:
            assert_never(part)


def _fields(result: ToolResultReady) -> dict[str, Any]:
    """The documented event, with the id that its call has on this wire."""
    return {**result_fields(result), "tool_call_id": server_tool_use_id(result.call_id)}


def _told(event: ToolOutputDelta | ToolApprovalAsked) -> bytes:
    """A named event that is no part of the message."""
    output = isinstance(event, ToolOutputDelta)
    kind, fields = ("tool_output", output_fields(event)) if output else ("tool_approval", approval_fields(event))
    return _frame(kind, {**fields, "tool_call_id": server_tool_use_id(event.call_id)})


def _stop(reason: FinishReason, sequence: str | None) -> dict[str, Any]:
    if reason == "stop" and sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": sequence}
    return {"stop_reason": _STOP_REASON[reason], "stop_sequence": None}


def _usage(usage: Usage) -> dict[str, Any]:
    """`input_tokens` are those that were computed; the cached ones are counted beside them."""
    counts: dict[str, Any] = {
        "input_tokens": max(0, usage.prompt_tokens - usage.cached_tokens),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    }
    if usage.reasoning_tokens is not None:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts
