"""The beginning of the prompt, kept as it was: what clients change from turn to turn without meaning is taken out.

An engine reuses its work up to the first token that differs, so a line that counts tokens at the top of a prompt costs all
of it, every turn. The rule: what is done to a message depends on it, on the tools and on the messages before it, never on
what comes later, and nothing is put in another order: tools and instructions come first, as the client sent them. Pure.

Sources: Claude Code's attribution block (`x-anthropic-billing-header: cc_version=...; cch=...;`, `anthropics/claude-code`);
the countdowns of Anthropic's "context awareness" (`<system_warning>Token usage: 1/2; 1 remaining</system_warning>`), which
Claude Code sends in a `<system-reminder>`; `tool_reference` and `defer_loading` of the API's tool search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import orjson
from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

BILLING = "billing line"
COUNTDOWN = "token countdown"
KEY_ORDER = "order of arguments"

_BILLING_MARK = "x-anthropic-billing-header"
_BILLING_LINE = re.compile(rf"^[ \t]*{_BILLING_MARK}:[^\n]*(?:\n|\Z)", re.MULTILINE)
_NUMBER = r"[\d,]{1,15}"
_DOLLARS = r"\$[\d.,]{1,15}"
_COUNT = (
    rf"(?:Token|Context)(?: window)? usage: {{0,4}}{_NUMBER} ?/ ?{_NUMBER} ?;? {{0,4}}{_NUMBER} (?:tokens )?"
    r"(?:remaining|left)\.?"
    rf"|USD budget: {{0,4}}{_DOLLARS} ?/ ?{_DOLLARS} ?;? {{0,4}}{_DOLLARS} (?:remaining|left)\.?"
)
"""Everything here is bounded, and a run of newlines is tried from its beginning only: texts are of any size and make."""
_COUNTDOWN = re.compile(rf"(?<!\n)\n*<(system[-_](?:warning|reminder))>\s*(?:{_COUNT})\s*</\1>[ \t]*")
_COUNTDOWN_AT_END = re.compile(rf"(?:\A|(?<!\n)\n+)<(system[-_](?:warning|reminder))>\s*(?:{_COUNT})\s*</\1>\s*\Z")
"""Where clients put them in what users and tools say: on lines of their own behind it, or as a text of its own. In the
middle of a text it is somebody's words: a file that is read, a question about it."""
_REMINDER_ENDS = ("warning>", "reminder>")
_COUNTDOWN_LINE = re.compile(rf"^[ \t]*(?:{_COUNT})[ \t]*(?:\n|\Z)", re.MULTILINE)


_STYLES = tuple(
    partial(json.dumps, ensure_ascii=ascii_, separators=separators, allow_nan=False)
    for ascii_ in (False, True)
    for separators in ((",", ":"), (", ", ": "))
)
"""How clients write JSON; arguments that are put in order keep their style."""


class Steadied(Struct, frozen=True):
    """The conversation that the engine is asked with; `removed` names what was taken out or put in order, each once.
    `loads` says that deferred tools were loaded, which no grammar of the engine knows."""

    conversation: Conversation
    removed: tuple[str, ...] = ()
    loads: bool = False


def steady(conversation: Conversation, *, defers: bool = True) -> Steadied:
    """`conversation` without what busts a prompt cache for nothing; the same object when there is nothing of it.

    Without `defers` all tools stand at the head, for turns whose calls only the engine's own parser reads.
    """
    tools = conversation.tools
    if not defers and any(tool.deferred for tool in tools):
        tools = tuple(replace(tool, deferred=False) for tool in tools)
    steadier = _Steadier({tool.name: tool for tool in tools})
    messages = tuple(
        steadied for message in conversation.messages if (steadied := steadier.message(message)) is not None
    )
    if messages == conversation.messages and tools is conversation.tools:
        return Steadied(conversation)
    steadied = replace(conversation, messages=messages, tools=tools)
    return Steadied(steadied, tuple(steadier.removed), bool(steadier.loaded))


