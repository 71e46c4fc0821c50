"""The request body of `POST /v1/chat/completions` as it is on the wire.

One rule: what is not named here is not an error. Shapes follow `openai.types.chat` of the official Python SDK; where
clients were seen to differ (a string for an image, an object for arguments) both spellings are typed. The legacy forms
(`functions`, `function_call`, role `function`) are read as the tools they became.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from unsloth_studio.dialects.body import Count
from unsloth_studio.dialects.native_tools import ContextSize, UserLocation
from unsloth_studio.dialects.openai_sampling import Alternatives, SharedFields

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class ImageUrl(msgspec.Struct):
    url: str
    detail: str | None = None


class File(msgspec.Struct):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class ContentPart(msgspec.Struct):
    """One part of a message; `type` says which of the other fields counts."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None
    file: File | None = None


class FunctionCall(msgspec.Struct):
    """A call of an earlier turn, as badly as a model wrote it or a client kept it."""

    name: str | None = None
    arguments: Any = None


class CustomCall(msgspec.Struct):
    name: str | None = None
    input: Any = None


class ToolCall(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    function: FunctionCall | None = None
    custom: CustomCall | None = None


MessageContent = str | list[ContentPart | str | None] | dict[str, Any] | int | float | bool | msgspec.UnsetType | None


class Message(msgspec.Struct):
    """`content` tells a missing field from null: clients send null, and nobody but a tool without output means a missing
    one. Results of tools come as objects and numbers, too."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: MessageContent = msgspec.UNSET
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: Any = None
    tool_calls: list[ToolCall] | None = None
    function_call: FunctionCall | None = None
    tool_call_id: str | None = None


class Function(msgspec.Struct):
    name: Name
    description: str | None = None
    parameters: Any = None
    strict: bool | None = None


class Tool(msgspec.Struct):
    """`name` and below: a function as Responses spells it, without the object around it."""

    type: str = "function"
    function: Function | None = None
    name: Name | None = None
    description: str | None = None
    parameters: Any = None
    strict: bool | None = None


class Named(msgspec.Struct):
    name: Name


class AllowedTool(msgspec.Struct):
    type: str = "function"
    function: Named | None = None


class AllowedTools(msgspec.Struct):
    mode: Literal["auto", "required"]
    tools: list[AllowedTool]


class ToolChoice(msgspec.Struct):
    type: str
    function: Named | None = None
    name: Name | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchema(msgspec.Struct):
    name: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class ResponseFormat(msgspec.Struct):
    """`schema` beside `json_object` is llama.cpp's older spelling of a JSON schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None
    schema: dict[str, Any] | None = None


class Thinking(msgspec.Struct):
    type: Literal["enabled", "disabled", "adaptive", "auto"] | None = None
    budget_tokens: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None


class ApproximateLocation(msgspec.Struct):
    approximate: UserLocation | None = None


class WebSearchOptions(msgspec.Struct):
    search_context_size: ContextSize | None = None
    user_location: ApproximateLocation | None = None


class ChatBody(SharedFields, kw_only=True):
    messages: list[Message]
    max_completion_tokens: Count | None = None
    logprobs: bool | None = None
    top_logprobs: Alternatives | None = None
    tools: list[Tool] | None = None
    tool_choice: str | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    auto_heal_tool_calls: bool | None = None
    functions: list[Function] | None = None
    function_call: str | Named | None = None
    response_format: ResponseFormat | None = None
    modalities: list[str] | None = None
    reasoning_effort: Effort | None = None
    enable_thinking: bool | None = None
    thinking: Thinking | None = None
    web_search_options: WebSearchOptions | None = None
    prompt_cache_key: Any = None
    metadata: Any = None
