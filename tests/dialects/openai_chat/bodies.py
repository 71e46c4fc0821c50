"""Chat Completions bodies for the readers' tests: a greeting and what is added to it."""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.dialects.openai_chat.read import ChatCall, read
from unsloth_studio.turn.messages import Conversation, Message

HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TIME: dict[str, Any] = {"type": "function", "function": {"name": "get_time", "description": None}}


def call_of(**fields: Any) -> ChatCall:
    return read(json.dumps({"messages": [HELLO], **fields}).encode())


def conversation_of(**fields: Any) -> Conversation:
    prompt = call_of(**fields).request.prompt
    assert isinstance(prompt, Conversation)
    return prompt


def messages_of(*messages: dict[str, Any]) -> tuple[Message, ...]:
    return conversation_of(messages=list(messages)).messages
