"""The history that a client sends back, mended where a chat template or the engine would trip over it.

The rule: nothing that was said becomes a call, and what is mended depends only on the messages up to the end of its round
(an assistant's calls and their results), so that a growing history keeps its prefix and the engine's prompt cache its
worth; a result that comes late is the exception (`late_results.py`). Results stand in the order of their calls: many
templates show no ids. Pure.
"""

from __future__ import annotations

import re
from collections import deque
from typing import cast

import orjson
from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.parsing.calls import json_text_of
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.serving.history_check import is_well_formed
from unsloth_studio.serving.late_results import brought_back
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from unsloth_studio.turn.record import CallRepair

NO_RESULT = "No result of this call was sent."
_PLAIN = re.compile(r"[^0-9A-Za-z]")


def mend_history(conversation: Conversation) -> tuple[Conversation, tuple[CallRepair, ...]]:
    """The conversation that the engine is asked with, and what was mended in it. The same object when nothing was."""
    return (conversation, ()) if is_well_formed(conversation.messages) else mended(conversation)


def mended(conversation: Conversation) -> tuple[Conversation, tuple[CallRepair, ...]]:
    """As `mend_history`, without the quick look before."""
    mender = _Mender()
    brought, late = brought_back(conversation.messages)
    mender.repairs += [CallRepair("late_result", call_id, "") for call_id in late]
    for message in brought:
        mender.message(message)
    mender.close(at_end=True)
    messages = tuple(mender.messages)
    if messages == conversation.messages:
        return conversation, ()
    return replace(conversation, messages=messages), tuple(mender.repairs)


class _Asked(Struct, frozen=True):
    """A call of the round in progress: its id as mended, and as the client sent it."""

    call_id: str
    sent: str


