"""The fold of a turn's events into a message that grows, and what those who watch are told of each. No I/O, no clock.

The rule: a watcher who applies what it is told to the message it began with has the message as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from unsloth_studio.chat.events import (
    ApprovalChanged,
    ChatEvent,
    Delta,
    PartEnded,
    PartStarted,
    Progress,
    Repaired,
    ToolPrinted,
    ToolReturned,
)
from unsloth_studio.store.thread import Approval, Message, Part, Reasoning, Repair, Stats, Text, ToolCall, ToolResult
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
)
from unsloth_studio.turn.messages import ReasoningPart, StreamedPart, TextPart
from unsloth_studio.turn.record import CallRepair


class Recorder:
    """Writes into `message`, behind the parts it has; a text at their end goes on. Times in seconds of one clock."""

    def __init__(self, message: Message, *, began: float) -> None:
        self.message = message
        self._began = began
        self._first: float | None = None
        self._opened = began
        self._open: int | None = None
        self._pieces: list[str] = []
        self._goes_on = bool(message.parts) and isinstance(message.parts[-1], Text)
        self._round = max((part.round + 1 for part in message.parts if isinstance(part, ToolCall)), default=0)
        self._answered = False
        self._before = message.stats.output_tokens or 0 if message.stats else 0

    def feed(self, event: Event, now: float, *, file_ids: Sequence[str] = ()) -> list[ChatEvent]:
        """Take the next event; `file_ids` are those of the pictures in a tool's result."""
        match event:
            case TextDelta() | ReasoningDelta() | ArgumentsDelta():
                assert self._open is not None, "a delta belongs to a part"
                self._pieces.append(event.text)
                return [Delta(self._open, event.text)] if event.text else []
            case PartStart():
                return self._start(event.part, now)
            case PartEnd():
                return self.close(now)
            case ToolResultReady():
                return self._returned(event, file_ids)
            case ToolOutputDelta():
                return [ToolPrinted(event.call_id, event.text)]
            case TurnStart():
                self.message.model = event.model or self.message.model
                return [Progress("reading")]
            case PromptProgress():
                return [Progress("reading", event.processed / event.total if event.total else None)]
            case TurnEnd():
                self.message.stats = self._stats(event, now)
                return []
            case TurnFailed():
                self.message.error = event.error.message
                return self.close(now)
            case ToolApprovalAsked():
                return self._asked(event)

    def decided(self, approval_id: str | None = None) -> list[ChatEvent]:
        """The call that waited under this id waits no more; None: no call does."""
        told: list[ChatEvent] = []
        for index, part in enumerate(self.message.parts):
            if isinstance(part, ToolCall) and part.approval and approval_id in (None, part.approval.approval_id):
                part.approval = None
                told.append(ApprovalChanged(index))
        return told

    def repaired(self, repairs: Sequence[CallRepair]) -> list[ChatEvent]:
        """What was mended in the calls so far; what is about no call of this message is passed over."""
        told: list[ChatEvent] = []
        for index, part in enumerate(self.message.parts):
            if isinstance(part, ToolCall) and part.result is None and not part.repairs:
                part.repairs = [
                    Repair(kind=one.kind, before=one.before, after=one.after)
                    for one in repairs
                    if one.after == part.arguments
                ]
                if part.repairs:
                    told.append(Repaired(index, list(part.repairs)))
        return told

    def settle(self) -> Message:
        """The message with all that has come until now in it."""
        if self._open is not None:
            text = "".join(self._pieces)
            self._pieces = [text]
            _set_text(self.message.parts[self._open], text)
        return self.message

    def close(self, now: float) -> list[ChatEvent]:
        """End the open part, if there is one."""
        if self._open is None:
            return []
        part = self.settle().parts[self._open]
        ended = PartEnded(self._open)
        if isinstance(part, Reasoning):
            part.seconds = round(now - self._opened, 2)
            ended = PartEnded(self._open, part.seconds)
        self._open, self._pieces = None, []
        return [ended]

    def _start(self, part: StreamedPart, now: float) -> list[ChatEvent]:
        if self._first is None:
            self._first = now
        self._opened = now
        if self._answered:
            self._round, self._answered = self._round + 1, False
        last = self.message.parts[-1] if self.message.parts else None
        if self._goes_on and isinstance(part, TextPart) and isinstance(last, Text):
            self._goes_on = False
            self._open, self._pieces = len(self.message.parts) - 1, [last.text]
            return []
        self._goes_on = False
        self.message.parts.append(self._empty(part))
        self._open, self._pieces = len(self.message.parts) - 1, []
        return [PartStarted(self._open, self._empty(part))]

    def _empty(self, part: StreamedPart) -> Part:
        match part:
            case TextPart():
                return Text()
            case ReasoningPart():
                return Reasoning()
            case _:
                return ToolCall(call_id=part.call_id, name=part.name, round=self._round)

    def _asked(self, event: ToolApprovalAsked) -> list[ChatEvent]:
        approval = Approval(approval_id=event.approval_id, expires_at=event.expires_at)
        for index, part in enumerate(self.message.parts):
            if isinstance(part, ToolCall) and part.round == self._round and part.call_id == event.call_id:
                part.approval = approval
                return [ApprovalChanged(index, approval)]
        return []

    def _returned(self, event: ToolResultReady, file_ids: Sequence[str]) -> list[ChatEvent]:
        result = ToolResult(
            content=event.content, is_error=event.is_error, duration_ms=event.duration_ms, file_ids=list(file_ids)
        )
        self._answered = True
        for part in self.message.parts:
            if isinstance(part, ToolCall) and part.round == self._round and part.call_id == event.call_id:
                part.result, part.approval = result, None
        return [ToolReturned(event.call_id, result)]

    def _stats(self, event: TurnEnd, now: float) -> Stats:
        written, first = event.usage.completion_tokens, self._first
        rate = event.timings.predicted_per_second if event.timings else None
        if rate is None and first is not None and now > first:
            rate = written / (now - first)
        return Stats(
            input_tokens=event.usage.prompt_tokens,
            cached_tokens=event.usage.cached_tokens,
            output_tokens=self._before + written,
            tokens_per_second=None if rate is None else round(rate, 1),
            first_token_seconds=None if first is None else round(first - self._began, 3),
            total_seconds=round(now - self._began, 3),
            finish_reason=event.finish_reason,
        )


def with_context(stats: Stats | None, context_length: int | None) -> Stats | None:
    """The stats with the context they were made in, in tokens."""
    changes: dict[str, Any] = {"context_length": context_length}
    return None if stats is None else msgspec.structs.replace(stats, **changes)


def _set_text(part: Part, text: str) -> None:
    if isinstance(part, ToolCall):
        part.arguments = text
    elif isinstance(part, Text | Reasoning):
        part.text = text
