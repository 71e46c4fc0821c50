"""The request fields for tools that run on the server, and their results on the wire; the same in every dialect.

The rule: a request can only ask. Whether it gets them is the policy's to say, and the key's.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import orjson

from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.events import ToolResultReady
from unsloth_studio.turn.messages import ServerTools

KNOWN = ("python", "terminal", "web_search", "web_fetch")
"""Names of the tools, as the model sees them."""


class ServerToolFields(msgspec.Struct, kw_only=True):
    """Mixed into the body of each dialect."""

    enable_tools: bool | None = None
    enabled_tools: list[str] | None = None
    session_id: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    max_tool_calls_per_message: Annotated[int, msgspec.Meta(ge=0, le=9999)] | None = None
    tool_call_timeout: Annotated[float, msgspec.Meta(ge=0, le=9999)] | None = None


def read_server_tools(fields: ServerToolFields) -> ServerTools | None:
    """The tools that are asked for; None when none are. Names in any letter case; `web_search` brings `web_fetch` with it.

    Raises `TurnFailure` (invalid_request) for a name that is not known.
    """
    names = _names(fields.enabled_tools)
    if not fields.enable_tools or not names:
        return None
    calls, seconds = fields.max_tool_calls_per_message, fields.tool_call_timeout
    return ServerTools(names, fields.session_id or None, calls, seconds or None)


def _names(asked: list[str] | None) -> tuple[str, ...]:
    if asked is None:
        return KNOWN
    names: list[str] = []
    for at, name in enumerate(asked):
        known = name.strip().lower()
        if known not in KNOWN:
            path = f"enabled_tools[{at}]"
            raise invalid(f"{path}: there is no tool '{name[:80]}'; there are {', '.join(KNOWN)}.", param=path)
        names.append(known)
    if "web_search" in names:
        names.append("web_fetch")
    return tuple(dict.fromkeys(names))


def result_fields(result: ToolResultReady) -> dict[str, Any]:
    """A result as an extension of a dialect carries it. `arguments` is an object when the model wrote one, else its text."""
    try:
        arguments: Any = orjson.loads(result.arguments or "{}")
    except orjson.JSONDecodeError:
        arguments = result.arguments
    return {
        "tool_call_id": result.call_id,
        "name": result.name,
        "arguments": arguments,
        "content": result.content,
        "is_error": result.is_error,
        "duration_ms": result.duration_ms,
    }
