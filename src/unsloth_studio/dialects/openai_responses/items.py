"""Input items of the Responses dialect, as the messages of a conversation.

One rule: what the assistant did between two other speakers (reasoning, text, calls; each an item of its own here) is one
assistant message, in the same order. Items of hosted tools never fail: they become calls and results when they carry a
`call_id` or are of a kind that runs here (`hosted`), and are dropped otherwise. Calls without a name or an id, and outputs
without a call, are read as they stand: `serving.history` mends them, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, cast

import orjson

from unsloth_studio.dialects.body import shaped
from unsloth_studio.dialects.lenient import json_or_text, json_text
from unsloth_studio.dialects.openai_responses.hosted import earlier_call
from unsloth_studio.dialects.openai_responses.parts import plain_text, read_content, screenshot_of
from unsloth_studio.dialects.openai_responses.tools import ToolNames
from unsloth_studio.dialects.openai_responses.wire import (
    CustomToolCallItem,
    FunctionCallItem,
    MessageItem,
    RawObject,
    ReasoningItem,
    ToolListItem,
    ToolOutputItem,
    type_of,
)
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import (
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

TOOL_LISTS = frozenset({"additional_tools", "tool_search_output"})

_SILENT = frozenset(
    {
        "compaction", "compaction_summary", "compaction_trigger", "configuration_update", "context_compaction",
        "ghost_snapshot", "mcp_approval_request", "mcp_approval_response", "mcp_list_tools", "program", "program_output",
    }
)  # fmt: skip
"""Items with nothing in them that a local model could read."""

_ANSWERED = {
    "mcp_call": ("arguments", "output"),
    "file_search_call": ("queries", "results"),
}
"""Calls of hosted tools whose items hold the outputs too: the field of what was asked, and that of what came."""

_ROLES: dict[Literal["user", "assistant", "system", "developer"], Role] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}


def tool_lists(items: list[RawObject]) -> list[tuple[str, list[RawObject]]]:
    """Lists of tools that stand among the items, each with its place (`input[3].tools`)."""
    return [
        (f"input[{index}].tools", shaped(raw, ToolListItem, at=f"input[{index}]").tools)
        for index, raw in enumerate(items)
        if isinstance(raw.get("type"), str) and raw["type"] in TOOL_LISTS
    ]


def late_lists(items: list[RawObject]) -> frozenset[str]:
    """The places of the lists of tools that come after something was said: they do not belong to the prompt's head."""
    first = next((index for index, raw in enumerate(items) if not _opens(raw)), len(items))
    return frozenset(f"input[{index}].tools" for index in range(first, len(items)))


def _opens(raw: RawObject) -> bool:
    return raw.get("role") in ("system", "developer") or raw.get("type") in TOOL_LISTS