class _Mender(Struct):
    """A round is an assistant's calls and the results up to whatever is said next; only then is it known whose they are."""

    messages: list[Message] = field(default_factory=list[Message])
    repairs: list[CallRepair] = field(default_factory=list[CallRepair])
    ids: set[str] = field(default_factory=set[str])
    called: set[str] = field(default_factory=set[str])
    """The client's ids of all calls so far, letters and digits only."""
    speaking: list[Part] = field(default_factory=list[Part])
    """What the assistant says: all its messages in a row are one, since the engine refuses two at the end."""
    asked: list[_Asked] = field(default_factory=list[_Asked])
    answers: list[Message] = field(default_factory=list[Message])
    """The round's results, in the messages they came in."""

    def message(self, message: Message) -> None:
        results = tuple(part for part in message.parts if isinstance(part, ToolResultPart))
        others = tuple(part for part in message.parts if not isinstance(part, ToolResultPart))
        if results:
            self.answers.append(Message("tool", results))
        if message.role == "assistant":
            if self.answers:
                self.close()
            self._assistant(others)
        elif others or not results:
            shown = _shown(others)
            if shown or message.role == "user":
                self.close()
                self.messages.append(message if shown == message.parts else Message(message.role, shown))

    def close(self, *, at_end: bool = False) -> None:
        """Settle the round. At the end too: the engine refuses a history that ends in calls."""
        if self.speaking:
            self.messages.append(Message("assistant", tuple(self.speaking)))
            self.speaking = []
        asked, answers = self.asked, self.answers
        self.asked, self.answers = [], []
        if at_end and not (asked or answers):
            return
        results = [part for message in answers for part in message.parts if isinstance(part, ToolResultPart)]
        owners = _owners(asked, [result.call_id for result in results], self.called)
        by_call = {
            asked[owner].call_id: result for result, owner in zip(results, owners, strict=True) if owner is not None
        }
        settled = tuple(self._settled(call, by_call.get(call.call_id)) for call in asked)
        if settled == tuple(results):
            self.messages += answers
        elif settled:
            self._note_order([owner for owner in owners if owner is not None])
            self.messages.append(Message("tool", settled))
        for result, owner in zip(results, owners, strict=True):
            if owner is None:
                self._note("orphan_result", result.call_id, "")
                said = (TextPart("Result of an earlier tool call:"), *_shown(result.parts))
                self.messages.append(Message("user", said))

    def _settled(self, call: _Asked, result: ToolResultPart | None) -> ToolResultPart:
        if result is None:
            self._note("missing_result", call.call_id, NO_RESULT)
            return ToolResultPart(call.call_id, (TextPart(NO_RESULT),))
        if result.call_id == call.call_id:
            return result
        if _plain(result.call_id) != _plain(call.sent):
            self._note("result_id", result.call_id, call.call_id)
        return replace(result, call_id=call.call_id)

    def _note_order(self, owners: list[int]) -> None:
        """Templates that show no ids leave it to the order which result belongs to which call."""
        if owners != sorted(owners):
            self._note("result_order", str(owners), str(sorted(owners)))

    def _assistant(self, parts: tuple[Part, ...]) -> None:
        kept: list[Part] = []
        for part in _shown(parts):
            if not isinstance(part, ToolCallPart):
                kept.append(part)
            elif part.name:
                kept.append(self._call(part))
            else:  # no template can show it; its result becomes what the user says
                self.called.add(_plain(part.call_id))
                self._note("unnamed_call", part.arguments, "")
        if kept:
            self.speaking += kept
        else:
            self._note("empty_message", "", "")

    def _call(self, call: ToolCallPart) -> ToolCallPart:
        call_id = call.call_id
        if not call_id or call_id in self.ids:
            call_id = f"call{len(self.ids)}"
            while call_id in self.ids:
                call_id += "x"
            self._note("call_id", call.call_id, call_id)
        self.ids.add(call_id)
        self.called.add(_plain(call.call_id))
        self.asked.append(_Asked(call_id, call.call_id))
        arguments = self._arguments(call.arguments)
        same = call_id == call.call_id and arguments == call.arguments
        return call if same else replace(call, call_id=call_id, arguments=arguments)

    def _arguments(self, text: str) -> str:
        """The engine answers every later request with 500 when one call in the history is not a JSON object. Clients write
        no arguments as `false`, `[]`, `""` or null, and some write the object as a JSON text."""
        if not text.strip():
            return "{}"
        value = _value(text)
        if isinstance(value, dict) and _is_json(text):
            return text
        within = value if isinstance(value, str) else ""
        if isinstance(inner := _value(within), dict):
            value = cast("object", inner)
        if isinstance(value, dict):
            mended = within if _is_json(within) else json_text_of(cast("object", value))
        elif value in (False, None, "", []) and _is_json(text):
            mended = "{}"
        else:
            mended = orjson.dumps({"unparsed": text.encode(errors="replace").decode()}).decode()
        self._note("history_arguments", text, mended)
        return mended

    def _note(self, kind: str, before: str, after: str) -> None:
        self.repairs.append(CallRepair(kind, before, after))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _value(text: str) -> object:
    """What JSON text says, or the one meaning that it can have when it is damaged; None when it has none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        found = readings(text) if text.strip() else []
        return found[0].value if len(found) == 1 else None


def _owners(asked: list[_Asked], ids: list[str], called: set[str]) -> list[int | None]:
    """For each result's id the place of the call it answers.

    By the same id, then by what a client left of it, then in order. A known call's id never counts for another: that is
    a second result, or a late one. Without an id only the order is left.
    """
    owners: list[int | None] = [None] * len(ids)
    for key in (str, _plain):
        taken = set(owners)
        places: dict[str, deque[int]] = {}
        for place, call in enumerate(asked):
            if place not in taken and key(call.sent):
                places.setdefault(key(call.sent), deque()).append(place)
        for at, call_id in enumerate(ids):
            if owners[at] is None and (waiting := places.get(key(call_id))):
                owners[at] = waiting.popleft()
    taken = set(owners)
    left = deque(place for place in range(len(asked)) if place not in taken)
    for at, call_id in enumerate(ids):
        unknown = not _plain(call_id) or _plain(call_id) not in called
        if owners[at] is None and unknown and left:
            owners[at] = left.popleft()
    return owners


def _plain(call_id: str) -> str:
    """Clients drop and replace what is neither letter nor digit (OpenClaw: underscores)."""
    return _PLAIN.sub("", call_id)


def _shown(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Without empty texts and thoughts, which some templates refuse."""
    if all(not isinstance(part, TextPart | ReasoningPart) or part.text for part in parts):
        return parts
    return tuple(part for part in parts if not isinstance(part, TextPart | ReasoningPart) or part.text)
