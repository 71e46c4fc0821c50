"""A turn as (legacy) Completions: chunks while it runs, or one object when it is over.

The rule: only text is written; this dialect has no place for tool calls or reasoning. Format: `openai.types.Completion` of
the official Python SDK, with the log probabilities in their old shape (`tokens`, `token_logprobs`, `top_logprobs`,
`text_offset`, the last in characters from the beginning of the choice's text, echo included).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import orjson

from unsloth_studio.dialects.openai_errors import error_body
from unsloth_studio.dialects.openai_reply import finite, timings_field, usage_object
from unsloth_studio.sse import DONE, KEEP_ALIVE, data_frame
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
    TokenLogprob,
    ToolApprovalAsked,
    ToolOutputDelta,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)

_TEXT_END = b',"logprobs":null,"finish_reason":null}]}\n\n'


class _Choice:
    """One answer as it is written; `offset` is where its next token begins, in characters."""

    def __init__(self, index: int, head: bytes, *, echo: str) -> None:
        self.text = b'%s"choices":[{"index":%d,"text":' % (head, index)
        self.echo = echo
        self.offset = len(echo)
        self.usage: Usage | None = None

    def frame(self, text: str, logprobs: tuple[TokenLogprob, ...]) -> bytes:
        if not logprobs:
            return self.text + orjson.dumps(text) + _TEXT_END
        written, self.offset = _logprobs_object(logprobs, self.offset)
        fields = b',"logprobs":' + orjson.dumps(written) + b',"finish_reason":null}]}\n\n'
        return self.text + orjson.dumps(text) + fields

    def last_frame(self, event: TurnEnd) -> bytes:
        reason = _finish_reason(event.finish_reason).encode()
        timings = orjson.dumps(timings_field(event.timings))[1:-1]
        frame = self.text + b'"","logprobs":null,"finish_reason":"%s"}]' % reason
        return frame + (b"," + timings if timings else b"") + b"}\n\n"


class CompletionsStreamWriter:
    """Frames of one reply with a choice for each text in `echo` (see `CompletionsCall`). `created` is Unix time in
    seconds. The reply ends with its last choice, or with the first failure of any."""

    def __init__(self, *, created: int, include_usage: bool, echo: Sequence[str] = ("",), n: int = 1) -> None:
        self._created = created
        self._include_usage = include_usage
        self._echo = tuple(echo)
        self._n = n
        self._head = b""
        self._choices: list[_Choice] = []
        self._over = False

    def feed(self, events: Iterable[Event], choice: int = 0) -> bytes:
        """The frames for `events` of the turn that is answer number `choice`; nothing once the reply is over."""
        out: list[bytes] = []
        for event in events:
            if self._over:
                break
            if type(event) is TextDelta and not event.logprobs:
                out += (self._choices[choice].text, orjson.dumps(event.text), _TEXT_END)
            else:
                out.append(self._frame(event, choice))
        return b"".join(out)

    def heartbeat(self) -> bytes:
        return KEEP_ALIVE

    def _frame(self, event: Event, choice: int) -> bytes:
        match event:
            case TextDelta():
                return self._choices[choice].frame(event.text, event.logprobs)
            case TurnStart():
                return self._start(event)
            case TurnEnd():
                return self._finish(event, self._choices[choice])
            case TurnFailed():
                self._over = True
                return data_frame(error_body(event.error, overflow_param="prompt")) + DONE
            case PromptProgress() | PartStart() | PartEnd() | ReasoningDelta() | ArgumentsDelta():
                return b""
            case ToolResultReady() | ToolOutputDelta() | ToolApprovalAsked():
                return b""
            case _:
                assert_never(event)

    def _start(self, event: TurnStart) -> bytes:
        """All choices are opened by the first turn, so that every chunk carries its id."""
        if self._choices:
            return b""
        fields = {"id": f"cmpl-{event.id}", "object": "text_completion", "created": self._created, "model": event.model}
        self._head = b"data: " + orjson.dumps(fields)[:-1] + b","
        self._choices = [_Choice(index, self._head, echo=echo) for index, echo in enumerate(self._echo)]
        return b"".join(choice.frame(choice.echo, ()) for choice in self._choices if choice.echo)

    def _finish(self, event: TurnEnd, choice: _Choice) -> bytes:
        choice.usage = event.usage
        frame = choice.last_frame(event)
        usages = [choice.usage for choice in self._choices if choice.usage is not None]
        if len(usages) < len(self._choices):
            return frame
        self._over = True
        if self._include_usage:
            usage = orjson.dumps(usage_object(usages, n=self._n))
            frame += self._head + b'"choices":[],"usage":' + usage + b"}\n\n"
        return frame + DONE


def write_whole(turns: Sequence[Turn], *, created: int, echo: Sequence[str] = ("",), n: int = 1) -> bytes:
    """The reply to a request that is not streamed: one choice per turn. `created` is Unix time in seconds; `echo` has one
    text per turn, and every `n` turns share a prompt."""
    first = turns[0]
    choices = [
        _whole_choice(turn, text, index=index) for index, (turn, text) in enumerate(zip(turns, echo, strict=True))
    ]
    return orjson.dumps(
        {
            "id": f"cmpl-{first.id}",
            "object": "text_completion",
            "created": created,
            "model": first.model,
            "choices": choices,
            "usage": usage_object([turn.usage for turn in turns], n=n),
            **timings_field(first.timings),
        }
    )


def _whole_choice(turn: Turn, echo: str, *, index: int) -> dict[str, Any]:
    logprobs = _logprobs_object(turn.logprobs, len(echo))[0] if turn.logprobs else None
    reason = _finish_reason(turn.finish_reason)
    return {"index": index, "text": echo + turn.text, "logprobs": logprobs, "finish_reason": reason}


def _finish_reason(reason: FinishReason) -> str:
    """This dialect knows no tool calls."""
    return "stop" if reason == "tool_calls" else reason


def _logprobs_object(logprobs: Sequence[TokenLogprob], offset: int) -> tuple[dict[str, Any], int]:
    """The old shape, and the offset after the last token. The sampled token is always among the alternatives."""
    offsets: list[int] = []
    for entry in logprobs:
        offsets.append(offset)
        offset += len(entry.token)
    tops = [{other.token: finite(other.logprob) for other in (*entry.top, entry)} for entry in logprobs]
    written = {
        "tokens": [entry.token for entry in logprobs],
        "token_logprobs": [finite(entry.logprob) for entry in logprobs],
        "top_logprobs": tops,
        "text_offset": offsets,
    }
    return written, offset
