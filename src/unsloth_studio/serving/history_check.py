"""Whether a history needs no mending, in one short pass. Most need none, and long ones come again with every turn.

The rule: yes only where `history` would give back the very same messages; in doubt it has to look. Pure.
"""

from __future__ import annotations

import orjson

from unsloth_studio.turn.messages import (
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


def is_well_formed(messages: tuple[Message, ...]) -> bool:
    """No message is empty, no two of the assistant stand in a row, and every call has an id of its own, an object as its
    arguments, and its result in its place."""
    ids: set[str] = set()
    waiting: list[str] = []
    """The calls of the round that have no result yet, the next one last."""
    before = ""
    for message in messages:
        role = message.role
        if role == "tool":
            if not message.parts:
                return False
            for part in message.parts:
                if type(part) is not ToolResultPart or not waiting or waiting.pop() != part.call_id:
                    return False
        elif waiting or not message.parts or role == before == "assistant":
            return False
        elif role == "assistant":
            calls = [part for part in message.parts if type(part) is ToolCallPart]
            if not all(map(_is_said, message.parts)) or not _are_sound(calls, ids):
                return False
            waiting = [call.call_id for call in reversed(calls)]
        elif not all(map(_is_shown, message.parts)):
            return False
        before = role
    return not waiting


def _is_shown(part: Part) -> bool:
    if type(part) is TextPart or type(part) is ReasoningPart:
        return bool(part.text)
    return type(part) is ImagePart or type(part) is DocumentPart


def _is_said(part: Part) -> bool:
    return type(part) is ToolCallPart or _is_shown(part)


def _are_sound(calls: list[ToolCallPart], ids: set[str]) -> bool:
    """`ids` are those of the calls before; the new ones are added."""
    for call in calls:
        if not call.name or not call.call_id or call.call_id in ids:
            return False
        ids.add(call.call_id)
        try:
            if not isinstance(orjson.loads(call.arguments), dict):
                return False
        except orjson.JSONDecodeError:
            return False
    return True
