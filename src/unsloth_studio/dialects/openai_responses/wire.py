"""Shapes of a Responses request body, and the conversion of values whose shape depends on their own `type`.

One rule: what is a union by `type` (input items, tools) arrives as a plain object and is shaped here, once its type is
known; hosted items that only OpenAI can make are never shaped, so that they can never fail.
Format: OpenAI API reference, "Create a model response", and `openai/types/responses` of the official Python SDK.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from unsloth_studio.dialects.body import Count, NonNegative, Penalty, Probability, Seed
from unsloth_studio.dialects.server_tools import ServerToolFields
from unsloth_studio.turn.errors import invalid

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
RawObject = dict[str, Any]


class TextFormat(msgspec.Struct, tag_field="type", tag="text"):
    """Free text."""


class JsonObjectFormat(msgspec.Struct, tag_field="type", tag="json_object"):
    """Any JSON object."""


class JsonSchemaFormat(msgspec.Struct, tag_field="type", tag="json_schema"):
    """JSON that follows `schema`."""

    schema: RawObject
    name: str = "answer"
    description: str | None = None
    strict: bool | None = None


class TextConfig(msgspec.Struct):
    format: TextFormat | JsonObjectFormat | JsonSchemaFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(msgspec.Struct):
    effort: Effort | None = None
    summary: str | None = None
    generate_summary: str | None = None


class Body(ServerToolFields, kw_only=True):
    """The whole request. Fields below `user` are extensions, as in the other dialects of this server."""

    input: str | list[RawObject | str] | None = None
    model: str | None = None
    instructions: str | None = None
    stream: bool | None = None
    stream_options: RawObject | None = None
    tools: list[RawObject] | None = None
    tool_choice: str | RawObject | None = None
    parallel_tool_calls: bool | None = None
    auto_heal_tool_calls: bool | None = None
    max_tool_calls: int | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    include: list[str] | None = None
    max_output_tokens: Count | None = None
    temperature: NonNegative | None = None
    top_p: Probability | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: str | RawObject | None = None
    prompt: RawObject | None = None
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    client_metadata: RawObject | None = None
    user: str | None = None
    stop: str | list[str] | None = None
    seed: Seed | None = None
    top_k: Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)] | None = None
    min_p: Probability | None = None
    repeat_penalty: NonNegative | None = None
    repetition_penalty: NonNegative | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    enable_thinking: bool | None = None


class ImageUrl(msgspec.Struct):
    """The Chat dialect's spelling of an image, which some clients send here too."""

    url: str
    detail: str | None = None


class ContentPart(msgspec.Struct):
    """A part of a message, of a tool's output or of a reasoning item; `type` says which of the fields count."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | ImageUrl | None = None
    detail: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None


Content = str | list[ContentPart | str | None]


class MessageItem(msgspec.Struct):
    role: Literal["user", "assistant", "system", "developer"]
    content: Content | None


class ReasoningItem(msgspec.Struct):
    summary: list[ContentPart] | None = None
    content: list[ContentPart] | None = None


class FunctionCallItem(msgspec.Struct):
    """A call of an earlier turn, as badly as a model wrote it or a client kept it."""

    name: str | None = None
    call_id: str | None = None
    arguments: Any = None
    namespace: str | None = None


class CustomToolCallItem(msgspec.Struct):
    name: str | None = None
    call_id: str | None = None
    input: Any = None
    namespace: str | None = None


class ToolOutputItem(msgspec.Struct):
    """`function_call_output` and `custom_tool_call_output`."""

    output: Content | RawObject | int | float | bool | None = None
    call_id: str | None = None


class ToolListItem(msgspec.Struct):
    """`additional_tools` and `tool_search_output`: tools that a client adds in the middle of a conversation."""

    tools: list[RawObject]


class FunctionTool(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    description: str | None = None
    parameters: Any = None
    strict: bool | None = None


class GrammarFormat(msgspec.Struct):
    type: str
    syntax: str | None = None
    definition: str | None = None


class CustomTool(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    description: str | None = None
    format: GrammarFormat | None = None


class NamespaceTool(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    tools: list[RawObject]
    description: str | None = None


class NamedToolChoice(msgspec.Struct):
    """`{"type": "function" | "custom", "name"}`."""

    name: str
    namespace: str | None = None


class AllowedTools(msgspec.Struct):
    tools: list[RawObject]
    mode: Literal["auto", "required"] = "auto"


def type_of(raw: RawObject, *, at: str) -> str | None:
    """The object's `type`, None when it has none. Raises `TurnFailure` when it is not a string."""
    kind: object = raw.get("type")
    if kind is None or isinstance(kind, str):
        return kind
    raise invalid(f"{at}.type: Expected 'str'.", param=f"{at}.type")
