"""The event transform that finds tool calls in what the model wrote, and mends those it wrote badly.

The rule: what the engine has parsed itself passes through untouched while it is good; text goes through `parsing`, which
never depends on where the chunks were cut. Only the model's own words of this turn are read, never history or results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from msgspec.structs import replace

from unsloth_studio.parsing import Call, ContentDelta, OutputParser, Piece, ToolCall
from unsloth_studio.parsing import ReasoningDelta as ReasoningPiece
from unsloth_studio.parsing.calls import json_text_of
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.schema_fit import fit
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
)
from unsloth_studio.turn.messages import (
    Conversation,
    NamedTool,
    RawPrompt,
    ReasoningPart,
    Request,
    StreamedPart,
    TextPart,
    ToolCallPart,
    ToolDefinition,
)
from unsloth_studio.turn.record import CallRepair


def tools_of(prompt: Conversation | RawPrompt) -> tuple[ToolDefinition, ...]:
    """What the model may call in this turn."""
    if not isinstance(prompt, Conversation) or prompt.tool_choice == "none":
        return ()
    if isinstance(prompt.tool_choice, NamedTool):
        return tuple(tool for tool in prompt.tools if tool.name == prompt.tool_choice.name)
    return prompt.tools


def reads(request: Request) -> bool:
    """Whether the turn's text is read. Without a call allowed its calls stay text, and control tokens are left out of it."""
    prompt = request.prompt
    if not isinstance(prompt, Conversation) or request.top_logprobs is not None or not request.heal_tool_calls:
        return False
    return bool(tools_of(prompt)) or (bool(prompt.tools) and request.output.kind == "text")


