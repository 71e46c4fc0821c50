"""The history that a client sends back, mended where a chat template or the engine would trip over it.

The rule: nothing that was said becomes a call, and what is mended depends only on the messages up to it, so that a growing
history keeps its prefix and the engine's prompt cache its worth. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import orjson

from unsloth_studio.parsing.json_text import readings
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from unsloth_studio.turn.record import CallRepair

NO_RESULT = "No result of this call was sent."
_PLAIN = re.compile(r"[^0-9A-Za-z]")


def mend_history(conversation: Conversation) -> tuple[Conversation, tuple[CallRepair, ...]]:
    """The conversation that the engine is asked with, and what was mended in it. The same object when nothing was."""
    mender = _Mender()
    for message in conversation.messages:
        mender.message(message)
    messages = tuple(mender.messages)
    if messages == conversation.messages:
        return conversation, ()
    return replace(conversation, messages=messages), tuple(mender.repairs)


@dataclass(slots=True)
class _Mender:
    messages: list[Message] = field(default_factory=list[Message])
    repairs: list[CallRepair] = field(default_factory=list[CallRepair])
    open: list[str] = field(default_factory=list[str])
    """Ids, as mended, of calls that have no result yet, in order."""
    ids: set[str] = field(default_factory=set[str])
    sent: dict[str, str] = field(default_factory=dict[str, str])
    """The client's id, letters and digits only, of each call: its id as mended."""

    def message(self, message: Message) -> None:
        results = [part for part in message.parts if isinstance(part, ToolResultPart)]
        others = tuple(part for part in message.parts if not isinstance(part, ToolResultPart))
        if results:
            self._results(results)
        if message.role == "assistant":
            self._close()
            self._assistant(others)
        elif others or not results:
            shown = _shown(others)
            if shown or message.role == "user":
                self._close()
                self.messages.append(message if shown == message.parts else Message(message.role, shown))

    def _assistant(self, parts: tuple[Part, ...]) -> None:
        kept = [self._call(part) if isinstance(part, ToolCallPart) else part for part in _shown(parts)]
        if kept:
            self.messages.append(Message("assistant", tuple(kept)))
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
        self.sent[_PLAIN.sub("", call.call_id)] = call_id
        self.open.append(call_id)
        arguments = self._arguments(call.arguments)
        same = call_id == call.call_id and arguments == call.arguments
        return call if same else replace(call, call_id=call_id, arguments=arguments)

    def _arguments(self, text: str) -> str:
        """The engine answers every later request with 500 when one call in the history is not a JSON object."""
        try:
            if isinstance(orjson.loads(text), dict):
                return text
        except orjson.JSONDecodeError:
            pass
        found = readings(text) if text.strip() else []
        value = found[0].value if len(found) == 1 else None
        if isinstance(value, dict):
            mended = orjson.dumps(value).decode()
        elif not text.strip():
            mended = "{}"
        else:
            mended = orjson.dumps({"unparsed": text.encode(errors="replace").decode()}).decode()
        if text.strip():
            self._note("history_arguments", text, mended)
        return mended

    def _results(self, results: Iterable[ToolResultPart]) -> None:
        kept: list[Part] = []
        lost: list[Part] = []
        for result in results:
            call_id = self._owner(result.call_id)
            if call_id is None:
                self._note("orphan_result", result.call_id, "")
                lost += [TextPart("Result of an earlier tool call:"), *result.parts]
                continue
            self.open.remove(call_id)
            kept.append(result if call_id == result.call_id else replace(result, call_id=call_id))
        if kept:
            self.messages.append(Message("tool", tuple(kept)))
        if lost:
            self._close()
            self.messages.append(Message("user", tuple(lost)))

    def _owner(self, call_id: str) -> str | None:
        """The call that a result answers: by its id, by what a client left of the id, else the first that waits."""
        if call_id in self.open:
            return call_id
        plain = self.sent.get(_PLAIN.sub("", call_id))
        if plain in self.open:
            return plain
        if not self.open:
            return None
        self._note("result_id", call_id, self.open[0])
        return self.open[0]

    def _close(self) -> None:
        """The conversation went on: calls that still wait get a result that says so."""
        if self.open:
            missing = tuple(ToolResultPart(call_id, (TextPart(NO_RESULT),)) for call_id in self.open)
            self.messages.append(Message("tool", missing))
            for call_id in self.open:
                self._note("missing_result", call_id, NO_RESULT)
            self.open = []

    def _note(self, kind: str, before: str, after: str) -> None:
        self.repairs.append(CallRepair(kind, before, after))


def _shown(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Without empty texts, which some templates refuse."""
    if all(not isinstance(part, TextPart) or part.text for part in parts):
        return parts
    return tuple(part for part in parts if not isinstance(part, TextPart) or part.text)
