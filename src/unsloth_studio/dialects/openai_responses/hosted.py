"""Calls of tools that ran here, as items of the Responses API: `web_search_call` and `code_interpreter_call`.

The rule: an item opens with the call, is known when its arguments are, and closes with the result, which may come after
other items have opened. What runs in Bash is code in the notation of notebooks (`%%bash`).
Formats: `ResponseFunctionWebSearch`, `ResponseCodeInterpreterToolCall` and their events in the official Python SDK.
"""

from __future__ import annotations

from typing import Any, Final, cast

import orjson
from msgspec import Struct

from unsloth_studio.dialects.openai_responses.wire import RawObject
from unsloth_studio.turn.events import ToolResultReady
from unsloth_studio.turn.messages import ToolCallPart

Payload = tuple[str, dict[str, Any]]

_WEB: Final = ("web_search", "web_fetch")
_BASH: Final = "%%bash\n"
_NOT_KEPT: Final = "(What it found is not kept in the conversation.)"
_NO_OUTPUT: Final = "(Its output is not kept in the conversation.)"


class Shown(Struct, frozen=True):
    """What of a call the client asked to see (`include`), and the name of the folder that its code ran in."""

    sources: bool = False
    outputs: bool = False
    container: str | None = None


class HostedItem:
    """One call. `index` is the item's `output_index`; the ids are made from both."""

    def __init__(self, part: ToolCallPart, turn_id: str, index: int, shown: Shown) -> None:
        self._name, self._shown, self.index = part.name, shown, index
        self._web = part.name in _WEB
        self._id = f"{'ws' if self._web else 'ci'}_{turn_id}_{index}"
        self._container = shown.container or f"cntr_{turn_id}"
        self._kind = "response.web_search_call" if self._web else "response.code_interpreter_call"
        self._at: dict[str, Any] = {"item_id": self._id, "output_index": index}
        self._arguments: dict[str, Any] = {}

    def opening(self) -> list[Payload]:
        """The call has begun."""
        added = {"output_index": self.index, "item": self.item("in_progress")}
        return [("response.output_item.added", added), (f"{self._kind}.in_progress", self._at)]

    def called(self, arguments: str) -> list[Payload]:
        """The call is whole and is run now."""
        self._arguments = _object(arguments)
        if self._web:
            return [(f"{self._kind}.searching", self._at)]
        code = self._code()
        delta: list[Payload] = [("response.code_interpreter_call_code.delta", {**self._at, "delta": code})]
        return [
            *(delta if code else []),
            ("response.code_interpreter_call_code.done", {**self._at, "code": code}),
            (f"{self._kind}.interpreting", self._at),
        ]

    def closing(self, result: ToolResultReady | None) -> tuple[list[Payload], dict[str, Any]]:
        """The last events, and the item as it stays; without a result it was never run."""
        status = "incomplete" if result is None else "failed" if self._failed(result) else "completed"
        item = self.item(status, result)
        completed: list[Payload] = [(f"{self._kind}.completed", self._at)] if status == "completed" else []
        return [*completed, ("response.output_item.done", {"output_index": self.index, "item": item})], item

    def item(self, status: str, result: ToolResultReady | None = None) -> dict[str, Any]:
        if self._web:
            return {"id": self._id, "type": "web_search_call", "status": status, "action": self._action(result)}
        return {
            "id": self._id,
            "type": "code_interpreter_call",
            "status": status,
            "code": self._code(),
            "container_id": self._container,
            "outputs": _outputs(result) if result is not None and self._shown.outputs else None,
        }

    def _failed(self, result: ToolResultReady) -> bool:
        """Code that raises has been run all the same."""
        return result.is_error and (self._web or result.failure is not None)

    def _action(self, result: ToolResultReady | None) -> dict[str, Any]:
        if self._name == "web_fetch":
            url = self._arguments.get("url") or next(iter(_list(self._arguments.get("urls"))), None)
            return {"type": "open_page", "url": url if isinstance(url, str) else None}
        query = self._arguments.get("query")
        asked = {"query": query, "queries": [query]} if isinstance(query, str) else {}
        action: dict[str, Any] = {"type": "search", **asked}
        if self._shown.sources and result is not None:
            action["sources"] = [{"type": "url", "url": source.url} for source in result.sources]
        return action

    def _code(self) -> str:
        if self._name == "terminal":
            command = self._arguments.get("command")
            return f"{_BASH}{command}" if isinstance(command, str) else ""
        code = self._arguments.get("code")
        return code if isinstance(code, str) else ""


def hosted_item(part: ToolCallPart, result: ToolResultReady | None, *, turn_id: str, index: int, shown: Shown) -> Any:
    """The item of a finished call, as it stands at the end of a stream."""
    item = HostedItem(part, turn_id, index, shown)
    item.called(part.arguments)
    return item.closing(result)[1]


class EarlierCall(Struct, frozen=True):
    """A call of an earlier turn: our name of the tool, its arguments as JSON, and what is known of its result."""

    name: str
    arguments: str
    result: str
    is_error: bool


def earlier_call(raw: RawObject) -> EarlierCall | None:
    """A `web_search_call` or `code_interpreter_call` item that a client sends back; None for what says nothing."""
    failed = raw.get("status") == "failed"
    if raw.get("type") == "code_interpreter_call":
        code: object = raw.get("code")
        if not isinstance(code, str) or not code:
            return None
        shell = code.startswith(_BASH)
        name, key = ("terminal", "command") if shell else ("python", "code")
        arguments = orjson.dumps({key: code.removeprefix(_BASH) if shell else code}).decode()
        logs = [one.get("logs") for one in objects(raw.get("outputs"))]
        said = "\n".join(text for text in logs if isinstance(text, str))
        return EarlierCall(name, arguments, said or _NO_OUTPUT, failed)
    action = raw.get("action")
    if not isinstance(action, dict):
        return None
    fields = cast("RawObject", action)
    query, url = fields.get("query") or next(iter(_list(fields.get("queries"))), None), fields.get("url")
    if isinstance(query, str) and query:
        sources = [one.get("url") for one in objects(fields.get("sources"))]
        found = "\n".join(address for address in sources if isinstance(address, str))
        return EarlierCall("web_search", orjson.dumps({"query": query}).decode(), found or _NOT_KEPT, failed)
    if isinstance(url, str) and url:
        return EarlierCall("web_fetch", orjson.dumps({"url": url}).decode(), _NOT_KEPT, failed)
    return None


def _outputs(result: ToolResultReady) -> list[dict[str, str]]:
    images = [{"type": "image", "url": f"data:{one.media_type};base64,{one.data}"} for one in result.images]
    return [{"type": "logs", "logs": result.content}, *images]


def _object(text: str) -> dict[str, Any]:
    try:
        value: Any = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: object) -> list[RawObject]:
    """The JSON objects in a list; none where there is no list."""
    return [cast("RawObject", one) for one in _list(value) if isinstance(one, dict)]


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
