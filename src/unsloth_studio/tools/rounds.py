"""One round of the model as a piece of a longer turn: parts numbered on, calls of ours marked, the end kept back."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from unsloth_studio.turn.accumulate import Accumulator
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    TextDelta,
    TurnEnd,
    TurnStart,
)
from unsloth_studio.turn.messages import StreamedPart, ToolCallPart


class Round:
    """`ours` are the names of the server's tools; `offset` is the number of the round's first part in the turn."""

    def __init__(self, ours: frozenset[str], *, first: bool, offset: int) -> None:
        self._ours = ours
        self._first = first
        self._offset = offset
        self._so_far = Accumulator()
        self.next_part = offset
        self.end: TurnEnd | None = None

    def feed(self, events: Sequence[Event]) -> list[Event]:
        """What of `events` the client gets."""
        passed: list[Event] = []
        for event in events:
            shown = self._shown(event)
            if shown is not None:
                self._so_far.feed(shown)
                if not isinstance(shown, TurnEnd):
                    passed.append(shown)
        return passed

    @property
    def parts(self) -> tuple[StreamedPart, ...]:
        """What the model wrote in this round."""
        return tuple(self._so_far.turn().parts)

    @property
    def calls(self) -> list[ToolCallPart]:
        """Calls of the server's tools; none when the last one was cut at the limit of tokens."""
        if self.end is not None and self.end.finish_reason == "length":
            return []
        return [call for call in self._so_far.turn().tool_calls if call.runs_on == "server"]

    @property
    def clients(self) -> bool:
        """Whether a tool of the client's is called."""
        return any(call.runs_on == "client" for call in self._so_far.turn().tool_calls)

    def _shown(self, event: Event) -> Event | None:
        match event:
            case TextDelta() | ReasoningDelta() | ArgumentsDelta():
                return replace(event, index=event.index + self._offset) if self._offset else event
            case PartStart(index, part):
                self.next_part = self._offset + index + 1
                if isinstance(part, ToolCallPart) and part.name in self._ours:
                    part = replace(part, runs_on="server")
                return PartStart(self._offset + index, part)
            case PartEnd(index, signature):
                return PartEnd(self._offset + index, signature)
            case TurnEnd():
                self.end = event
                return event
            case TurnStart() | PromptProgress():
                return event if self._first else None
            case _:
                return event
