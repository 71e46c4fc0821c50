"""The request fields for tools that run on the server, and their results on the wire; the same in every dialect.

The rule: a request can only ask. Whether it gets them is the policy's to say, and the key's.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import orjson

from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.events import ToolApprovalAsked, ToolOutputDelta, ToolResultReady
from unsloth_studio.turn.messages import Overflow, ServerTools

KNOWN = ("python", "terminal", "web_search", "web_fetch")
"""Names of the tools, as the model sees them."""


class ServerToolFields(msgspec.Struct, kw_only=True):
    """Mixed into the body of each dialect. `context_overflow`: see `Request.overflow`."""

    enable_tools: bool | None = None
    enabled_tools: list[str] | None = None
    session_id: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    max_tool_calls_per_message: Annotated[int, msgspec.Meta(ge=0, le=9999)] | None = None
    tool_call_timeout: Annotated[float, msgspec.Meta(ge=0, le=9999)] | None = None
    tool_approval: Literal["ask", "never"] | None = None
    permission_mode: Annotated[str, msgspec.Meta(max_length=40)] | None = None  # what Unsloth Studio calls it, and
    confirm_tool_calls: bool | None = None  # what it called it before
    context_overflow: Overflow | None = None


def read_server_tools(fields: ServerToolFields) -> ServerTools | None:
    """The tools that are asked for; None when none are. Names in any letter case; `web_search` brings `web_fetch` with it.

    Raises `TurnFailure` (invalid_request) for a name that is not known.
    """
    names = _names(fields.enabled_tools)
    if not fields.enable_tools or not names:
        return None
    calls, seconds = fields.max_tool_calls_per_message, fields.tool_call_timeout
    return ServerTools(names, fields.session_id or None, calls, seconds or None, asks=asks(fields), tells_live=True)


def asks(fields: ServerToolFields) -> bool:
    """Whether each call waits for somebody's decision. A `permission_mode` that nobody knows asks, in doubt."""
    if fields.tool_approval is not None:
        return fields.tool_approval == "ask"
    if fields.permission_mode is not None:
        return fields.permission_mode not in ("auto", "off", "full")
    return bool(fields.confirm_tool_calls)


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
    images = [{"media_type": image.media_type, "data": image.data} for image in result.images]
    return {
        "tool_call_id": result.call_id,
        "name": result.name,
        "arguments": _arguments(result.arguments),
        "content": result.content,
        "is_error": result.is_error,
        "duration_ms": result.duration_ms,
        **({"images": images} if images else {}),
    }


def output_fields(output: ToolOutputDelta) -> dict[str, Any]:
    """A piece of live output as an extension of a dialect carries it."""
    return {"tool_call_id": output.call_id, "text": output.text}


def approval_fields(asked: ToolApprovalAsked) -> dict[str, Any]:
    """A call that waits, as an extension of a dialect carries it."""
    return {
        "approval_id": asked.approval_id,
        "tool_call_id": asked.call_id,
        "name": asked.name,
        "arguments": _arguments(asked.arguments),
        "expires_at": asked.expires_at,
    }


def _arguments(written: str) -> Any:
    try:
        value: Any = orjson.loads(written or "{}")
        orjson.dumps([[[[[[[[value]]]]]]]])  # 254 levels can be written; a frame puts a few around it
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return written
    return value
