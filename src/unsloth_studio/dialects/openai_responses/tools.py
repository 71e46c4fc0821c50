"""Tools of the Responses dialect, and the names under which the model knows them.

One rule: the model sees a flat list of functions. A function in a namespace gets a flat name, a custom (freeform) tool
becomes a function with one string parameter `input`; `ToolNames` maps both back, because a client such as Codex refuses
a call that does not come back as `name` plus `namespace`. Hosted tools that run here are read in `native_tools`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct, field

from unsloth_studio.dialects.body import shaped
from unsloth_studio.dialects.lenient import tool_schema
from unsloth_studio.dialects.openai_responses.native_tools import NATIVE, PASSED_OVER, our_names
from unsloth_studio.dialects.openai_responses.wire import (
    AllowedTools,
    CustomTool,
    FunctionTool,
    NamedToolChoice,
    NamespaceTool,
    RawObject,
    type_of,
)
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import NamedTool, ToolChoice, ToolDefinition

HOSTED_ELSEWHERE = frozenset(
    {
        "file_search", "image_generation", "mcp", "computer", "computer_use", "computer_use_preview", "local_shell",
        "shell", "apply_patch", "programmatic_tool_calling",
    }
)  # fmt: skip
"""`Tool` of the official Python SDK, less what runs here (`native_tools`) and what a client runs under its own name."""


class WireTool(Struct, frozen=True):
    """What the client calls a tool; `custom` tools are answered with `custom_tool_call` items."""

    name: str
    namespace: str | None = None
    custom: bool = False


class ToolNames(Struct, frozen=True):
    """Both directions between the client's names and the model's flat ones."""

    wire: Mapping[str, WireTool] = field(default_factory=dict[str, WireTool])

    def to_wire(self, name: str) -> WireTool:
        """What to write for a call of `name`; a name nobody declared stays as the model wrote it."""
        return self.wire.get(name) or WireTool(name)

    def to_model(self, name: str, namespace: str | None = None) -> str:
        """The flat name of a tool that the client names, also when it is not declared any more."""
        for flat, tool in self.wire.items():
            if tool.name == name and tool.namespace == namespace:
                return flat
        return _flat(name, namespace)

    def find(self, name: str, namespace: str | None) -> str | None:
        """The flat name of a declared tool; without a namespace, the one tool of that name in any namespace."""
        flat = self.to_model(name, namespace)
        if flat in self.wire:
            return flat
        same = [flat for flat, tool in self.wire.items() if tool.name == name] if namespace is None else []
        return same[0] if len(same) == 1 else None


class _Declared:
    """The tools read so far."""

    def __init__(self) -> None:
        self.definitions: list[ToolDefinition] = []
        self.wire: dict[str, WireTool] = {}

    def read(self, raw: RawObject, at: str, *, namespace: str | None = None) -> None:
        match type_of(raw, at=at):
            case "function":
                nested: object = raw.get("function")  # as Chat Completions spells it
                tool = shaped({**raw, **_object(nested)}, FunctionTool, at=at)
                schema = tool_schema(tool.parameters)
                definition = ToolDefinition(tool.name, tool.description or "", schema, tool.strict)
                self._add(definition, WireTool(tool.name, namespace), at)
            case "custom":
                tool = shaped(raw, CustomTool, at=at)
                self._add(_custom_definition(tool), WireTool(tool.name, namespace, custom=True), at)
            case "namespace" if namespace is None:
                group = shaped(raw, NamespaceTool, at=at)
                for index, member in enumerate(group.tools):
                    self.read(member, f"{at}.tools[{index}]", namespace=group.name)
            case kind if kind in NATIVE or kind in PASSED_OVER:
                pass
            case kind:
                raise _unknown_type(kind, at)

    def _add(self, definition: ToolDefinition, wire: WireTool, at: str) -> None:
        if wire in self.wire.values():
            message = f"{at}.name: The tool '{wire.name}' is declared twice. Give each tool its own name."
            raise invalid(message, param=f"{at}.name")
        flat = base = _flat(wire.name, wire.namespace)
        count = 1
        while flat in self.wire:
            count += 1
            flat = f"{base}_{count}"
        self.wire[flat] = wire
        self.definitions.append(ToolDefinition(flat, definition.description, definition.parameters, definition.strict))


def read_tools(groups: Iterable[tuple[str, list[RawObject]]]) -> tuple[tuple[ToolDefinition, ...], ToolNames]:
    """The functions to offer to the model. `groups` are lists of tools with the place where each list stands (`tools`).

    Raises `TurnFailure` (invalid_request) naming the tool, for example `tools[2].type`.
    """
    declared = _Declared()
    for at, tools in groups:
        for index, raw in enumerate(tools):
            declared.read(raw, f"{at}[{index}]")
    return tuple(declared.definitions), ToolNames(declared.wire)


def read_tool_choice(
    choice: str | RawObject | None, tools: tuple[ToolDefinition, ...], *, names: ToolNames, ours: Sequence[str] = ()
) -> tuple[ToolChoice, tuple[ToolDefinition, ...]]:
    """The choice, and the tools that it leaves to the model (`allowed_tools` leaves some). `ours` are the names of the
    server's own tools that are asked for: a choice may mean them too."""
    match choice:
        case None | "auto":
            return "auto", tools
        case "none":
            return "none", tools
        case "required":
            return _required(bool(tools or ours)), tools
        case str():
            raise _unknown_choice()
        case dict():
            pass
    match type_of(choice, at="tool_choice"):
        case "function" | "custom":
            return NamedTool(_declared_name(choice, names, "tool_choice", ours)), tools
        case "allowed_tools":
            allowed = shaped(choice, AllowedTools, at="tool_choice")
            left = _allowed(allowed, tools, names)
            return (_required(bool(left or ours)) if allowed.mode == "required" else "auto"), left
        case kind if kind in NATIVE:
            if named := next((name for name in our_names(kind) if name in ours), None):
                return NamedTool(named), tools
            message = f"tool_choice.type: '{kind}' is not among 'tools'. Declare it there, or choose another one."
            raise invalid(message, param="tool_choice.type")
        case kind if kind in PASSED_OVER:
            return "auto", tools
        case _:
            raise _unknown_choice(".type")


