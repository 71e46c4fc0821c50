"""A Messages request body as a `Request`.

The rule: a body is either read or refused with `TurnFailure` (invalid_request, with the path of the field at fault); no
other exception leaves this module, whatever the bytes.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from unsloth_studio.dialects.anthropic.conversation import system_messages, turn_messages
from unsloth_studio.dialects.anthropic.native_tools import our_name, read_native
from unsloth_studio.dialects.anthropic.nesting import check_nesting
from unsloth_studio.dialects.anthropic.wire import (
    AnyChoice,
    AutoChoice,
    Body,
    ContinueThread,
    NamedChoice,
    NoChoice,
    Tool,
)
from unsloth_studio.dialects.body import engine_extras, read_shape, shaped, tuple_of_stops
from unsloth_studio.dialects.lenient import tool_schema
from unsloth_studio.dialects.native_tools import with_native
from unsloth_studio.dialects.server_tools import read_server_tools
from unsloth_studio.schema_guard import check_schema
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid
from unsloth_studio.turn.messages import (
    Conversation,
    NamedTool,
    OutputFormat,
    ReasoningConfig,
    Request,
    SamplingParams,
    ServerTools,
    ToolChoice,
    ToolDefinition,
)

_GREEDY_BELOW = 1e-3
"""Temperatures smaller than this are 0 to any practical end; dividing by them would overflow the engine's floats."""


class MessagesCall(Struct, frozen=True):
    """A request to `/v1/messages`, and whether it wants events or one JSON object."""

    request: Request
    stream: bool

    @property
    def told(self) -> bool:
        """Whether the client asked for tools by fields of ours, and gets what its API has no words for."""
        return self.request.server_tools is not None and self.request.server_tools.tells_live

    @property
    def cited(self) -> frozenset[str]:
        """The tools of ours whose sources become citations."""
        return self.request.server_tools.cited if self.request.server_tools else frozenset()


def read(body: bytes) -> MessagesCall:
    """Read the body of `POST /v1/messages`. Raises `TurnFailure`."""
    wire, extras = read_shape(body, Body)
    _refuse_threads(wire)
    if not wire.messages:
        raise invalid("messages: this list is empty; send at least one message.", param="messages")
    passed_on = engine_extras(extras)
    for key, value in passed_on.items():
        check_nesting(value, key)
    server_tools = with_native(read_server_tools(wire), read_native(wire.tools or [], wire.container), wire)
    request = Request(
        prompt=_conversation(wire, server_tools),
        model=wire.model or None,
        sampling=_sampling(wire),
        output=_output(wire),
        reasoning=_reasoning(wire),
        max_tokens=wire.max_tokens,
        heal_tool_calls=wire.auto_heal_tool_calls is not False,
        server_tools=server_tools,
        engine_extras=passed_on,
    )
    return MessagesCall(request, bool(wire.stream))


def read_count(body: bytes) -> MessagesCall:
    """Read the body of `POST /v1/messages/count_tokens`: the same shape, where `max_tokens` and `stream` say nothing."""
    return MessagesCall(read(body).request, stream=False)


def _refuse_threads(wire: Body) -> None:
    """Conversations are not kept here. With these two codes the SDK sends the whole conversation again by itself."""
    if wire.thread is None:
        return
    if isinstance(wire.thread, ContinueThread):
        message = "thread: this server keeps no conversations; send the whole conversation without thread."
        raise TurnFailure(TurnError("not_found", message, param="thread", code="thread_not_found"))
    message = "thread: this server keeps no conversations; send the request without it."
    raise invalid(message, param="thread", code="thread_unsupported_request")


def _conversation(wire: Body, ours: ServerTools | None) -> Conversation:
    messages = system_messages(wire.system)
    leading = len(messages)
    for at, turn in enumerate(wire.messages):
        messages.extend(turn_messages(turn, f"messages[{at}]"))
    if not any(message.parts for message in messages[leading:]):
        raise invalid("messages: no message has any content; send some text.", param="messages")
    tools = _tools(wire.tools or [])
    names = {*(ours.names if ours else ()), *(tool.name for tool in tools)}
    choice, parallel = _tool_choice(wire, names, left_out=len(tools) < len(wire.tools or ()))
    return Conversation(tuple(messages), tools, choice, parallel)