class _Steadier:
    """`loaded` are the deferred tools whose definition stands in a message before."""

    def __init__(self, tools: Mapping[str, ToolDefinition]) -> None:
        self._tools = tools
        self._orders = {
            name: list(cast("Mapping[str, Any]", properties))
            for name, tool in tools.items()
            if isinstance(properties := tool.parameters.get("properties"), dict) and properties
        }
        self.removed: dict[str, None] = {}
        self.loaded: set[str] = set()

    def message(self, message: Message) -> Message | None:
        """None when nothing is left of it."""
        parts = tuple(self._part(part, message.role) for part in message.parts)
        if parts == message.parts:
            return message
        kept = tuple(now for now, was in zip(parts, message.parts, strict=True) if now != TextPart() or now == was)
        if kept or message.role == "system":
            return Message(message.role, kept) if kept else None
        return message  # it is all that was said: without it, the model would go on with its own last words

    def _part(self, part: Part, role: str) -> Part:
        if type(part) is TextPart:
            return part if role == "assistant" else self._text(part, of_system=role == "system")
        if type(part) is ToolResultPart:
            inner = tuple(self._text(one, of_system=False) if type(one) is TextPart else one for one in part.parts)
            return part if inner == part.parts else replace(part, parts=inner)
        return self._call(part) if type(part) is ToolCallPart else part

    def _text(self, part: TextPart, *, of_system: bool) -> TextPart:
        text = part.text
        if of_system and _BILLING_MARK in text:
            text = self._without(_BILLING_LINE, text, BILLING)
        if of_system and ("usage:" in text or "USD budget:" in text):
            text = self._without(_COUNTDOWN, text, COUNTDOWN)
            text = self._without(_COUNTDOWN_LINE, text, COUNTDOWN)
        elif not of_system and text.rstrip().endswith(_REMINDER_ENDS):
            text = self._without(_COUNTDOWN_AT_END, text, COUNTDOWN)
        if part.loads:
            return TextPart(self._loaded(part.loads, otherwise=text))
        return part if text is part.text else TextPart(text)

    def _without(self, pattern: re.Pattern[str], text: str, name: str) -> str:
        left, count = pattern.subn("", text)
        if not count:
            return text
        self.removed[name] = None
        return left

    def _loaded(self, names: tuple[str, ...], *, otherwise: str) -> str:
        """What the model is told where these tools are loaded: the definition of each, the first time."""
        new = [name for name in names if name in self._tools and self._tools[name].deferred and name not in self.loaded]
        self.loaded.update(new)
        told = [definition_text(self._tools[name]) for name in new]
        again = [name for name in names if name not in new]
        if again:
            told.append(otherwise if len(again) == len(names) else f"Can be called, too: {', '.join(again)}.")
        return "\n".join(told)

    def _call(self, call: ToolCallPart) -> ToolCallPart:
        """The call with its arguments in the order of the tool's schema, whatever order the client keeps them in."""
        order = self._orders.get(call.name)
        if order is None:
            return call
        try:
            value: Any = orjson.loads(call.arguments)
        except orjson.JSONDecodeError:
            return call
        if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) < 2:
            return call
        given = cast("dict[str, Any]", value)
        wanted = [*(key for key in order if key in given), *sorted(key for key in given if key not in order)]
        if wanted == list(given):
            return call
        try:
            whole: dict[str, Any] = json.loads(call.arguments)  # which keeps numbers of any size
            style = next((style for style in _STYLES if style(whole) == call.arguments), _STYLES[0])
            arguments = style({key: whole[key] for key in wanted})
        except (RecursionError, ValueError):
            return call
        self.removed[KEY_ORDER] = None
        return replace(call, arguments=arguments)


def definition_text(tool: ToolDefinition) -> str:
    """A tool as text in the middle of a conversation."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    try:
        spelled = orjson.dumps({"type": "function", "function": function}).decode()
    except orjson.JSONEncodeError:  # nested too deeply to be written
        spelled = orjson.dumps({"type": "function", "function": {**function, "parameters": {}}}).decode()
    return f"The tool {tool.name} can be called now:\n{spelled}"
