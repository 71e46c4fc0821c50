"""Server-sent events, both ways: frames out, and an incremental decoder in.

The decoder's result does not depend on where the bytes are split. Format: WHATWG HTML, "Server-sent events" (lines end
with LF, CRLF or CR; a blank line ends a frame; several `data` lines are joined with LF; lines that begin with a colon
are comments).
"""

from __future__ import annotations

from typing import NamedTuple

KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


class SseFrame(NamedTuple):
    data: bytes
    event: bytes = b""


def data_frame(data: bytes) -> bytes:
    """An unnamed frame; `data` is one line."""
    return b"data: " + data + b"\n\n"


def named_frame(event: str, data: bytes) -> bytes:
    """A frame with an event name; `data` is one line."""
    return b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"


class SseDecoder:
    """Feed it bytes as they arrive, take the frames that are whole. Frames without data (comments) are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[SseFrame]:
        """Frames completed by `data`."""
        text = self._rest + data if self._rest else data
        if b"\r" in text:
            text, held = (text[:-1], b"\r") if text.endswith(b"\r") else (text, b"")
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        blocks = text.split(b"\n\n")
        self._rest = blocks.pop() + held
        return [frame for block in blocks if (frame := _parse(block)) is not None]

    def finish(self) -> list[SseFrame]:
        """The frame that lacks its blank line because the stream ended, if there is one."""
        block, self._rest = self._rest.replace(b"\r", b"\n").strip(b"\n"), b""
        frame = _parse(block)
        return [] if frame is None else [frame]


def _parse(block: bytes) -> SseFrame | None:
    if block.startswith(b"data: ") and b"\n" not in block:
        return SseFrame(block[6:])
    data: list[bytes] = []
    event = b""
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
    return SseFrame(b"\n".join(data), event) if data else None
