"""Request bodies and messages in few words."""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.dialects.openai_responses.read import ResponsesCall, read
from unsloth_studio.turn.messages import Conversation, DocumentPart, ImagePart, Message, Part, TextPart, ToolResultPart


def call(**fields: Any) -> ResponsesCall:
    return read(orjson.dumps({"input": "Hi", **fields}))


def conversation(**fields: Any) -> Conversation:
    prompt = call(**fields).request.prompt
    assert isinstance(prompt, Conversation)
    return prompt


def system(text: str) -> Message:
    return Message("system", (TextPart(text),))


def user(*parts: Part | str) -> Message:
    return Message("user", tuple(TextPart(part) if isinstance(part, str) else part for part in parts))


def assistant(*parts: Part) -> Message:
    return Message("assistant", parts)


def result(call_id: str, *parts: TextPart | ImagePart | DocumentPart) -> Message:
    return Message("tool", (ToolResultPart(call_id, parts),))


def thought(text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": text}],
        **more,
    }


def said(text: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def called(call_id: str, name: str = "f", arguments: str = "{}", **more: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments, **more}


def answered(call_id: str | None, output: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


HI = {"role": "user", "content": "Hi"}
