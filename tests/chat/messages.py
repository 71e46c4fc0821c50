"""Messages for the chat's tests."""

from __future__ import annotations

from typing import Any

from unsloth_studio.store.thread import Message, Part, Text, ToolCall, ToolResult


def asked(*parts: Part | str, **fields: Any) -> Message:
    return _message("user", parts, fields)


def answered(*parts: Part | str, **fields: Any) -> Message:
    return _message("assistant", parts, fields)


def call(name: str, *, result: str | None = None, round: int = 0) -> ToolCall:  # noqa: A002 - as the part calls it
    given = None if result is None else ToolResult(content=result, is_error=result == "error")
    return ToolCall(call_id=f"id-{name}", name=name, arguments='{"x": 1}', round=round, result=given)


def _message(role: Any, parts: tuple[Part | str, ...], fields: dict[str, Any]) -> Message:
    made: list[Part] = [Text(text=part) if isinstance(part, str) else part for part in parts]
    given: dict[str, Any] = {"id": "m", "thread_id": "t", "parent_id": None, "created_at": 0.0, **fields}
    return Message(role=role, parts=made, **given)