class CallReader:
    """Feed it the decoder's events of one turn, in order; what it gives back obeys the order in `turn/events.py`.

    `repairs` grows with what was mended. `trusted`: the engine's own calls were forced into their schema by its grammar; the
    calls of another server are held until they are whole, and mended like those in a text.
    """

    def __init__(self, prompt: Conversation | RawPrompt, turn_id: str) -> None:
        assert isinstance(prompt, Conversation), "a raw prompt offers no tools"
        self._tools = [_openai(tool) for tool in tools_of(prompt)]
        self._parallel = prompt.parallel_tool_calls
        self._turn_id = turn_id
        self._parser: OutputParser | None = None
        self._index = -1
        self._open: StreamedPart | None = None
        self._engine_part: StreamedPart | None = None
        self._reasoning: list[str] = []
        self._calls = 0
        self._said = False
        self._held: ToolCallPart | None = None
        self._held_arguments: list[str] = []
        self.trusted = True
        self.repairs: list[CallRepair] = []

    def feed(self, events: Sequence[Event]) -> list[Event]:
        """The client's events for `events` of the engine."""
        out: list[Event] = []
        for event in events:
            self._event(event, out)
        return out

    def _event(self, event: Event, out: list[Event]) -> None:
        match event:
            case TextDelta():
                if self._parser is None:
                    self._parser = OutputParser(self._tools, reasoning_done=bool(self._reasoning))
                self._pieces(self._parser.feed(event.text), out)
            case ReasoningDelta():
                self._reasoning.append(event.text)
                self._enter(ReasoningPart(), out)
                out.append(ReasoningDelta(self._index, event.text))
            case ArgumentsDelta():
                if self._held is not None:
                    self._held_arguments.append(event.text)
                elif isinstance(self._open, ToolCallPart):
                    out.append(ArgumentsDelta(self._index, event.text))
            case PartStart():
                self._engine_part = event.part
                if isinstance(event.part, ToolCallPart):
                    self._flush(out, length=False)
                    self._engine_call(event.part, out)
            case PartEnd():
                if self._held is not None:
                    self._settle(self._held, "".join(self._held_arguments), out)
                elif not isinstance(self._engine_part, TextPart):  # text may go on in the parser
                    self._leave(out, event.signature)
            case TurnEnd():
                self._end(event, out)
            case TurnFailed():
                self._flush(out, length=True)
                self._leave(out)
                out.append(event)
            case TurnStart() | PromptProgress() | ToolResultReady() | ToolOutputDelta() | ToolApprovalAsked():
                out.append(event)
            case _:
                assert_never(event)

    def _engine_call(self, call: ToolCallPart, out: list[Event]) -> None:
        if self._calls and not self._parallel:
            self._repaired("one_call_only", call.name, "")
            self._leave(out)
            return
        if not self.trusted:
            self._held, self._held_arguments = call, []
            return
        self._calls += 1
        self._enter(call, out)

    def _settle(self, call: ToolCallPart, arguments: str, out: list[Event]) -> None:
        """A call that another server parsed, whole now. One that was cut, or has no one meaning, is text."""
        self._held = None
        names = ToolNames(self._tools)
        resolved = names.resolve(call.name)
        found = readings(arguments if arguments.strip() else "{}")
        value, wrapped = _object_in(found[0].value) if len(found) == 1 and found[0].complete else (None, False)
        if value is None:
            self._repaired("cut_call", arguments, "")
            self._enter(TextPart(), out)
            out.append(TextDelta(self._index, f"{call.name} {arguments}"))
            return
        name, text = call.name, arguments if arguments.strip() else "{}"
        if resolved is not None:
            fitted = fit(value, names.schema(resolved.name))
            more = (*(("wrapped_arguments",) if wrapped else ()), *(("folded_name",) if resolved.repaired else ()))
            repairs = (*found[0].repairs, *fitted.repairs, *more)
            name, text = resolved.name, json_text_of(fitted.arguments) if repairs else text
            for kind in repairs:
                self._repaired(kind, arguments, text)
        self._calls += 1
        self._enter(ToolCallPart(call.call_id, name), out)
        out.append(ArgumentsDelta(self._index, text))
        self._leave(out)

    def _end(self, event: TurnEnd, out: list[Event]) -> None:
        cut = event.finish_reason == "length"
        self._flush(out, length=cut)
        if not (self._said or self._calls or cut) and self._reasoning:
            self._call_in_thought(out)
        self._leave(out)
        reason: FinishReason = event.finish_reason
        if self._calls and reason == "stop":
            reason = "tool_calls"
        elif not self._calls and reason == "tool_calls":
            reason = "stop"
        out.append(replace(event, finish_reason=reason))

    def _call_in_thought(self, out: list[Event]) -> None:
        """A model that never closed its thought and ended it with a whole call meant the call."""
        parser = OutputParser(self._tools, in_reasoning=True)
        pieces = [*parser.feed("".join(self._reasoning)), *parser.finish()]
        self._pieces([piece for piece in pieces if isinstance(piece, Call)], out)

    def _flush(self, out: list[Event], *, length: bool) -> None:
        if self._parser is not None:
            self._pieces(self._parser.finish(length=length), out)
            self._parser = None

    def _pieces(self, pieces: Sequence[Piece], out: list[Event]) -> None:
        for piece in pieces:
            match piece:
                case ContentDelta(text):
                    self._said = self._said or not text.isspace()
                    self._enter(TextPart(), out)
                    out.append(TextDelta(self._index, text))
                case ReasoningPiece(text):
                    self._enter(ReasoningPart(), out)
                    out.append(ReasoningDelta(self._index, text))
                case Call(call):
                    self._healed(call, out)
                case _:
                    assert_never(piece)

    def _healed(self, call: ToolCall, out: list[Event]) -> None:
        if self._calls and not self._parallel:
            self._repaired("one_call_only", call.name, "")
            return
        for kind in call.repairs or ("leaked_call",):
            self._repaired(kind, call.source, call.arguments)
        self._leave(out)
        self._enter(ToolCallPart(f"{self._turn_id}h{self._calls}", call.name), out)
        out.append(ArgumentsDelta(self._index, call.arguments))
        self._leave(out)
        self._calls += 1

    def _enter(self, part: StreamedPart, out: list[Event]) -> None:
        """Open a part of that kind, unless one is open; calls are never joined."""
        if self._open is not None and type(self._open) is type(part) and not isinstance(part, ToolCallPart):
            return
        self._leave(out)
        self._index += 1
        self._open = part
        out.append(PartStart(self._index, part))

    def _leave(self, out: list[Event], signature: str = "") -> None:
        if self._open is not None:
            out.append(PartEnd(self._index, signature))
            self._open = None

    def _repaired(self, kind: str, before: str, after: str) -> None:
        self.repairs.append(CallRepair(kind, before, after))


def _object_in(value: Any) -> tuple[dict[str, Any] | None, bool]:
    """The object that arguments are, and whether something stood around it: a JSON text, a list of one, nothing at all."""
    match value:
        case dict():
            return cast("dict[str, Any]", value), False
        case None:
            return {}, True
        case [dict()]:
            return cast("dict[str, Any]", value[0]), True
        case str():
            inner = readings(value)
            whole = inner[0].value if len(inner) == 1 and inner[0].complete and not inner[0].repairs else None
            return (cast("dict[str, Any]", whole), True) if isinstance(whole, dict) else (None, False)
        case _:
            return None, False


def _openai(tool: ToolDefinition) -> Mapping[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "parameters": tool.parameters}}
