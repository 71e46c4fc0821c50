"""The shapes of a Messages request, as the Anthropic API reference and its Python SDK (2.12) give them.

The rule: what the API calls required is required here only where the request has no meaning without it; fields that
this server does not use (`metadata`, `cache_control`, `service_tier`, ...) are accepted and dropped.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from unsloth_studio.dialects.anthropic.blocks import Block, TextBlock
from unsloth_studio.dialects.body import Count, NonNegative, Penalty, Probability, Seed
from unsloth_studio.dialects.server_tools import ServerToolFields

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Effort = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
TopK = Annotated[int, msgspec.Meta(ge=-1, le=2**31 - 1)]
"""-1 and 0 switch it off."""
RepeatPenalty = Annotated[float, msgspec.Meta(gt=0, le=100)]
"""The engine divides by it."""
Budget = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
StopSequences = Annotated[list[str], msgspec.Meta(max_length=1024)]


class Turn(msgspec.Struct):
    """One entry of `messages`. `role: "system"` may stand anywhere among them (Claude Code sends it so)."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block | str | None] | None


class Tool(msgspec.Struct):
    """A tool of the client's own (`type` absent, null or "custom") or one that the API names by a dated type. `function` and
    `parameters` are OpenAI's spelling. With `defer_loading` the model gets to know it by a `tool_reference`."""

    type: str | None = None
    name: Name | None = None
    description: str | None = None
    input_schema: Any = None
    strict: bool | None = None
    defer_loading: bool | None = None
    parameters: Any = None
    function: dict[str, Any] | None = None
    max_uses: Any = None
    allowed_domains: Any = None
    blocked_domains: Any = None
    user_location: Any = None
    max_content_tokens: Any = None
    citations: Any = None

    @property
    def options(self) -> dict[str, Any]:
        """What only tools of the API's have; `native_tools` knows their shapes."""
        return {name: value for name in _OPTIONS if (value := getattr(self, name)) is not None}


_OPTIONS = ("max_uses", "allowed_domains", "blocked_domains", "user_location", "max_content_tokens", "citations")


class Container(msgspec.Struct):
    """Where code is run again: the name of a session. Skills are not known here."""

    id: str | None = None


class AutoChoice(msgspec.Struct, tag_field="type", tag="auto"):
    disable_parallel_tool_use: bool | None = None


class AnyChoice(msgspec.Struct, tag_field="type", tag="any"):
    disable_parallel_tool_use: bool | None = None


class NamedChoice(msgspec.Struct, tag_field="type", tag="tool"):
    name: Name
    disable_parallel_tool_use: bool | None = None


class NoChoice(msgspec.Struct, tag_field="type", tag="none"):
    pass


class Thinking(msgspec.Struct):
    type: Literal["enabled", "adaptive", "disabled"]
    budget_tokens: Budget | None = None


class JsonFormat(msgspec.Struct, tag_field="type", tag="json_schema"):
    schema: dict[str, Any]


class OutputConfig(msgspec.Struct):
    effort: Effort | None = None
    format: JsonFormat | None = None


class CreateThread(msgspec.Struct, tag_field="type", tag="create"):
    pass


class ContinueThread(msgspec.Struct, tag_field="type", tag="continue"):
    previous_message_id: str | None = None


class Body(ServerToolFields, kw_only=True):
    """`POST /v1/messages`, and `POST /v1/messages/count_tokens`, which has no `max_tokens`.

    `model` and `max_tokens` may be absent. Below `thread` stand this server's own extensions.
    """

    messages: list[Turn]
    model: str | None = None
    system: str | list[TextBlock | str] | None = None
    max_tokens: Count | None = None
    temperature: NonNegative | None = None
    top_p: Probability | None = None
    top_k: TopK | None = None
    stop_sequences: StopSequences | None = None
    stream: bool | None = None
    metadata: dict[str, Any] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: JsonFormat | None = None
    tools: list[Tool] | None = None
    tool_choice: AutoChoice | AnyChoice | NamedChoice | NoChoice | None = None
    thread: CreateThread | ContinueThread | None = None
    container: str | Container | None = None

    min_p: Probability | None = None
    repeat_penalty: RepeatPenalty | None = None
    repetition_penalty: RepeatPenalty | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    seed: Seed | None = None
    enable_thinking: bool | None = None
    auto_heal_tool_calls: bool | None = None
    reasoning_effort: Effort | None = None
