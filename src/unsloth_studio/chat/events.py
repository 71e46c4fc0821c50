"""What those who watch an answer are told, as server-sent events: the shapes of their data, and the frames."""

from __future__ import annotations

from typing import Literal

import msgspec

from unsloth_studio.sse import named_frame
from unsloth_studio.store.thread import Approval, Message, Part, Repair, ToolResult


class Snapshot(msgspec.Struct, frozen=True):
    """The message as it is; what follows adds to it. Comes first, and again to a watcher that fell behind."""

    message: Message


class PartStarted(msgspec.Struct, frozen=True):
    index: int
    part: Part


class Delta(msgspec.Struct, frozen=True):
    """More of the open part: of its text, or of a call's arguments."""

    index: int
    text: str


class PartEnded(msgspec.Struct, frozen=True):
    """`seconds` is how long a reasoning part took."""

    index: int
    seconds: float | None = None


class Repaired(msgspec.Struct, frozen=True):
    """All that was mended in a call."""

    index: int
    repairs: list[Repair]


class ApprovalChanged(msgspec.Struct, frozen=True):
    """A call waits until it is allowed; null: it does not wait any more, for it was decided or its time ran out."""

    index: int
    approval: Approval | None = None


class ToolPrinted(msgspec.Struct, frozen=True):
    """What a tool has just printed; its result repeats it."""

    call_id: str
    text: str


class ToolReturned(msgspec.Struct, frozen=True):
    """The call does not wait any more either."""

    call_id: str
    result: ToolResult


class Progress(msgspec.Struct, frozen=True):
    """What the answer waits for: a slot, its model, or the reading of the prompt. `fraction` runs from 0 to 1."""

    stage: Literal["queued", "loading", "reading"]
    fraction: float | None = None
    text: str | None = None


class Done(msgspec.Struct, frozen=True):
    """The message is as it stays; the stream ends."""

    message: Message


ChatEvent = (
    Snapshot
    | PartStarted
    | Delta
    | PartEnded
    | Repaired
    | ApprovalChanged
    | ToolPrinted
    | ToolReturned
    | Progress
    | Done
)

EVENTS: dict[str, type[ChatEvent]] = {
    "snapshot": Snapshot,
    "part_start": PartStarted,
    "delta": Delta,
    "part_end": PartEnded,
    "repair": Repaired,
    "tool_approval": ApprovalChanged,
    "tool_output": ToolPrinted,
    "tool_result": ToolReturned,
    "progress": Progress,
    "done": Done,
}
_NAMES = {shape: name for name, shape in EVENTS.items()}


def frame(event: ChatEvent) -> bytes:
    return named_frame(_NAMES[type(event)], msgspec.json.encode(event))
