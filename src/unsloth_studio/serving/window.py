"""The context window of a turn: what of it is left for an answer, and a conversation that is too long made to fit.

The rule: a shortened conversation keeps its instructions, its last message and whole groups (a call with its results), and
is cut in large steps at places that depend on its beginning only: so the same cut holds for many turns, and with it the
engine's prompt cache. Pure; the caller counts. Tokens are the model's, letters are of the texts.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    Message,
    Overflow,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

MOST_RESERVED = 4
"""At most this part (one in so many) of the window is kept free for the answer."""
LEAST_RESERVED = 256
"""Tokens that are kept free where a request does not say how long its answer may be."""
MOST_STEPS = 64


class Window(Struct, frozen=True):
    """`length` is what prompt and answer have together, in tokens."""

    length: int

    def left(self, prompt_tokens: int) -> int:
        """Tokens that an answer can have."""
        return max(0, self.length - prompt_tokens)

    def clamp_notice(self, max_tokens: int | None, prompt_tokens: int | None) -> str:
        """What a client is told whose `max_tokens` is more than is left; "" when there is nothing to tell."""
        if max_tokens is None or prompt_tokens is None or max_tokens <= self.left(prompt_tokens):
            return ""
        left = self.left(prompt_tokens)
        return f"max_tokens={left}; asked={max_tokens}; prompt={prompt_tokens}; context={self.length}"

    def takes(self, prompt_tokens: int, max_tokens: int | None) -> bool:
        """Whether the prompt leaves room enough for an answer."""
        wanted = LEAST_RESERVED if max_tokens is None else max_tokens
        return prompt_tokens + min(wanted, self.length // MOST_RESERVED) <= self.length

    @property
    def step(self) -> int:
        """Letters that are cut at a time: about a quarter of the window."""
        return self.length

    def steps_for(self, prompt_tokens: int, letters: int) -> int:
        """The least number of steps that may do for a prompt of so many tokens and letters."""
        excess = (prompt_tokens - self.length) * letters / max(1, prompt_tokens)
        return max(1, int(excess // self.step))


class Shortened(Struct, frozen=True):
    """`dropped` messages are left out; `exhausted`: nothing more can be."""

    conversation: Conversation
    dropped: int
    exhausted: bool


def shorten(conversation: Conversation, how: Overflow, letters: int) -> Shortened:
    """`conversation` without whole groups of at least so many letters: the oldest, or with `truncate_middle` those behind
    the first thing that the user said. Instructions stay, wherever they stand."""
    leading = next((at for at, one in enumerate(conversation.messages) if one.role != "system"), 0)
    groups = _groups(conversation.messages[leading:])
    begin = 1 if how == "truncate_middle" else 0
    end, gone = begin, 0
    while end < len(groups) - 1 and gone < letters:
        gone += sum(letters_of(message) for message in groups[end] if message.role != "system")
        end += 1
    out = _flat(groups[begin:end])
    instructions = [message for message in out if message.role == "system"]
    dropped = len(out) - len(instructions)
    if not dropped:
        return Shortened(conversation, 0, True)
    count = f"{dropped} earlier message{'s' if dropped > 1 else ''}"
    note = Message("user", (TextPart(f"[{count} left out here: the conversation is longer than the context.]"),))
    kept = [*_flat(groups[:begin]), note, *instructions, *_flat(groups[end:])]
    messages = (*conversation.messages[:leading], *kept)
    return Shortened(replace(conversation, messages=messages), dropped, gone < letters)


def letters_of(message: Message) -> int:
    """The length of what a message says."""
    return sum(map(_letters, message.parts))


def _letters(part: Part) -> int:
    match part:
        case TextPart() | ReasoningPart() | DocumentPart():
            return len(part.text)
        case ToolCallPart():
            return len(part.name) + len(part.arguments)
        case ToolResultPart():
            return sum(map(_letters, part.parts))
        case _:
            return 0


def _groups(messages: Sequence[Message]) -> list[list[Message]]:
    """Messages that stand or fall together: results go with their calls."""
    groups: list[list[Message]] = []
    for message in messages:
        if message.role == "tool" and groups:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def _flat(groups: Sequence[Sequence[Message]]) -> list[Message]:
    return [message for group in groups for message in group]
