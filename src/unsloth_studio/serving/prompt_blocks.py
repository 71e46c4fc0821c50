"""A prompt as a row of blocks, in the order in which the model reads them, and the first difference of two prompts in words.

The rule: of a prompt only digests and lengths are kept, 14 bytes a block, never its text. A block is a tool, a line of an
instruction, a line of the first two messages (clients put dates and listings there), or a whole later message. Pure.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from enum import IntEnum

import orjson
from msgspec import Struct

from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

MOST_BLOCKS = 4096
"""What comes after is not compared."""
_LINED_MESSAGES = 2
_MOST_OWNERS = 2**16 - 1


class Section(IntEnum):
    TOOLS = 0
    SYSTEM = 1
    MESSAGES = 2


_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("billing line", re.compile(r"x-anthropic-billing-header", re.IGNORECASE)),
    (
        "token countdown",
        re.compile(
            r"\A(?=.*\d)(?=.*\b(tokens?|context|budget)\b).*(\b(left|remaining|used)\b|\d ?/ ?\d)", re.IGNORECASE
        ),
    ),
    (
        "date line",
        re.compile(
            r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(:\d{2})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\bcurrent (date|time)\b"
            r"|\btoday'?s? (date|is)\b|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}\b",
            re.IGNORECASE,
        ),
    ),
    ("id line", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\b(session|request|conversation)[ _-]?id\b", re.I)),
    (
        "folder or Git line",
        re.compile(r"\bgit\b|\bbranch\b|working (folder|directory)|\bcwd\b|^\s*[MADRCU?!]{1,2} \S", re.IGNORECASE),
    ),
)
"""What a line that changed is about; the first that fits."""
_LONGEST_LINE = 1000
"""Letters that are looked at: a line of a megabyte is about something else, and would hold up everybody."""


class Blocks(Struct, frozen=True):
    """`digests`, `sizes` (letters) and `owners` have one item a block; `owners` are the numbers of its tool, instruction or
    message. `starts` are the places where each section begins. `head` is the digest of tools and instructions, `messages`
    those of the whole messages, without thoughts."""

    digests: array[int]
    sizes: array[int]
    owners: array[int]
    starts: tuple[int, int, int]
    head: int
    messages: array[int]

    @property
    def size(self) -> int:
        return sum(self.sizes)

    def section(self, place: int) -> Section:
        return (
            Section.TOOLS if place < self.starts[1] else Section.SYSTEM if place < self.starts[2] else Section.MESSAGES
        )

    def common(self, other: Blocks) -> int:
        """How many blocks both begin with."""
        low, high = 0, min(len(self.digests), len(other.digests))
        if self.digests[:high] == other.digests[:high]:
            return high
        while high - low > 1:  # the first `low` are the same, the first `high` are not
            middle = (low + high) // 2
            if self.digests[low:middle] == other.digests[low:middle]:
                low = middle
            else:
                high = middle
        return low


def blocks_of(conversation: Conversation) -> Blocks:
    """The blocks of what the model is shown of `conversation`."""
    digests, sizes, owners, whole = array("q"), array("I"), array("H"), array("q")
    counts = [0, 0, 0]
    for section, owner, texts in _opening_blocks(conversation):
        texts = texts[: MOST_BLOCKS - len(digests)]
        counts[section] += len(texts)
        digests.extend([hash((section, text)) for text in texts])
        sizes.extend([len(text) + 1 for text in texts])
        owners.extend([min(owner, _MOST_OWNERS)] * len(texts))
    _, messages = _parted(conversation.messages)
    for number, message in enumerate(messages):
        texts = tuple(map(_text, message.parts))
        digest = hash((message.role, texts))
        if number >= _LINED_MESSAGES and len(digests) < MOST_BLOCKS:
            digests.append(digest)
            sizes.append(sum(map(len, texts)) + 1)
            owners.append(min(number, _MOST_OWNERS))
        if any(type(part) is ReasoningPart for part in message.parts):
            digest = hash((message.role, _texts(message, thoughts=False)))
        whole.append(digest)
    starts = (0, counts[0], counts[0] + counts[1])
    return Blocks(digests, sizes, owners, starts, hash(tuple(digests[: starts[2]])), whole)


def difference(before: Blocks, now: Blocks, place: int, shown: Conversation) -> str:
    """What the block at `place`, the first that is not the same, is about. `shown` is the conversation of `now`; "" when
    nothing of `before` is gone. Tools, instructions and messages are counted from 0, as in a request's own lists, lines of
    a text from 1, as in an editor."""
    if place >= len(before.digests):
        return ""
    old = before.section(place)
    new = now.section(place) if place < len(now.digests) else None
    if old is Section.TOOLS or new is Section.TOOLS:
        return _tools_differ(before, now, place, shown)
    if old is Section.SYSTEM or new is Section.SYSTEM:
        number = now.owners[place] if new is Section.SYSTEM else before.owners[place]
        if old is not new:
            return f"system block {number}: {'shorter' if old is Section.SYSTEM else 'longer'}"
        return f"system block {number}: {_line(place, now, shown)}"
    number = before.owners[place]
    if new is None:
        return f"message {number} on: gone"
    return _messages_differ(before, now, place, shown)


def _tools_differ(before: Blocks, now: Blocks, place: int, shown: Conversation) -> str:
    old, new = before.starts[1], now.starts[1]
    if not new:
        return "tools left out" if shown.tool_choice == "none" else "no tools any more"
    if not old:
        return "tools added where there were none"
    tools = _head_tools(shown)
    if old == new and before.digests[place + 1 : old] == now.digests[place + 1 : new]:
        return f"tool {place} ({tools[place].name}) changed"
    return f"tool list changed at {place}"


def _messages_differ(before: Blocks, now: Blocks, place: int, shown: Conversation) -> str:
    number = before.owners[place]
    if number < len(before.messages) and number < len(now.messages):
        next_ = now.messages[number]
        if before.messages[number] == next_ and number >= _LINED_MESSAGES:
            return f"message {number}: thoughts changed"
        later = next((at for at in range(number + 1, len(before.messages)) if before.messages[at] == next_), None)
        if later is not None:
            return f"messages {number} to {later - 1} left out" if later > number + 1 else f"message {number} left out"
    if len(now.messages) + 1 < len(before.messages):
        return f"history rewritten from message {number} on"
    if number < _LINED_MESSAGES:
        return f"message {number}: {_line(place, now, shown)}"
    return f"message {number} edited"


def _line(place: int, now: Blocks, shown: Conversation) -> str:
    """What the line at `place` is about, else which one of its block it is."""
    opening = [text for _, _, texts in _opening_blocks(shown) for text in texts]
    text = opening[place] if place < len(opening) else ""
    for name, pattern in _KINDS:
        if pattern.search(text, 0, _LONGEST_LINE):
            return name
    section = now.section(place)
    number = place - now.owners.index(now.owners[place], now.starts[section])
    if section is Section.MESSAGES:  # which begins with its role, see `_opening_blocks`
        return f"line {number}" if number else "role changed"
    return f"line {number + 1}"


def _opening_blocks(conversation: Conversation) -> Iterator[tuple[Section, int, list[str]]]:
    """Section, number of the tool, instruction or message, and texts of its blocks, up to the second message."""
    for number, tool in enumerate(_head_tools(conversation)):
        yield Section.TOOLS, number, [_spelled(tool)]
    leading, messages = _parted(conversation.messages)
    texts = [part.text for message in leading for part in message.parts if isinstance(part, TextPart)]
    for number, text in enumerate(texts):
        yield Section.SYSTEM, number, text.split("\n")
    for number, message in enumerate(messages[:_LINED_MESSAGES]):
        said = "\n".join((message.role, *_texts(message)))
        yield Section.MESSAGES, number, said.split("\n") if message.role == "user" else [said]


def _parted(messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """The instructions at the beginning, and the rest."""
    first = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    return messages[:first], messages[first:]


def _head_tools(conversation: Conversation) -> tuple[ToolDefinition, ...]:
    if conversation.tool_choice == "none":
        return ()
    return tuple(tool for tool in conversation.tools if not tool.deferred)


def _spelled(tool: ToolDefinition) -> str:
    try:
        return orjson.dumps([tool.name, tool.description, tool.parameters]).decode()
    except orjson.JSONEncodeError:  # nested too deeply to be written
        return f"{tool.name}\n{tool.description}\n{tool.parameters!r}"


def _texts(message: Message, *, thoughts: bool = True) -> tuple[str, ...]:
    return tuple(_text(part) for part in message.parts if thoughts or not isinstance(part, ReasoningPart))


def _text(part: Part) -> str:
    if type(part) is TextPart:  # nearly all are
        return part.text
    match part:
        case TextPart() | ReasoningPart():
            return part.text
        case ToolCallPart():
            return f"{part.name}({part.arguments})"
        case ToolResultPart():
            return "\n".join(map(_text, part.parts))
        case DocumentPart():
            return f"{part.title}\n{part.text}"
        case ImagePart():
            return part.url
