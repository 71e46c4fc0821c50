"""From the body of `POST /v1/chat/completions` to a turn request.

The rule: every body gives a `ChatCall` or a `TurnFailure` that names the field. What OpenAI keeps for itself (`user`,
`metadata`, `store`, `service_tier`, `prompt_cache_key`, `safety_identifier`, `verbosity`, `prediction`) is accepted and goes
nowhere.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from unsloth_studio.dialects.body import read_shape
from unsloth_studio.dialects.native_tools import NativeTools, search_rules, with_native
from unsloth_studio.dialects.openai_chat import wire
from unsloth_studio.dialects.openai_chat.conversation import read_messages
from unsloth_studio.dialects.openai_chat.tools import read_tools
from unsloth_studio.dialects.openai_sampling import (
    read_choices,
    read_extras,
    read_sampling,
    require_shallow,
    wants_usage,
)
from unsloth_studio.dialects.server_tools import read_server_tools
from unsloth_studio.schema_guard import check_schema
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import Conversation, OutputFormat, ReasoningConfig, Request, ServerTools


class ChatCall(Struct, frozen=True):
    """`n` turns of `request` are wanted (1 to 8); `include_usage` asks for a usage chunk at the end of the stream."""

    request: Request
    stream: bool
    include_usage: bool
    n: int

    @property
    def told(self) -> bool:
        """Whether the client asked for tools by fields of ours, and gets what its API has no words for."""
        return self.request.server_tools is not None and self.request.server_tools.tells_live

    @property
    def cited(self) -> frozenset[str]:
        """The tools of ours whose sources become annotations."""
        return self.request.server_tools.cited if self.request.server_tools else frozenset()


def read(body: bytes) -> ChatCall:
    """Raises `TurnFailure` (invalid_request) with the field's path as `param`."""
    shape, unnamed = read_shape(body, wire.ChatBody)
    extras = read_extras(unnamed)
    if "audio" in (shape.modalities or ()):
        raise invalid("modalities: this server answers in text only.", param="modalities", code="unsupported_parameter")
    server_tools = with_native(read_server_tools(shape), _read_native(shape.web_search_options), shape)
    request = Request(
        prompt=_read_conversation(shape, server_tools),
        model=shape.model or None,
        sampling=read_sampling(shape),
        output=_read_output(shape.response_format),
        reasoning=_read_reasoning(shape, extras.get("chat_template_kwargs", {})),
        max_tokens=shape.max_tokens if shape.max_completion_tokens is None else shape.max_completion_tokens,
        top_logprobs=_read_logprobs(shape),
        heal_tool_calls=shape.auto_heal_tool_calls is not False,
        server_tools=server_tools,
        engine_extras=extras,
    )
    return ChatCall(request, bool(shape.stream), wants_usage(shape), read_choices(shape))


def _read_native(options: wire.WebSearchOptions | None) -> NativeTools | None:
    if options is None:
        return None
    location = options.user_location.approximate if options.user_location else None
    return NativeTools(search_rules(options.search_context_size, location), "web_search_options")


def _read_conversation(shape: wire.ChatBody, ours: ServerTools | None) -> Conversation:
    messages = read_messages(shape.messages)
    tools, choice = read_tools(shape, ours.names if ours else ())
    return Conversation(messages, tools, choice, shape.parallel_tool_calls is not False)


def _read_logprobs(shape: wire.ChatBody) -> int | None:
    if shape.logprobs:
        return shape.top_logprobs or 0
    if shape.top_logprobs is not None:
        raise invalid("top_logprobs: this needs logprobs to be true as well.", param="top_logprobs")
    return None


def _read_output(wanted: wire.ResponseFormat | None) -> OutputFormat:
    if wanted is None or wanted.type == "text":
        return OutputFormat()
    if wanted.type == "json_object":
        return _schema(wanted.schema, "response_format.schema")
    if wanted.json_schema is None:
        raise invalid("response_format.json_schema: this field is required.", param="response_format.json_schema")
    named = wanted.json_schema
    return _schema(named.schema, "response_format.json_schema.schema", name=named.name)


def _schema(schema: dict[str, Any] | None, path: str, *, name: str | None = None) -> OutputFormat:
    """Without a schema any JSON object will do."""
    if schema is None:
        return OutputFormat("json_object")
    require_shallow(schema, path)
    check_schema(schema, path)
    return OutputFormat("json_schema", schema, name or "answer")


def _read_reasoning(shape: wire.ChatBody, template: dict[str, Any]) -> ReasoningConfig:
    """Whether to think: `enable_thinking`, else `thinking.type`, else the template's own switch, else whether an
    effort is asked for."""
    effort = shape.reasoning_effort
    kind = shape.thinking.type if shape.thinking else None
    switch = template.get("enable_thinking")
    enabled = shape.enable_thinking
    if enabled is None and kind in ("enabled", "disabled"):
        enabled = kind == "enabled"
    if enabled is None and isinstance(switch, bool):
        enabled = switch
    if enabled is None and effort is not None:
        enabled = effort != "none"
    return ReasoningConfig(
        enabled=enabled,
        effort=None if effort == "none" else effort,
        budget_tokens=shape.thinking.budget_tokens if shape.thinking else None,
    )
