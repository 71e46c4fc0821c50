"""The calls of a turn held against their tools once it is over, for the record: what was streamed cannot be taken back.

The rule: nothing that the client gets depends on this. A call of a turn that was cut at its limit is not judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from unsloth_studio.schemas.check import check_turn
from unsloth_studio.turn.events import ArgumentsDelta, Event, PartStart
from unsloth_studio.turn.messages import OutputFormat, ToolCallPart, ToolDefinition
from unsloth_studio.turn.record import CallViolation


class CallCheck:
    """Feed it the events of one turn; costs a look at each event's class."""

    def __init__(self, tools: tuple[ToolDefinition, ...]) -> None:
        self._tools = tools
        self._calls: list[tuple[ToolCallPart, list[str]]] = []

    @property
    def called(self) -> bool:
        """Whether anything was called."""
        return bool(self._calls)

    def feed(self, events: Sequence[Event]) -> int:
        """How many calls begin in `events`."""
        before = len(self._calls)
        for event in events:
            if type(event) is ArgumentsDelta:
                self._calls[-1][1].append(event.text)
            elif type(event) is PartStart and isinstance(event.part, ToolCallPart):
                self._calls.append((event.part, []))
        return len(self._calls) - before

    def violations(self) -> tuple[CallViolation, ...]:
        """What does not fit, in the order of the calls. Never raises; takes a while, so it is called in a thread."""
        calls = [ToolCallPart(call.call_id, call.name, "".join(pieces)) for call, pieces in self._calls]
        faults = check_turn(calls, self._tools, OutputFormat())
        return tuple(
            CallViolation(fault.kind, fault.name or "", fault.violation.path, fault.violation.message)
            for fault in faults
        )