class ItemReader:
    """Feed it the items in order; `messages()` is the conversation they amount to."""

    def __init__(self, names: ToolNames) -> None:
        self._names = names
        self._messages: list[Message] = []
        self._assistant: list[Part] = []
        self._unanswered: Counter[str] = Counter()
        """Ids of calls without a result so far, the oldest first."""

    def read(self, raw: RawObject, at: str) -> None:
        """Raises `TurnFailure` (invalid_request) naming the field, for example `input[3].call_id`."""
        match type_of(raw, at=at):
            case None if "role" not in raw and "id" in raw:
                raise _item_reference(at)
            case None | "message":
                self._message(shaped(raw, MessageItem, at=at), at)
            case "reasoning":
                item = shaped(raw, ReasoningItem, at=at)
                if text := plain_text(item.content) or plain_text(item.summary):
                    self._assistant.append(ReasoningPart(text))
            case "function_call":
                call = shaped(raw, FunctionCallItem, at=at)
                arguments = "" if call.arguments is None else json_or_text(call.arguments)
                self._call(call.call_id, self._model_name(call.name, call.namespace), arguments=arguments)
            case "custom_tool_call":
                custom = shaped(raw, CustomToolCallItem, at=at)
                arguments = orjson.dumps({"input": json_or_text(custom.input)}).decode()
                self._call(custom.call_id, self._model_name(custom.name, custom.namespace), arguments=arguments)
            case "function_call_output" | "custom_tool_call_output":
                self._output(shaped(raw, ToolOutputItem, at=at), at)
            case "web_search_call" | "code_interpreter_call":
                self._earlier(raw, at)
            case "item_reference":
                raise _item_reference(at)
            case kind:
                self._hosted(kind, raw, at)

    def messages(self) -> tuple[Message, ...]:
        self._flush()
        return tuple(self._messages)

    def _message(self, item: MessageItem, at: str) -> None:
        parts = read_content(item.content, at=f"{at}.content")
        role = _ROLES[item.role]
        if role == "assistant":
            self._assistant.extend(part for part in parts if part != TextPart(""))
        else:
            self._flush()
            self._messages.append(Message(role, parts))

    def _model_name(self, name: str | None, namespace: str | None) -> str:
        return self._names.to_model(name, namespace) if name else ""

    def _call(self, call_id: str | None, name: str, *, arguments: str) -> None:
        self._assistant.append(ToolCallPart(call_id or "", name, arguments))
        self._unanswered[call_id or ""] += 1

    def _output(self, item: ToolOutputItem, at: str) -> None:
        call_id = item.call_id or next(iter(self._unanswered), "")
        output = item.output
        told = json_text(output) if isinstance(output, dict | float | int) else output
        self._result(call_id, ToolResultPart(call_id, read_content(told, at=f"{at}.output", of_tool=True)))

    def _result(self, call_id: str, part: ToolResultPart) -> None:
        self._flush()
        if call_id in self._unanswered:
            self._unanswered[call_id] -= 1
            if not self._unanswered[call_id]:
                del self._unanswered[call_id]
        self._messages.append(Message("tool", (part,)))

    def _earlier(self, raw: RawObject, at: str) -> None:
        call = earlier_call(raw)
        if call is not None:
            given: object = raw.get("id")
            call_id = given if isinstance(given, str) and given else at
            self._assistant.append(ToolCallPart(call_id, call.name, call.arguments, "server"))
            self._result(call_id, ToolResultPart(call_id, (TextPart(call.result),), call.is_error))

    def _hosted(self, kind: str, raw: RawObject, at: str) -> None:
        if kind in TOOL_LISTS:
            self._tool_list(raw, at)
            return
        if kind in _SILENT:
            return
        if kind in _ANSWERED:
            self._answered(kind, raw)
            return
        call_id: object = raw.get("call_id")
        known = isinstance(call_id, str) and call_id
        if kind.endswith("_call_output"):
            if isinstance(call_id, str) and known:
                self._result(call_id, ToolResultPart(call_id, (_readable(raw.get("output")),)))
        elif kind.endswith("_call"):
            if isinstance(call_id, str) and known:
                self._call(call_id, kind.removesuffix("_call"), arguments=_arguments(raw))
        else:
            raise invalid(f"{at}.type: '{kind}' is not a known type of input item.", param=f"{at}.type")

    def _tool_list(self, raw: RawObject, at: str) -> None:
        """Tools that can be called from here on: as the output of the search that found them, else as an instruction."""
        names = tuple(self._listed(shaped(raw, ToolListItem, at=at).tools))
        begun = self._assistant or any(message.role != "system" for message in self._messages)
        if not names or not begun:
            return
        told = TextPart(f"Tools that can be called now: {', '.join(names)}.", names)
        call_id: object = raw.get("call_id")
        if isinstance(call_id, str) and call_id in self._unanswered:
            self._result(call_id, ToolResultPart(call_id, (told,)))
        else:
            self._flush()
            self._messages.append(Message("system", (told,)))

    def _listed(self, tools: list[RawObject], namespace: str | None = None) -> Iterator[str]:
        """The model's names of the tools in a list, those in its namespaces too."""
        for tool in tools:
            name: object = tool.get("name")
            if tool.get("type") == "namespace" and isinstance(name, str):
                yield from self._listed(cast("list[RawObject]", tool["tools"]), name)
            elif isinstance(function := tool.get("function"), dict):
                yield from self._listed([cast("RawObject", function)], namespace)
            elif isinstance(name, str):
                yield self._names.to_model(name, namespace)

    def _answered(self, kind: str, raw: RawObject) -> None:
        """A call that a service made, and what it gave, in one item. Without an output it says nothing."""
        asked, gave = _ANSWERED[kind]
        call_id, name, output = raw.get("id"), raw.get("name"), raw.get(gave) or raw.get("error")
        if isinstance(call_id, str) and output:
            arguments = raw.get(asked)
            written = arguments if asked == "arguments" and isinstance(arguments, str) else _json({asked: arguments})
            self._call(call_id, name if isinstance(name, str) else kind.removesuffix("_call"), arguments=written)
            told = TextPart(json_or_text(output))
            self._result(call_id, ToolResultPart(call_id, (told,), is_error=not raw.get(gave)))

    def _flush(self) -> None:
        """End the assistant's message. One that is nothing but reasoning was cut off before it said anything: dropped."""
        if any(not isinstance(part, ReasoningPart) for part in self._assistant):
            self._messages.append(Message("assistant", tuple(self._assistant)))
        self._assistant = []


def _arguments(raw: RawObject) -> str:
    """What a hosted call did, as JSON: `action` (shell), `operation` (apply_patch) or `arguments` (tool_search)."""
    for key in ("action", "operation", "arguments"):
        if did := raw.get(key):
            written = _json(did)
            return written if written.startswith("{") else _json({"input": did})
    return "{}"


def _readable(output: object) -> TextPart | ImagePart:
    """A computer's screenshot as the image it is; whatever else a hosted tool gave as text."""
    if isinstance(output, str):
        return TextPart(output)
    screenshot = screenshot_of(cast("RawObject", output)) if isinstance(output, dict) else None
    return screenshot or TextPart(_json(cast("object", output)))


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # nested more deeply than JSON is written here
        return "{}"


def _item_reference(at: str) -> Exception:
    message = f"{at}: Items are not stored on this server, so they cannot be referred to. Send the item itself."
    return invalid(message, param=at)
