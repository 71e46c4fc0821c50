"""A thread as a file: Markdown to read, JSON to work with. Pure.

The rule: Markdown has the branch that is shown, JSON the whole tree. Pictures are named, not included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from unsloth_studio.store.thread import Image, Message, Part, Reasoning, Text, Thread, ToolCall, path_to


class Export(msgspec.Struct, frozen=True):
    """The JSON file."""

    thread: Thread
    messages: list[Message]


def as_json(thread: Thread, messages: Sequence[Message]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(Export(thread, list(messages))), indent=2)


def as_markdown(thread: Thread, messages: Sequence[Message]) -> bytes:
    """Who said what, reasoning folded, calls with their results in fences that nothing in them can close."""
    path = path_to({message.id: message for message in messages}, thread.leaf_id)
    when = datetime.fromtimestamp(thread.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    blocks = [f"# {thread.title or 'New chat'}", f"*{when}*"]
    for message in path:
        blocks += [_heading(message), *_blocks(message.parts)]
        if message.error:
            blocks.append(f"> {message.error}")
    return ("\n\n".join(blocks) + "\n").encode()


def file_name(thread: Thread, ending: str) -> str:
    """A name that every file system takes: letters, digits and dashes of the title."""
    words = re.sub(r"[^\w]+", "-", thread.title, flags=re.UNICODE).strip("-_")[:60]
    return f"{words or 'chat'}.{ending}"


def _heading(message: Message) -> str:
    if message.role == "user":
        return "## User"
    return f"## Assistant ({message.model})" if message.model else "## Assistant"


def _blocks(parts: Iterable[Part]) -> Iterable[str]:
    for part in parts:
        match part:
            case Text():
                yield part.text
            case Reasoning():
                took = f" for {part.seconds:g} s" if part.seconds is not None else ""
                yield f"<details><summary>Thought{took}</summary>\n\n{part.text}\n\n</details>"
            case Image():
                yield f"[Image {part.file_id}]"
            case ToolCall():
                yield f"**Tool call: {part.name}**"
                yield _fenced(part.arguments, "json")
                if part.result is not None:
                    yield "Result:" if not part.result.is_error else "Result (an error):"
                    yield _fenced(part.result.content)


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