def _tools(listed: list[Tool]) -> tuple[ToolDefinition, ...]:
    """The client's own tools, in the client's order. For tools of the API's see `native_tools`."""
    tools: dict[str, ToolDefinition] = {}
    for at, tool in enumerate(listed):
        path = f"tools[{at}]"
        if tool.type == "function":
            tool = _of_openai(tool, path)
        if tool.type not in (None, "custom") and tool.input_schema is None:
            continue
        if tool.name is None:
            raise invalid(f"{path}.name: this field is required.", param=f"{path}.name")
        if tool.name in tools:
            raise invalid(f"{path}.name: two tools are called '{tool.name}'; rename one.", param=f"{path}.name")
        schema = tool_schema(tool.input_schema)
        tools[tool.name] = ToolDefinition(tool.name, tool.description or "", schema, tool.strict)
    return tuple(tools.values())


def _of_openai(tool: Tool, path: str) -> Tool:
    """A tool that came in the spelling of OpenAI's dialects."""
    if tool.function is not None:
        tool = shaped(tool.function, Tool, at=f"{path}.function")
    schema = tool.input_schema if tool.input_schema is not None else tool.parameters
    return Tool(None, tool.name, tool.description, schema, tool.strict)


def _tool_choice(wire: Body, names: set[str], *, left_out: bool) -> tuple[ToolChoice, bool]:
    """The choice, and whether several calls may come at once. `names` are those of the client's tools and of the server's
    that are asked for; a choice that only left-out tools can meet is "auto"."""
    chosen = wire.tool_choice
    if chosen is None:
        return "auto", True
    if isinstance(chosen, NoChoice):
        return "none", True
    parallel = not chosen.disable_parallel_tool_use
    if isinstance(chosen, NamedChoice) and chosen.name not in names and our_name(chosen.name) in names:
        return NamedTool(our_name(chosen.name)), parallel
    if isinstance(chosen, AutoChoice) or (left_out and not _can_meet(chosen, names)):
        return "auto", parallel
    if not _can_meet(chosen, names):
        name = f" called '{chosen.name}'" if isinstance(chosen, NamedChoice) else ""
        raise invalid(f"tool_choice: there is no tool{name} in tools.", param="tool_choice")
    return (NamedTool(chosen.name) if isinstance(chosen, NamedChoice) else "required"), parallel


def _can_meet(chosen: AnyChoice | NamedChoice, names: set[str]) -> bool:
    return bool(names) if isinstance(chosen, AnyChoice) else chosen.name in names


def _sampling(wire: Body) -> SamplingParams:
    temperature = wire.temperature
    return SamplingParams(
        temperature=0.0 if temperature is not None and temperature < _GREEDY_BELOW else temperature,
        top_p=wire.top_p,
        top_k=wire.top_k,
        min_p=wire.min_p,
        repeat_penalty=wire.repeat_penalty if wire.repeat_penalty is not None else wire.repetition_penalty,
        presence_penalty=wire.presence_penalty,
        frequency_penalty=wire.frequency_penalty,
        seed=wire.seed,
        stop=tuple_of_stops(wire.stop_sequences),
    )


def _output(wire: Body) -> OutputFormat:
    """`output_config.format`, or `output_format`, which was its name in the beta."""
    path = "output_config.format" if wire.output_config and wire.output_config.format else "output_format"
    wanted = (wire.output_config and wire.output_config.format) or wire.output_format
    if wanted is None:
        return OutputFormat()
    check_nesting(wanted.schema, f"{path}.schema")
    schema: dict[str, Any] = wanted.schema
    check_schema(schema, f"{path}.schema")
    return OutputFormat("json_schema", schema)


def _reasoning(wire: Body) -> ReasoningConfig:
    """`adaptive` is on: the model decides by itself how long it thinks. Our own two fields win over the API's."""
    enabled = None if wire.thinking is None else wire.thinking.type != "disabled"
    effort = wire.reasoning_effort or (wire.output_config.effort if wire.output_config else None)
    budget = wire.thinking.budget_tokens if wire.thinking and enabled else None
    if effort == "none":
        enabled, effort = False, None
    if wire.enable_thinking is not None:
        enabled = wire.enable_thinking
    return ReasoningConfig(enabled, effort, budget if enabled else None)
