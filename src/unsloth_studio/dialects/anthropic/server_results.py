"""Results of tools that ran on the server, as blocks that the official SDKs accept, and back into text.

The rule: what `result_block` writes, `readable` reads back word for word, because clients return blocks unchanged and the
model must see in its history what it saw when the tool ran. Of a failure the API has only a code.
Shapes: Python SDK 2.12, `types/*_tool_result_block.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from unsloth_studio.turn.events import ToolResultReady
from unsloth_studio.turn.sources import ToolFailure

_PLAIN = "text:"  # `encrypted_content` of another server is no text for a model; ours begins so
_SHOWN = ("title", "url", "stdout", "stderr", "text", "data", "tool_name", "error_code")
_NESTED = ("source", "content", "tool_references")

_NAME = {"web_search": "web_search", "web_fetch": "web_fetch", "terminal": "bash_code_execution"}


def wire_name(tool: str) -> str:
    """The name under which a tool of ours goes out: the SDK knows a closed list, and ours is nearest to these."""
    return _NAME.get(tool, "code_execution")


def result_block(tool: str, call_id: str, result: ToolResultReady) -> dict[str, Any]:
    """The content block for the result of `tool` (our name of it)."""
    name = wire_name(tool)
    if result.is_error and (result.failure is not None or name in _WEB):
        code = _error_code(name, result.failure or "unavailable")
        content: Any = {"type": f"{name}_tool_result_error", "error_code": code}
    else:
        content = _WEB[name](result) if name in _WEB else _execution(name, result)
    return {"type": f"{name}_tool_result", "tool_use_id": call_id, "content": content}


def counted(calls: Iterable[tuple[str, ToolResultReady]]) -> dict[str, Any]:
    """The member of `usage` that counts what web tools did, for pairs of a tool and its result; empty without them."""
    web = [(tool, result.is_error) for tool, result in calls if tool in _WEB]
    if not web:
        return {}
    counts = {f"{name}_requests": web.count((name, False)) for name in _WEB}
    return {"server_tool_use": counts}


def readable(content: Any) -> tuple[str, bool]:
    """The text of a result's `content`, and whether it tells of a failure."""
    lines: list[str] = []
    _collect(content, lines)
    failed = isinstance(content, dict) and _failed(cast("dict[str, Any]", content))
    return "\n".join(lines) or ("Nothing was found." if content == [] else ""), failed


def _error_code(name: str, failure: ToolFailure) -> str:
    match failure:
        case "invalid_input":
            return "invalid_tool_input"
        case "max_uses":
            return "max_uses_exceeded" if name in _WEB else "too_many_requests"
        case "time":
            return "unavailable" if name in _WEB else "execution_time_exceeded"
        case "not_allowed" | "not_accessible" if name == "web_fetch":
            return f"url_{failure}"
        case _:
            return "unavailable"


def _search(result: ToolResultReady) -> Any:
    """All that the model read stands in the first of the results."""
    found = [
        {"title": one.title, "url": one.url, "encrypted_content": _PLAIN, "page_age": one.date or None}
        for one in result.sources
    ]
    if found:
        found[0]["encrypted_content"] = _PLAIN + result.content
    return [{"type": "web_search_result", **one} for one in found]


def _fetch(result: ToolResultReady) -> Any:
    page = result.sources[0] if result.sources else None
    source = {"type": "text", "media_type": "text/plain", "data": result.content}
    document = {"type": "document", "source": source, "title": page.title if page else None}
    url = page.url if page else ""
    return {"type": "web_fetch_result", "url": url, "retrieved_at": _time(result.ended_at), "content": document}


def _time(seconds: int) -> str:
    """As in the API's own replies; the AI SDK fails without it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _execution(name: str, result: ToolResultReady) -> Any:
    failed = result.is_error
    out, err = ("", result.content) if failed else (result.content, "")
    return {"type": f"{name}_result", "stdout": out, "stderr": err, "return_code": int(failed), "content": []}


_WEB = {"web_search": _search, "web_fetch": _fetch}


def _failed(content: dict[str, Any]) -> bool:
    return str(content.get("type", "")).endswith("_error") or content.get("return_code") not in (None, 0)


def _collect(value: Any, lines: list[str]) -> None:
    if isinstance(value, str):
        lines.append(value)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            _collect(item, lines)
    elif isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        sealed = fields.get("encrypted_content")
        if isinstance(sealed, str) and sealed.startswith(_PLAIN):
            lines.extend(filter(None, [sealed.removeprefix(_PLAIN)]))
            return
        document = fields.get("content")
        if fields.get("type") == "web_fetch_result" and isinstance(document, dict):
            _collect(cast("dict[str, Any]", document).get("source"), lines)
            return
        lines.extend(text for key in _SHOWN if isinstance(text := fields.get(key), str) and text)
        for key in _NESTED:
            if isinstance(fields.get(key), dict | list) or key == "content":
                _collect(fields.get(key), lines)
