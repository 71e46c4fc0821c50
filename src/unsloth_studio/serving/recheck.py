"""What a reply that is not streamed allows: a look at the whole turn before the client sees it.

The rule: a call that was cut at the limit is none. A call or an answer that does not fit its schema is asked for once more,
with the failed place named; the second try counts only if it is better. Pure; the caller asks.
"""

from __future__ import annotations

import orjson
from msgspec.structs import replace

from unsloth_studio.schemas.check import Fault, check_turn, complaint
from unsloth_studio.schemas.lower import narrow_output, narrow_tool
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import Usage
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    OutputFormat,
    Part,
    Request,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def without_cut_call(turn: Turn) -> Turn:
    """The turn less a last call whose arguments end in the middle; its finish reason says that it was cut."""
    last = turn.parts[-1] if turn.parts else None
    if turn.finish_reason == "length" and isinstance(last, ToolCallPart) and not _is_object(last.arguments):
        turn.parts.pop()
    return turn


def faults_of(request: Request, turn: Turn) -> tuple[Fault, ...]:
    """What in the turn does not fit its schema and can be asked for again: one call of an offered tool, or the answer."""
    prompt = request.prompt
    if not isinstance(prompt, Conversation) or turn.finish_reason == "length":
        return ()
    faults = check_turn(turn.parts, prompt.tools, request.output)
    offered = {tool.name for tool in prompt.tools}
    return faults if len(faults) == 1 and faults[0].name in (None, *offered) else ()


def ask_again(request: Request, turn: Turn, fault: Fault) -> Request:
    """The request for the second try: the turn so far, what is wrong with it, and as the schema of the answer that of the
    call's arguments (or of the answer), narrowed to what a grammar can hold. A forced call lets a weak model talk on."""
    prompt = request.prompt
    assert isinstance(prompt, Conversation), "a raw prompt has no schema"
    said: tuple[Part, ...] = tuple(part for part in turn.parts if isinstance(part, TextPart | ToolCallPart))
    told = complaint(fault)
    if fault.name is None:
        more = (Message("assistant", said), Message("user", (TextPart(told),)))
        schema = request.output.schema
        output = replace(request.output, schema=None if schema is None else narrow_output(schema, turn.text))
    else:
        results = tuple(
            ToolResultPart(
                call.call_id, (TextPart(told if call.call_id == fault.call_id else _NOT_YET),), is_error=True
            )
            for call in turn.tool_calls
        )
        more = (Message("assistant", said), Message("tool", results))
        parameters = next(tool.parameters for tool in prompt.tools if tool.name == fault.name)
        output = OutputFormat("json_schema", narrow_tool(parameters, _at_fault(turn, fault).arguments), fault.name)
    changed = replace(prompt, messages=(*prompt.messages, *more), tool_choice="none")
    return replace(request, prompt=changed, output=output)


def better(request: Request, first: Turn, fault: Fault, second: Turn) -> Turn | None:
    """`first` with what was at fault replaced by the second try; None, and `first` as it was, when that is at fault too. Its
    tokens count in any case."""
    first.usage = _sum(first.usage, second.usage)
    if second.finish_reason == "length":
        return None
    if fault.name is None:
        if faults_of(request, second):
            return None
        first.parts = [*(part for part in first.parts if not isinstance(part, TextPart)), *second.parts]
        return first
    old = _at_fault(first, fault)
    new = replace(old, arguments=_compact(second.text))
    if faults_of(request, replace(second, parts=[new])):
        return None
    first.parts = [new if part is old else part for part in first.parts]
    return first


def _compact(text: str) -> str:
    """Without the white space that a grammar allows between the values."""
    try:
        return orjson.dumps(orjson.loads(text)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return text


def _at_fault(turn: Turn, fault: Fault) -> ToolCallPart:
    return next(call for call in turn.tool_calls if call.call_id == fault.call_id)


_NOT_YET = "This call was not run: another one of the same turn has to be made again first."


def _sum(first: Usage, second: Usage) -> Usage:
    """The client's prompt was read once, whatever we added to it."""
    thought = None if first.reasoning_tokens is None else first.reasoning_tokens + (second.reasoning_tokens or 0)
    return replace(
        first, completion_tokens=first.completion_tokens + second.completion_tokens, reasoning_tokens=thought
    )


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text or "{}"), dict)
    except orjson.JSONDecodeError:
        return False
