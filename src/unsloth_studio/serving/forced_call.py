"""A call that was demanded and did not come: `tool_choice` "required" or one particular tool.

The rule: no engine holds a model to it in every case (a grammar may allow words before the call, and they may never end), so
a reply without a call is asked for once more, as a JSON object that names the tool and its arguments. Pure; the caller asks.
"""

from __future__ import annotations

from typing import Any

import orjson
from msgspec.structs import replace

from unsloth_studio.schemas.lower import lower_tool
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    NamedTool,
    OutputFormat,
    Request,
    StreamedPart,
    TextPart,
    ToolCallPart,
    ToolDefinition,
)

MOST_TOOLS = 24
"""Whose arguments are held to their schemas; with more only the name is."""


def demands_call(request: Request) -> bool:
    """Whether the request wants a call in any case."""
    return bool(_demanded(request))


def missing_call(request: Request, turn: Turn) -> bool:
    """Whether the turn lacks a call that the request demands; not if no model wrote it (an agent was stopped)."""
    names = {tool.name for tool in _demanded(request)}
    return bool(names) and turn.by_model and not any(call.name in names for call in turn.tool_calls)


def demand(request: Request, turn: Turn) -> Request:
    """The request for the second try."""
    prompt = request.prompt
    assert isinstance(prompt, Conversation)
    tools = _demanded(request)
    names = ", ".join(f"`{tool.name}`" for tool in tools[:MOST_TOOLS])
    told = (
        f"A tool must be called: {names}. Answer with one JSON object and nothing else: "
        '{"name": the tool, "arguments": {its arguments}}.'
    )
    said = (Message("assistant", (TextPart(turn.text),)),) if turn.text.strip() else ()
    messages = (*prompt.messages, *said, Message("user", (TextPart(told),)))
    return replace(
        request,
        prompt=replace(prompt, messages=messages, tool_choice="none"),
        output=OutputFormat("json_schema", _either(tools), "call"),
    )


def with_call(request: Request, first: Turn, second: Turn) -> Turn | None:
    """`first` with the call that `second` spells; None, and `first` as it was, when that is none. Its tokens count in any
    case."""
    tokens = first.usage.completion_tokens + second.usage.completion_tokens
    first.usage = replace(first.usage, completion_tokens=tokens)
    made = next(
        (call for call in second.tool_calls if any(call.name == tool.name for tool in _demanded(request))), None
    )
    if made is not None:  # a server that does not know schemas of answers
        first.parts, first.finish_reason = [*_words(first), made], "tool_calls"
        return first
    text = second.text
    try:
        spelled: Any = orjson.loads(text[text.find("{") : text.rfind("}") + 1])
    except orjson.JSONDecodeError:
        return None
    match spelled:
        case {"name": str(name), "arguments": dict()} if any(name == tool.name for tool in _demanded(request)):
            try:
                text = orjson.dumps(spelled["arguments"]).decode()
            except orjson.JSONEncodeError:  # nested too deeply to be written
                return None
            first.parts = [*_words(first), ToolCallPart(f"call_{second.id}_forced", name, text)]
            first.finish_reason = "tool_calls"
            return first
        case _:
            return None


def _words(turn: Turn) -> list[StreamedPart]:
    """What was said and thought, without calls that were not demanded."""
    return [part for part in turn.parts if not isinstance(part, ToolCallPart)]


def _demanded(request: Request) -> tuple[ToolDefinition, ...]:
    prompt = request.prompt
    if not isinstance(prompt, Conversation):
        return ()
    match prompt.tool_choice:
        case NamedTool(name):
            return tuple(tool for tool in prompt.tools if tool.name == name)
        case "required":
            return prompt.tools
        case _:
            return ()


def _either(tools: tuple[ToolDefinition, ...]) -> dict[str, Any]:
    if len(tools) > MOST_TOOLS:
        return _call({"enum": [tool.name for tool in tools]}, {"type": "object"})
    ways = [_call({"const": tool.name}, lower_tool(tool.parameters)) for tool in tools]
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _call(name: dict[str, Any], arguments: Any) -> dict[str, Any]:
    properties = {"name": name, "arguments": arguments}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
