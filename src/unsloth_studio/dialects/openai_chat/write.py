"""A turn as Chat Completions: chunks while it runs, or one object when it is over.

The rule: a frame is a `chat.completion.chunk` with a `choices` array, an `{"error": ...}` object, a comment or `[DONE]`, and
nothing else: private frames break clients. A token costs no dictionary: its chunk is a fixed beginning, the
text as JSON, a fixed end.
Format: OpenAI API reference, "Streaming chat completions"; `reasoning_content` as DeepSeek introduced it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import orjson

from unsloth_studio.dialects.openai_chat.annotations import Annotator, annotations_of
from unsloth_studio.dialects.openai_chat.objects import CallIds, call_object, logprobs_object
from unsloth_studio.dialects.openai_errors import error_body
from unsloth_studio.dialects.openai_reply import timings_field, usage_object
from unsloth_studio.dialects.server_tools import approval_fields, output_fields, result_fields
from unsloth_studio.sse import DONE, KEEP_ALIVE, data_frame
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
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
from unsloth_studio.turn.messages import TextPart, ToolCallPart

_ROLE = b'{"role":"assistant","content":""}'
_END = b'},"finish_reason":null}]}\n\n'
_CALL_END = b"}}]" + _END


class _Choice:
    """One answer as it is written. `text`, `reasoning` and `arguments` are what stands before a delta's text in its frame;
    `arguments` is None while the open part is no call of the client's."""

    def __init__(self, index: int, head: bytes) -> None:
        self.start = b'%s"choices":[{"index":%d,"delta":' % (head, index)
        self.text = self.start + b'{"content":'
        self.reasoning = self.start + b'{"reasoning_content":'
        self.arguments: bytes | None = None
        self.calls = 0
        self.call_ids = CallIds()
        self.usage: Usage | None = None

    def open_call(self, call: ToolCallPart) -> bytes:
        """The frame that announces a call; its arguments follow in frames of their own."""
        wire_id = self.call_ids.of(call.call_id)
        announced = {"index": self.calls, **call_object(ToolCallPart("", call.name), wire_id)}
        self.arguments = self.start + b'{"tool_calls":[{"index":%d,"function":{"arguments":' % self.calls
        self.calls += 1
        return self.start + b'{"tool_calls":[' + orjson.dumps(announced) + b"]" + _END


