"""Results that come after the user has said something else: brought back to the calls they belong to.

The rule: only an id that is exactly that of an earlier call without a result counts; everything else stays where it is.
Clients send such histories when a person speaks while a tool runs. Pure.
"""

from __future__ import annotations

from collections import defaultdict

from unsloth_studio.turn.messages import Message, Part, ToolCallPart, ToolResultPart


def brought_back(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """The messages with late results before what interrupted them, and the ids of these results."""
    waiting: dict[str, int] = {}
    interrupted: dict[int, int] = {}
    """By the place of the message that calls: the place of the first message that interrupts it."""
    moved: dict[int, list[Part]] = defaultdict(list)
    kept: list[tuple[Part, ...]] = []
    late: list[str] = []
    for place, message in enumerate(messages):
        stays: list[Part] = []
        for part in message.parts:
            caller = waiting.pop(part.call_id, None) if isinstance(part, ToolResultPart) else None
            if caller in interrupted and isinstance(part, ToolResultPart):
                moved[interrupted[caller]].append(part)
                late.append(part.call_id)
            else:
                stays.append(part)
        kept.append(tuple(stays))
        if message.role == "assistant":
            waiting |= {
                part.call_id: place for part in message.parts if isinstance(part, ToolCallPart) and part.call_id
            }
        elif any(not isinstance(part, ToolResultPart) for part in message.parts):
            interrupted |= {caller: place for caller in waiting.values() if caller not in interrupted}
    if not late:
        return messages, ()
    ordered: list[Message] = []
    for place, (message, parts) in enumerate(zip(messages, kept, strict=True)):
        if place in moved:
            ordered.append(Message("tool", tuple(moved[place])))
        if parts or not message.parts:
            ordered.append(message if parts == message.parts else Message(message.role, parts))
    return tuple(ordered), tuple(late)
