"""Requests with an image in them, in every form that clients send, and how each dialect reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from unsloth_studio.dialects.anthropic import read as anthropic
from unsloth_studio.dialects.openai_chat import read as chat
from unsloth_studio.dialects.openai_responses import read as responses
from unsloth_studio.turn.messages import Request

URL = "data:image/png;base64,iVBORw0KGgo="
HTTP = "https://example.com/a.png"
Json = dict[str, Any]
Read = Callable[[Json], Request]


def read_chat(body: Json) -> Request:
    return chat.read(orjson.dumps(body)).request


def read_responses(body: Json) -> Request:
    return responses.read(orjson.dumps(body)).request


def read_anthropic(body: Json) -> Request:
    return anthropic.read(orjson.dumps(body)).request


def said(part: Json) -> Json:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, part]}]}


def chat_result(part: Json) -> Json:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = {"role": "tool", "tool_call_id": "c1", "content": [part]}
    return {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [call]}, answer]}


def item(part: Json) -> Json:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "?"}, part]}]}


def output(kind: str, value: Any) -> Json:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    return {"input": [{"role": "user", "content": "?"}, call, {"type": kind, "call_id": "c1", "output": value}]}


def anthropic_result(content: list[Json]) -> Json:
    call: Json = {"type": "tool_use", "id": "c1", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": content}
    turns: list[tuple[str, Any]] = [("user", "?"), ("assistant", [call]), ("user", [result])]
    return {"messages": [{"role": role, "content": said} for role, said in turns]}


def block(**source: str) -> Json:
    return {"type": "image", "source": source}


BASE64 = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
IMAGE_FORMS: dict[str, tuple[Read, Json, str]] = {
    "chat: object": (read_chat, said({"type": "image_url", "image_url": {"url": URL, "detail": "low"}}), URL),
    "chat: string": (read_chat, said({"type": "image_url", "image_url": HTTP}), HTTP),
    "chat: tool result": (read_chat, chat_result({"type": "image_url", "image_url": {"url": URL}}), URL),
    "responses: string": (read_responses, item({"type": "input_image", "image_url": URL, "detail": "auto"}), URL),
    "responses: http": (read_responses, item({"type": "input_image", "image_url": HTTP}), HTTP),
    "responses: in capitals": (read_responses, item({"type": "input_image", "image_url": HTTP.upper()}), HTTP.upper()),
    "responses: as in chat": (read_responses, item({"type": "image_url", "image_url": {"url": URL}}), URL),
    "responses: function output": (
        read_responses,
        output("function_call_output", [{"type": "input_image", "image_url": URL}]),
        URL,
    ),
    "responses: custom tool output": (
        read_responses,
        output("custom_tool_call_output", [{"type": "input_image", "image_url": URL}]),
        URL,
    ),
    "responses: screenshot": (
        read_responses,
        output("computer_call_output", {"type": "computer_screenshot", "image_url": URL}),
        URL,
    ),
    "anthropic: base64": (read_anthropic, said(block(**BASE64)), URL),
    "anthropic: url": (read_anthropic, said(block(type="url", url=HTTP)), HTTP),
    "anthropic: data url": (read_anthropic, said(block(type="url", url=URL)), URL),
    "anthropic: tool result": (read_anthropic, anthropic_result([block(**BASE64)]), URL),
    "anthropic: document": (
        read_anthropic,
        said({"type": "document", "source": {"type": "content", "content": [block(**BASE64)]}}),
        URL,
    ),
}
"""What reads it, the body without its `model`, and the URL that must come out."""
