"""A Responses request body as a turn to generate.

One rule: this server stores nothing, so every request brings its whole history; what refers to something stored is
refused in words that say so. The fields that the response object repeats are written as JSON once, here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.dialects.body import engine_extras, read_shape, tuple_of_stops
from unsloth_studio.dialects.native_tools import with_native
from unsloth_studio.dialects.openai_responses.hosted import Shown
from unsloth_studio.dialects.openai_responses.items import ItemReader, tool_lists
from unsloth_studio.dialects.openai_responses.native_tools import allowed_only, read_native
from unsloth_studio.dialects.openai_responses.tools import ToolNames, read_tool_choice, read_tools
from unsloth_studio.dialects.openai_responses.wire import (
    Body,
    JsonObjectFormat,
    JsonSchemaFormat,
    RawObject,
)
from unsloth_studio.dialects.server_tools import read_server_tools
from unsloth_studio.schema_guard import check_schema
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    OutputFormat,
    ReasoningConfig,
    Request,
    SamplingParams,
    ServerTools,
    TextPart,
)

_SUMMARIES = frozenset({"auto", "concise", "detailed"})
_DEPTH_MARGIN = 16
"""How much deeper than in the echo a value may stand in the request to the engine; orjson writes 254 levels."""


class ResponsesCall(Struct, frozen=True):
    """A request, and what its answer needs: `echo` is the JSON object of the fields that the response repeats;
    `summarize` says that reasoning is wanted as summary events too; `logprobs` that they are wanted at all."""

    request: Request
    stream: bool = False
    echo: bytes = b"{}"
    tool_names: ToolNames = field(default_factory=ToolNames)
    summarize: bool = False
    logprobs: bool = False
    encrypted_reasoning: bool = False
    shown: Shown = field(default_factory=Shown)

    @property
    def cited(self) -> frozenset[str]:
        """The tools of ours whose sources become annotations."""
        return self.request.server_tools.cited if self.request.server_tools else frozenset()


def read(body: bytes) -> ResponsesCall:
    """Raises `TurnFailure` (invalid_request) with the field's path as `param` for whatever is wrong with `body`."""
    wire, extras = read_shape(body, Body)
    _refuse_stored(wire)
    logprobs = wire.top_logprobs is not None or "message.output_text.logprobs" in (wire.include or ())
    conversation, names, server_tools = _conversation(wire)
    included = frozenset(wire.include or ())
    return ResponsesCall(
        Request(
            conversation,
            model=wire.model or None,
            sampling=_sampling(wire),
            output=_output_format(wire),
            reasoning=_reasoning(wire),
            max_tokens=wire.max_output_tokens,
            top_logprobs=(wire.top_logprobs or 0) if logprobs else None,
            heal_tool_calls=wire.auto_heal_tool_calls is not False,
            server_tools=server_tools,
            engine_extras=_shallow(engine_extras(extras)),
        ),
        stream=bool(wire.stream),
        echo=_echo(wire),
        tool_names=names,
        summarize=_summary(wire) is not None,
        logprobs=logprobs,
        encrypted_reasoning="reasoning.encrypted_content" in included,
        shown=Shown(
            sources="web_search_call.action.sources" in included,
            outputs="code_interpreter_call.outputs" in included,
            container=server_tools.session_id if server_tools else None,
        ),
    )


def _refuse_stored(wire: Body) -> None:
    if wire.background:
        message = "background: Responses are not stored here, so they cannot be made in the background. Leave it out."
        raise invalid(message, param="background", code="unsupported_parameter")
    for param, value in (("previous_response_id", wire.previous_response_id), ("conversation", wire.conversation)):
        if value is not None:
            message = f"{param}: Responses are not stored on this server. Send the whole history in 'input' instead."
            raise invalid(message, param=param, code="unsupported_parameter")
    if wire.prompt is not None:
        message = "prompt: Prompts are not stored on this server. Send the text in 'instructions' and 'input' instead."
        raise invalid(message, param="prompt", code="unsupported_parameter")


def _conversation(wire: Body) -> tuple[Conversation, ToolNames, ServerTools | None]:
    if not wire.input:
        raise invalid("input: Nothing was sent. Give a text, or a list of input items.", param="input")
    listed = [wire.input] if isinstance(wire.input, str) else wire.input
    items: list[RawObject] = [{"role": "user", "content": one} if isinstance(one, str) else one for one in listed]
    groups = [("tools", wire.tools or []), *tool_lists(items)]
    tools, names = read_tools(groups)
    server_tools = _server_tools(wire, groups, items)
    ours = server_tools.names if server_tools else ()
    choice, tools = read_tool_choice(wire.tool_choice, tools, names=names, ours=ours)
    reader = ItemReader(names)
    for index, item in enumerate(items):
        reader.read(item, f"input[{index}]")
    messages = reader.messages()
    if not messages:
        raise invalid("input: None of these items says anything to the model. Add a message.", param="input")
    if wire.instructions:
        messages = (Message("system", (TextPart(wire.instructions),)), *messages)
    parallel = wire.parallel_tool_calls is not False
    return Conversation(messages, tools=tools, tool_choice=choice, parallel_tool_calls=parallel), names, server_tools