def _allowed(allowed: AllowedTools, tools: tuple[ToolDefinition, ...], names: ToolNames) -> tuple[ToolDefinition, ...]:
    keep: set[str] = set()
    for index, raw in enumerate(allowed.tools):
        at = f"tool_choice.tools[{index}]"
        kind = type_of(raw, at=at)
        if kind in ("function", "custom"):
            keep.add(_declared_name(raw, names, at))
        elif kind == "namespace":
            space = shaped(raw, NamedToolChoice, at=at).name
            keep.update(flat for flat, tool in names.wire.items() if tool.namespace == space)
        elif kind not in NATIVE and kind not in PASSED_OVER:
            raise _unknown_type(kind, at)
    return tuple(tool for tool in tools if tool.name in keep)


def _declared_name(raw: RawObject, names: ToolNames, at: str, ours: Sequence[str] = ()) -> str:
    named = shaped({**raw, **_object(raw.get("function"))}, NamedToolChoice, at=at)
    flat = names.find(named.name, named.namespace)
    if flat is None and named.name in ours:
        return named.name
    if flat is None:
        message = f"{at}.name: The tool '{named.name}' is not among 'tools'. Declare it there, or choose another one."
        raise invalid(message, param=f"{at}.name")
    return flat


def _object(value: object) -> RawObject:
    return cast("RawObject", value) if isinstance(value, dict) else {}


def _required(callable_: bool) -> ToolChoice:
    if not callable_:
        message = "tool_choice: A tool call is required, but 'tools' declares no tool that can be called."
        raise invalid(message, param="tool_choice")
    return "required"


def _flat(name: str, namespace: str | None) -> str:
    if namespace is None:
        return name
    return f"{namespace}{'' if namespace.endswith('__') else '__'}{name}"


def _custom_definition(tool: CustomTool) -> ToolDefinition:
    description = tool.description or ""
    if tool.format is not None and tool.format.definition:
        rule = f"The input must follow this {tool.format.syntax or 'lark'} grammar:\n{tool.format.definition}"
        description = f"{description}\n\n{rule}" if description else rule
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {"input": {"type": "string", "description": "The tool's whole input, as free text."}},
        "required": ["input"],
        "additionalProperties": False,
    }
    return ToolDefinition(tool.name, description, parameters)


def _unknown_choice(field: str = "") -> Exception:
    message = (
        f"tool_choice{field}: Expected 'auto', 'none', 'required', "
        "or an object whose type is 'function', 'custom' or 'allowed_tools'."
    )
    return invalid(message, param=f"tool_choice{field}")


def _unknown_type(kind: str | None, at: str) -> Exception:
    path = f"{at}.type"
    if kind is None:
        return invalid(f"{path}: this field is required.", param=path)
    if kind in HOSTED_ELSEWHERE:
        message = (
            f"{path}: '{kind}' is a tool that only OpenAI runs. This server runs 'web_search' and 'code_interpreter'."
        )
        return invalid(f"{message} Leave it out, or offer a 'function' that does it.", param=path)
    known = "'function', 'namespace', 'custom', 'web_search' or 'code_interpreter'"
    return invalid(f"{path}: '{kind}' is not a known type of tool. Use {known}.", param=path)
