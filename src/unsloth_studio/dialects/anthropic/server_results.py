"""Results of tools that ran on the server, as blocks that the official SDKs accept, and back into text.

The rule: what `result_block` writes, `readable` reads back word for word, because clients return blocks unchanged and the
model must see in its history what it saw when the tool ran. Shapes: Python SDK 2.12, `types/*_tool_result_block.py`.
"""

from __future__ import annotations

from typing import Any, cast

_PLAIN = "text:"  # `encrypted_content` of another server is no text for a model; ours begins so
_SHOWN = ("title", "url", "stdout", "stderr", "text", "data", "tool_name", "error_code")
_NESTED = ("source", "content", "tool_references")

_NAME = {"web_search": "web_search", "web_fetch": "web_fetch", "terminal": "bash_code_execution"}


def wire_name(tool: str) -> str:
    """The name under which a tool of ours goes out: the SDK knows a closed list, and ours is nearest to these."""
    return _NAME.get(tool, "code_execution")


def result_block(tool: str, call_id: str, text: str, *, is_error: bool) -> dict[str, Any]:
    """The content block for the result of `tool` (our name of it)."""
    name = wire_name(tool)
    content = _WEB[name](text, is_error) if name in _WEB else _execution(name, text, is_error)
    return {"type": f"{name}_tool_result", "tool_use_id": call_id, "content": content}


def readable(content: Any) -> tuple[str, bool]:
    """The text of a result's `content`, and whether it tells of a failure."""
    lines: list[str] = []
    _collect(content, lines)
    failed = isinstance(content, dict) and _failed(cast("dict[str, Any]", content))
    return "\n".join(lines), failed


def _search(text: str, is_error: bool) -> Any:
    if is_error:
        return {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    return [{"type": "web_search_result", "title": "", "url": "", "encrypted_content": _PLAIN + text}]


def _fetch(text: str, is_error: bool) -> Any:
    if is_error:
        return {"type": "web_fetch_tool_result_error", "error_code": "unavailable"}
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "web_fetch_result", "url": "", "content": {"type": "document", "source": source}}


def _execution(name: str, text: str, is_error: bool) -> Any:
    out, err = ("", text) if is_error else (text, "")
    return {"type": f"{name}_result", "stdout": out, "stderr": err, "return_code": int(is_error), "content": []}


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
        lines.extend(text for key in _SHOWN if isinstance(text := fields.get(key), str) and text)
        sealed = fields.get("encrypted_content")
        if isinstance(sealed, str) and sealed.startswith(_PLAIN):
            lines.append(sealed.removeprefix(_PLAIN))
        for key in _NESTED:
            if isinstance(fields.get(key), dict | list) or key == "content":
                _collect(fields.get(key), lines)
