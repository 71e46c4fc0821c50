"""What clients send where the API wants something else, and what they mean by it.

The rule: an odd tool or an odd result in a long history must not end a conversation; nothing is invented, and what is read
as text stays text.
"""

from __future__ import annotations

from typing import Any

import orjson


def tool_schema(raw: Any) -> dict[str, Any]:
    """The JSON schema of a tool's arguments. What is no object (`false`, `[]`, a name), or is nested so deep that it cannot
    be handed on, leaves the arguments open."""
    if not isinstance(raw, dict):
        return {"type": "object", "properties": {}}
    try:
        orjson.dumps([[[[[[[[raw]]]]]]]])  # the engine's request puts a few levels around it; 254 can be written
    except TypeError:
        return {"type": "object"}
    return raw  # pyright: ignore[reportUnknownVariableType] - JSON


def arguments_text(raw: Any) -> str:
    """The arguments of an earlier call, as the model wrote them: an object as JSON, a text as it is (clients keep what they
    could not read), nothing as none."""
    if raw is None:
        return "{}"
    return raw if isinstance(raw, str) else json_text(raw)


def unshown_part(kind: str) -> str:
    """What the model is told in place of a part of a tool's result that is of no known type."""
    return f"[A part of type '{kind[:80]}', which cannot be shown.]"


def json_or_text(raw: Any) -> str:
    """A text as it is, nothing as an empty one, anything else as JSON."""
    if raw is None:
        return ""
    return raw if isinstance(raw, str) else json_text(raw)


def json_text(raw: Any) -> str:
    """A tool's result that is no text, as JSON."""
    try:
        return orjson.dumps(raw).decode()
    except TypeError:
        return '"(nested too deeply to be shown)"'
