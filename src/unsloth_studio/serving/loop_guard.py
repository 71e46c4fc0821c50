"""Notices an agent that goes in circles: the same call with the same arguments and the same result, turn after turn.

The rule: judged from the conversation alone, so nothing is remembered between requests. A result that changes is progress
(polling), and whatever the user says begins anew. First the model is told, as the last words of the last result; when that
does not help, the turn ends with the reason instead of another round. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import orjson
from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)


class LoopLimits(Struct, frozen=True):
    """Rounds of the same from which on the model is told, and the turn is ended; 0 is never."""

    hint: int = 3
    stop: int = 8


class Verdict(Struct, frozen=True):
    kind: Literal["none", "hint", "stop"] = "none"
    text: str = ""


NO_LOOP = Verdict()


def judge(conversation: Conversation, limits: LoopLimits) -> Verdict:
    """Whether the last rounds, back to what the user said last, are the same one again and again."""
    rounds = _rounds(conversation)
    if not rounds:
        return NO_LOOP
    count, period = _repeated(rounds)
    names = " and ".join(dict.fromkeys(name for name, _ in rounds[len(rounds) - period :]))
    done = f"{names} {'was called' if period == 1 else 'were called in turns'} {count} times in a row"
    if limits.stop and count >= limits.stop:
        return Verdict(
            "stop",
            f"Stopped: {done} with the same arguments and gave the same result each time. "
            "Change the task, or say how to go on.",
        )
    if limits.hint and count >= limits.hint:
        return Verdict(
            "hint",
            f"(Note: {done} with the same arguments and the same result. Doing it again will not help. "
            "Try something else, or answer with what is known.)",
        )
    return NO_LOOP


def with_hint(conversation: Conversation, text: str) -> Conversation:
    """`text` behind the last tool result: everything before it keeps its place in the prompt cache."""
    messages = list(conversation.messages)
    for at in range(len(messages) - 1, -1, -1):
        parts = messages[at].parts
        last = max((number for number, part in enumerate(parts) if isinstance(part, ToolResultPart)), default=None)
        if last is not None:
            result = parts[last]
            assert isinstance(result, ToolResultPart)
            told = replace(result, parts=(*result.parts, TextPart(text)))
            messages[at] = Message(messages[at].role, (*parts[:last], told, *parts[last + 1 :]))
            return replace(conversation, messages=tuple(messages))
    return conversation


def _rounds(conversation: Conversation) -> list[tuple[str, bytes]]:
    """Each round since the user's last words: the names that were called, and a digest of calls and results."""
    found: list[tuple[str, bytes]] = []
    calls: list[ToolCallPart] = []
    results: list[ToolResultPart] = []

    def end_round() -> None:
        if calls and results:
            found.append((", ".join(dict.fromkeys(call.name for call in calls)), _digest(calls, results)))

    for message in conversation.messages[_last_said(conversation.messages) :]:
        if made := [part for part in message.parts if isinstance(part, ToolCallPart)]:
            end_round()
            calls, results = made, []
        results += [part for part in message.parts if isinstance(part, ToolResultPart)]
    end_round()
    return found


def _last_said(messages: tuple[Message, ...]) -> int:
    """The place of the user's last words; 0 when there are none."""
    for place in range(len(messages) - 1, 0, -1):
        message = messages[place]
        if message.role == "user" and any(isinstance(part, TextPart) for part in message.parts):
            return place
    return 0


def _repeated(rounds: list[tuple[str, bytes]]) -> tuple[int, int]:
    """How often the last round, or the last two in turns, stand at the end; and which of both, 1 or 2."""
    most, chosen = 0, 1
    for period in (1, 2):
        tail = rounds[-period:]
        count = 0
        while len(tail) == period and rounds[len(rounds) - (count + 1) * period : len(rounds) - count * period] == tail:
            count += 1
            if (count + 1) * period > len(rounds):
                break
        if count > most:
            most, chosen = count, period
    return most, chosen


def _digest(calls: list[ToolCallPart], results: list[ToolResultPart]) -> bytes:
    told = [(call.name, _canonical(call.arguments)) for call in calls]
    said = [[result.is_error, *map(_said, result.parts)] for result in results]
    return hashlib.blake2b(orjson.dumps([told, said]), digest_size=16).digest()


def _said(part: TextPart | ImagePart | DocumentPart) -> str:
    """A screen that looks different is a result that changed."""
    return part.url if isinstance(part, ImagePart) else part.text


def _canonical(arguments: str) -> str:
    try:
        return orjson.dumps(orjson.loads(arguments), option=orjson.OPT_SORT_KEYS).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter is nested too deeply to be written
        return arguments