class ChatStreamWriter:
    """Frames of one reply with `n` choices. `created` is Unix time in seconds. The reply ends with its last choice, or with
    the first failure of any. `told`: results of server tools may be sent; `cited` are the tools of ours whose sources become
    annotations, of the one choice that there is then."""

    def __init__(
        self,
        *,
        created: int,
        include_usage: bool,
        n: int = 1,
        told: bool = True,
        cited: frozenset[str] = frozenset(),
    ) -> None:
        self._created = created
        self._include_usage = include_usage
        self._n = n
        self._told = told
        self._annotator = Annotator(cited) if cited else None
        self._head = b""
        self._choices: list[_Choice] = []
        self._over = False

    def feed(self, events: Iterable[Event], choice: int = 0) -> bytes:
        """The frames for `events` of the turn that is answer number `choice`; nothing once the reply is over."""
        out: list[bytes] = []
        for event in events:
            if self._over:
                break
            if self._annotator is not None:
                self._annotate(event, self._annotator)
            if type(event) is TextDelta and not event.logprobs:
                out += (self._choices[choice].text, orjson.dumps(event.text), _END)
            else:
                out.append(self._frame(event, choice))
        return b"".join(out)

    def heartbeat(self) -> bytes:
        return KEEP_ALIVE

    def _frame(self, event: Event, choice: int) -> bytes:
        match event:
            case ReasoningDelta():
                return self._choices[choice].reasoning + orjson.dumps(event.text) + _END
            case ArgumentsDelta():
                arguments = self._choices[choice].arguments
                return b"" if arguments is None else arguments + orjson.dumps(event.text) + _CALL_END
            case TextDelta():
                logprobs = orjson.dumps(logprobs_object(event.logprobs))
                text = self._choices[choice].text + orjson.dumps(event.text)
                return text + b'},"logprobs":' + logprobs + _END[1:]
            case TurnStart():
                return self._start(event)
            case PartStart(part=ToolCallPart(runs_on="client") as call):
                return self._choices[choice].open_call(call)
            case PartStart() | PartEnd():
                if self._choices:
                    self._choices[choice].arguments = None
                return b""
            case ToolResultReady() if not self._told:
                return b""
            case ToolResultReady():
                return self._extension(b"tool_result", result_fields(event))
            case ToolOutputDelta():
                return self._extension(b"tool_output", output_fields(event))
            case ToolApprovalAsked():
                return self._extension(b"tool_approval", approval_fields(event))
            case PromptProgress():
                return b""
            case TurnEnd():
                return self._finish(event, self._choices[choice])
            case TurnFailed():
                self._over = True
                return data_frame(error_body(event.error)) + DONE
            case _:
                assert_never(event)

    def _annotate(self, event: Event, annotator: Annotator) -> None:
        match event:
            case TextDelta():
                annotator.text(event.text)
            case PartStart(part=TextPart()):
                annotator.begin_text()
            case ToolResultReady():
                annotator.result(event)
            case _:
                pass

    def _start(self, event: TurnStart) -> bytes:
        """All choices are opened by the first turn: the SDK's accumulator takes them in the order of their index."""
        if self._choices:
            return b""
        fields = {"id": f"chatcmpl-{event.id}", "object": "chat.completion.chunk", "created": self._created}
        self._head = b"data: " + orjson.dumps({**fields, "model": event.model})[:-1] + b","
        self._choices = [_Choice(index, self._head) for index in range(self._n)]
        return b"".join(choice.start + _ROLE + _END[1:] for choice in self._choices)

    def _extension(self, name: bytes, fields: dict[str, Any]) -> bytes:
        """A chunk without choices, which every client passes over, and our key in it."""
        return b'%b"choices":[],"%b":%b}\n\n' % (self._head, name, orjson.dumps(fields))

    def _finish(self, event: TurnEnd, choice: _Choice) -> bytes:
        choice.usage = event.usage
        timings = orjson.dumps(timings_field(event.timings))[1:-1]
        found = self._annotator.found if self._annotator is not None else []
        cites = choice.start + b'{"annotations":' + orjson.dumps(found) + _END if found else b""
        frame = cites + choice.start + b'{},"finish_reason":"%s"}]' % event.finish_reason.encode()
        frame += (b"," + timings if timings else b"") + b"}\n\n"
        usages = [choice.usage for choice in self._choices if choice.usage is not None]
        if len(usages) < self._n:
            return frame
        self._over = True
        if self._include_usage:
            usage = orjson.dumps(usage_object(usages, n=self._n))
            frame += self._head + b'"choices":[],"usage":' + usage + b"}\n\n"
        return frame + DONE


def write_whole(
    turns: Sequence[Turn], *, created: int, told: bool = True, cited: frozenset[str] = frozenset()
) -> bytes:
    """The reply to a request that is not streamed: one choice per turn. `created` is Unix time in seconds; `told` and
    `cited` as for the stream."""
    first = turns[0]
    return orjson.dumps(
        {
            "id": f"chatcmpl-{first.id}",
            "object": "chat.completion",
            "created": created,
            "model": first.model,
            "choices": [_whole_choice(turn, index, cited) for index, turn in enumerate(turns)],
            "usage": usage_object([turn.usage for turn in turns], n=len(turns)),
            **timings_field(first.timings),
            **(
                {"tool_results": [result_fields(one) for one in first.tool_results]}
                if told and first.tool_results
                else {}
            ),
        }
    )


def _whole_choice(turn: Turn, index: int, cited: frozenset[str]) -> dict[str, Any]:
    call_ids = CallIds()
    calls = [call_object(call, call_ids.of(call.call_id)) for call in turn.tool_calls if call.runs_on == "client"]
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or (None if calls else ""), "refusal": None}
    if turn.reasoning:
        message["reasoning_content"] = turn.reasoning
    if calls:
        message["tool_calls"] = calls
    if cited and (found := annotations_of(turn, cited)):
        message["annotations"] = found
    logprobs = logprobs_object(turn.logprobs) if turn.logprobs else None
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": turn.finish_reason}
