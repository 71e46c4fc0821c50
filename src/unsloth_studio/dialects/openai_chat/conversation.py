"""The messages of a chat request as turns of a conversation.

The rule: an answer to a tool call belongs to a call. Clients that leave `tool_call_id` out (or speak the legacy role
`function`) get it matched to the calls of the assistant message before: by name, then in order. An id that is present is
kept as it is and never looked up, since some clients rewrite ids. What is odd is read as it stands, a call without a name
and an answer without a call too: `serving.history` mends it, and says so.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

import msgspec
import orjson

from unsloth_studio.dialects.lenient import json_or_text, json_text
from unsloth_studio.dialects.openai_chat import wire
from unsloth_studio.dialects.openai_chat.content import read_content, text_of
from unsloth_studio.dialects.openai_sampling import require_shallow
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import Message, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart


def read_messages(messages: Sequence[wire.Message]) -> tuple[Message, ...]:
    """Raises `TurnFailure` with the path of the message at fault (`messages[2].tool_call_id`)."""
    if not messages:
        raise invalid("messages: at least one message is needed.", param="messages")
    unanswered = _Unanswered(())
    read: list[Message] = []
    for index, message in enumerate(messages):
        content = message.content
        match message.role:
            case "user" if type(content) is str and content:  # as most are
                read.append(Message("user", (TextPart(content),)))
            case "system" | "developer" | "user" as role:
                path = f"messages[{index}].content"
                if content is msgspec.UNSET:
                    raise invalid(f"{path}: this field is required.", param=path)
                read.append(Message("user" if role == "user" else "system", read_content(content, path)))
            case "assistant":
                path = f"messages[{index}]"
                calls = _read_calls(message, path, index=index)
                unanswered = _Unanswered(calls) if calls else unanswered
                read.append(Message("assistant", (*_read_said(message, path), *calls)))
            case "tool" | "function":
                part = _read_result(message, f"messages[{index}]", unanswered=unanswered)
                read.append(Message("tool", (part,)))
    return tuple(read)


def _read_said(message: wire.Message, path: str) -> list[Part]:
    """What the assistant thought and said, in this order."""
    parts: list[Part] = []
    reasoning = message.reasoning_content or message.reasoning
    if isinstance(reasoning, str) and reasoning:
        parts.append(ReasoningPart(reasoning))
    content = read_content(message.content, f"{path}.content")
    parts.extend(content)
    if message.refusal and not text_of(content):
        parts.append(TextPart(message.refusal))
    return parts


def _read_calls(message: wire.Message, path: str, *, index: int) -> list[ToolCallPart]:
    if message.function_call is not None:
        legacy = message.function_call
        where = f"{path}.function_call"
        return [ToolCallPart(f"call_{index}_0", legacy.name or "", _read_arguments(legacy.arguments, where))]
    calls: list[ToolCallPart] = []
    for place, call in enumerate(message.tool_calls or ()):
        where = f"{path}.tool_calls[{place}]"
        if call.custom is not None:
            name, arguments = call.custom.name, orjson.dumps({"input": json_or_text(call.custom.input)}).decode()
        elif call.type not in (None, "", "function"):
            raise invalid(f"{where}.type: only calls of type 'function' are read here.", param=f"{where}.type")
        elif call.function is None:
            raise invalid(f"{where}.function: this field is required.", param=f"{where}.function")
        else:
            name, arguments = call.function.name, _read_arguments(call.function.arguments, f"{where}.function")
        calls.append(ToolCallPart(call.id or f"call_{index}_{place}", name or "", arguments))
    return calls


def _read_arguments(raw: object, path: str) -> str:
    """The text the model wrote. Clients that keep it parsed send an object, which is written out again."""
    if raw is None or isinstance(raw, str):
        return raw or ""
    require_shallow(raw, f"{path}.arguments")
    return orjson.dumps(raw).decode()


def _read_result(message: wire.Message, path: str, *, unanswered: _Unanswered) -> ToolResultPart:
    content = message.content
    told = json_text(content) if isinstance(content, dict | float | int) else content
    parts = read_content(told, f"{path}.content", of_tool=True)
    call = unanswered.take(message.tool_call_id, message.name)
    return ToolResultPart(call.call_id if call else message.tool_call_id or "", parts)


class _Unanswered:
    """The calls of one message that have no answer yet. Each is found at once, however many there are."""

    def __init__(self, calls: Sequence[ToolCallPart]) -> None:
        self._calls = dict(enumerate(calls))
        self._by_id: dict[str, deque[int]] = defaultdict(deque)
        self._by_name: dict[str, deque[int]] = defaultdict(deque)
        for place, call in self._calls.items():
            self._by_id[call.call_id].append(place)
            self._by_name[call.name].append(place)

    def take(self, call_id: str | None, name: str | None) -> ToolCallPart | None:
        """The call that is answered: that with the id; without one the next of that name, else the next."""
        if call_id:
            place = self._next(self._by_id.get(call_id))
        else:
            place = self._next(self._by_name.get(name or ""))
            place = next(iter(self._calls), None) if place is None else place
        return None if place is None else self._calls.pop(place)

    def _next(self, places: deque[int] | None) -> int | None:
        while places and places[0] not in self._calls:
            places.popleft()
        return places[0] if places else None
