"""The tools of a chat request, and which of them the model may or must call.

The rule: a choice only ever names tools that are in the list. Hosted tools (`web_search` and its like) run at OpenAI and are
skipped, so that clients which always offer them still work; `custom` tools have no JSON schema and are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from unsloth_studio.dialects.lenient import tool_schema
from unsloth_studio.dialects.openai_chat import wire
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import NamedTool, ToolChoice, ToolDefinition

Tools = tuple[ToolDefinition, ...]

_WORDS: dict[str, ToolChoice] = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def read_tools(body: wire.ChatBody, ours: Sequence[str] = ()) -> tuple[Tools, ToolChoice]:
    """The tools on offer and the choice among them. `ours` are the names of the server's own tools that are asked for: a
    choice may mean them too. Raises `TurnFailure` naming the tool or the choice at fault."""
    tools = _read_definitions(body)
    names = {*ours, *(tool.name for tool in tools)}
    if body.tool_choice is None and body.function_call is not None:
        word = body.function_call
        return tools, _word(word, "function_call") if isinstance(word, str) else _named(
            word.name, names, "function_call.name"
        )
    if isinstance(body.tool_choice, wire.ToolChoice):
        return _read_choice(body.tool_choice, tools, names)
    choice = "auto" if body.tool_choice is None else _word(body.tool_choice, "tool_choice")
    if choice == "required" and not names and any(tool.type not in ("function", "custom") for tool in body.tools or ()):
        return tools, "auto"  # only a hosted tool could be called
    if choice == "required" and not names:
        raise invalid("tool_choice: a tool call is required, but tools offers none.", param="tool_choice")
    return tools, choice


def _read_definitions(body: wire.ChatBody) -> Tools:
    if body.tools is None:
        return tuple(_definition(f) for f in body.functions or ())
    definitions: list[ToolDefinition] = []
    for index, tool in enumerate(body.tools):
        path = f"tools[{index}]"
        if tool.type == "custom":
            raise invalid(
                f"{path}.type: custom tools are not supported; offer a function with a JSON schema instead.",
                param=f"{path}.type",
            )
        if tool.type != "function":
            continue
        if tool.function is not None:
            definitions.append(_definition(tool.function))
        elif tool.name is not None:
            definitions.append(_definition(wire.Function(tool.name, tool.description, tool.parameters, tool.strict)))
        else:
            raise invalid(f"{path}.function: this field is required.", param=f"{path}.function")
    return tuple(definitions)


def _definition(function: wire.Function) -> ToolDefinition:
    return ToolDefinition(function.name, function.description or "", tool_schema(function.parameters), function.strict)


def _read_choice(choice: wire.ToolChoice, tools: Tools, names: set[str]) -> tuple[Tools, ToolChoice]:
    if choice.type == "function":
        name = choice.function.name if choice.function else choice.name
        if name is None:
            raise invalid("tool_choice.function: this field is required.", param="tool_choice.function")
        return tools, _named(name, names, "tool_choice.function.name")
    if choice.type == "allowed_tools":
        return _read_allowed(choice.allowed_tools, tools, names)
    return tools, _word(choice.type, "tool_choice.type")


def _read_allowed(allowed: wire.AllowedTools | None, tools: Tools, names: set[str]) -> tuple[Tools, ToolChoice]:
    path = "tool_choice.allowed_tools"
    if allowed is None:
        raise invalid(f"{path}: this field is required.", param=path)
    wanted: set[str] = set()
    for index, tool in enumerate(allowed.tools):
        if tool.function is not None:
            wanted.add(_named(tool.function.name, names, f"{path}.tools[{index}].function.name").name)
    kept = tuple(tool for tool in tools if tool.name in wanted)
    if allowed.mode == "required" and not wanted:
        raise invalid(f"{path}.tools: a tool call is required, but no function is allowed.", param=f"{path}.tools")
    return kept, allowed.mode


def _named(name: str, names: set[str], param: str) -> NamedTool:
    if name not in names:
        raise invalid(f"{param}: there is no function of this name in tools.", param=param)
    return NamedTool(name)


def _word(word: str, param: str) -> ToolChoice:
    choice = _WORDS.get(word)
    if choice is None:
        raise invalid(f"{param}: expected one of auto, none, required, or a function by name.", param=param)
    return choice
