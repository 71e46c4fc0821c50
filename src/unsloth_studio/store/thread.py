"""What a thread of the page's chat is: a tree of messages, each made of parts. The shapes are those of the API and of the
database alike. Imports no database, so that the server can listen first.

The rule: a message that is `running` is written by one process and grows; every other one stays as it is.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

Role = Literal["user", "assistant"]
Status = Literal["running", "done", "stopped", "failed"]


class Text(msgspec.Struct, tag="text", kw_only=True):
    text: str = ""


class Reasoning(msgspec.Struct, tag="reasoning", kw_only=True):
    """What the model thought; `seconds` is how long it did, null while it does."""

    text: str = ""
    seconds: float | None = None


class Image(msgspec.Struct, tag="image", kw_only=True):
    """A picture; its bytes are under `/api/files/{file_id}`."""

    file_id: str
    media_type: str = ""


class Repair(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that was mended in a call: of which kind, and the call's text before and after."""

    kind: str
    before: str
    after: str


class ToolResult(msgspec.Struct, kw_only=True, frozen=True):
    """What a tool returned, with the pictures it made."""

    content: str
    is_error: bool = False
    duration_ms: int = 0
    file_ids: list[str] = []


class Approval(msgspec.Struct, kw_only=True, frozen=True):
    """A call that waits until somebody allows it: under which id one decides, and the Unix second from which it counts as
    denied."""

    approval_id: str
    expires_at: int


class ToolCall(msgspec.Struct, tag="tool_call", kw_only=True):
    """A call of a tool of the server's. `arguments` is JSON text as the model wrote it; calls of one `round` (from 0) were
    made together, without the others' results. `approval` is there while it waits to be allowed. `result` is null while it
    runs, and when it was stopped."""

    call_id: str
    name: str
    arguments: str = ""
    round: int = 0
    repairs: list[Repair] = []
    approval: Approval | None = None
    result: ToolResult | None = None


Part = Text | Reasoning | Image | ToolCall


class Stats(msgspec.Struct, kw_only=True, frozen=True):
    """How an answer was written: tokens, tokens per second, seconds; null for what is not known."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    tokens_per_second: float | None = None
    first_token_seconds: float | None = None
    total_seconds: float | None = None
    context_length: int | None = None
    finish_reason: str | None = None


class Message(msgspec.Struct, kw_only=True):
    """One message. `error` says why it failed, or what stopped it; `parent_id` is null for a thread's first one."""

    id: str
    thread_id: str
    parent_id: str | None
    role: Role
    parts: list[Part]
    status: Status = "done"
    error: str | None = None
    model: str | None = None
    stats: Stats | None = None
    created_at: float

    @property
    def text(self) -> str:
        """What is said in it, without reasoning and calls."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def file_ids(self) -> set[str]:
        """Every file it shows."""
        found = {part.file_id for part in self.parts if isinstance(part, Image)}
        for part in self.parts:
            if isinstance(part, ToolCall) and part.result is not None:
                found.update(part.result.file_ids)
        return found


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """A conversation. `leaf_id` is the message at the end of the branch that is shown; times in seconds since 1970."""

    id: str
    title: str
    created_at: float
    updated_at: float
    model: str | None = None
    leaf_id: str | None = None


class StoredFile(Struct, frozen=True):
    """A picture of a thread."""

    media_type: str
    content: bytes


def path_to(messages: dict[str, Message], leaf_id: str | None) -> list[Message]:
    """The branch that ends in `leaf_id`, from the thread's first message on; empty without one."""
    path: list[Message] = []
    while leaf_id is not None and (message := messages.get(leaf_id)) is not None and message not in path:
        path.append(message)
        leaf_id = message.parent_id
    return path[::-1]
