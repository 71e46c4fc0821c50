"""Replies of `/v1` in the OpenAPI document: objects that their vendors describe, with what we add named in the reference."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

Vendor = dict[str, Any]

ChatCompletion = Annotated[Vendor, Meta(description="OpenAI's `chat.completion`.")]
ChatChunk = Annotated[Vendor, Meta(description="OpenAI's `chat.completion.chunk`; the last line is `[DONE]`.")]
TextCompletion = Annotated[Vendor, Meta(description="OpenAI's `text_completion`; streamed, too.")]
ModelResponse = Annotated[Vendor, Meta(description="OpenAI's `response`.")]
ResponseEvent = Annotated[Vendor, Meta(description="OpenAI's events of a response; `type` names each.")]
AnthropicMessage = Annotated[Vendor, Meta(description="Anthropic's `message`.")]
AnthropicEvent = Annotated[Vendor, Meta(description="Anthropic's events of a message; `type` names each.")]
TokenCount = Annotated[Vendor, Meta(description="`input_tokens`, a number.")]
ModelPage = Annotated[Vendor, Meta(description="A page of models that OpenAI and Anthropic clients both read.")]
ModelObject = Annotated[Vendor, Meta(description="One model, as OpenAI and Anthropic clients both read it.")]