def _server_tools(
    wire: Body, groups: Sequence[tuple[str, list[RawObject]]], items: list[RawObject]
) -> ServerTools | None:
    """What runs here. A choice that demands a tool cannot go on without it."""
    wanted = with_native(read_server_tools(wire), read_native(groups, items), wire)
    wanted = allowed_only(wanted, wire.tool_choice)
    if wanted is None:
        return None
    calls = wanted.max_calls if wanted.max_calls is not None else wire.max_tool_calls
    optional = wanted.optional and wire.tool_choice in (None, "auto", "none")
    return replace(wanted, max_calls=calls, optional=optional)


def _sampling(wire: Body) -> SamplingParams:
    return SamplingParams(
        temperature=wire.temperature,
        top_p=wire.top_p,
        top_k=wire.top_k,
        min_p=wire.min_p,
        repeat_penalty=wire.repeat_penalty if wire.repeat_penalty is not None else wire.repetition_penalty,
        presence_penalty=wire.presence_penalty,
        frequency_penalty=wire.frequency_penalty,
        seed=wire.seed,
        stop=tuple_of_stops(wire.stop),
    )


def _output_format(wire: Body) -> OutputFormat:
    match wire.text.format if wire.text else None:
        case JsonSchemaFormat() as wanted:
            check_schema(wanted.schema, "text.format.schema")
            return OutputFormat("json_schema", schema=wanted.schema, name=wanted.name)
        case JsonObjectFormat():
            return OutputFormat("json_object")
        case _:
            return OutputFormat()


def _reasoning(wire: Body) -> ReasoningConfig:
    effort = wire.reasoning.effort if wire.reasoning else None
    enabled = wire.enable_thinking
    if enabled is None and effort is not None:
        enabled = effort != "none"
    return ReasoningConfig(enabled=enabled, effort=None if effort == "none" else effort)


def _summary(wire: Body) -> str | None:
    """The summary that was asked for, in a word that the API knows."""
    asked = (wire.reasoning.summary or wire.reasoning.generate_summary) if wire.reasoning else None
    return asked if asked in _SUMMARIES else None


def _echo(wire: Body) -> bytes:
    """The members that a response object repeats from its request. `store` says what is true here: nothing is stored."""
    members: dict[str, Any] = {
        "background": False,
        "instructions": wire.instructions,
        "max_output_tokens": wire.max_output_tokens,
        "max_tool_calls": wire.max_tool_calls,
        "metadata": wire.metadata or {},
        "parallel_tool_calls": wire.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt_cache_key": wire.prompt_cache_key,
        "reasoning": {"effort": wire.reasoning.effort if wire.reasoning else None, "summary": _summary(wire)},
        "safety_identifier": wire.safety_identifier,
        "service_tier": "default",
        "store": False,
        "temperature": wire.temperature,
        "text": _echo_text(wire),
        "tool_choice": wire.tool_choice or "auto",
        "tools": wire.tools or [],
        "top_logprobs": wire.top_logprobs or 0,
        "top_p": wire.top_p,
        "truncation": wire.truncation or "disabled",
        "user": wire.user,
    }
    return _dumped(members)


def _echo_text(wire: Body) -> dict[str, Any]:
    wanted: dict[str, Any] = {"type": "text"}
    match wire.text.format if wire.text else None:
        case JsonSchemaFormat() as schema:
            wanted = {"type": "json_schema", "name": schema.name, "schema": schema.schema, "strict": schema.strict}
            if schema.description is not None:
                wanted["description"] = schema.description
        case JsonObjectFormat():
            wanted = {"type": "json_object"}
        case _:
            pass
    verbosity = wire.text.verbosity if wire.text else None
    return {"format": wanted, "verbosity": verbosity or "medium"}


def _shallow(extras: Mapping[str, Any]) -> Mapping[str, Any]:
    _dumped(extras)
    return extras


def _dumped(value: Mapping[str, Any]) -> bytes:
    """JSON text, refused when it is nested more deeply than can be written again on the way to the engine."""
    nested: Any = value
    for _ in range(_DEPTH_MARGIN):
        nested = [nested]
    try:
        return orjson.dumps(nested)[_DEPTH_MARGIN:-_DEPTH_MARGIN]
    except orjson.JSONEncodeError as error:
        raise _too_deep() from error


def _too_deep() -> TurnFailure:
    return invalid("The request body: A tool, schema or setting is nested too deeply. Flatten it.")
