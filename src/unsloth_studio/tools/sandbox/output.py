"""What a process prints, kept within bounds: the beginning and the end, and how much lay between."""

from __future__ import annotations


class KeptOutput:
    """Takes any amount of bytes and keeps at most `most`: the first half as it came, the second half as a window."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, piece: bytes) -> None:
        self.total += len(piece)
        room = self._half - len(self._head)
        if room > 0:
            self._head += piece[:room]
            piece = piece[room:]
        self._tail += piece
        if len(self._tail) > 2 * self._half:  # cut now and then, so that many small pieces stay cheap
            del self._tail[: -self._half]

    @property
    def truncated(self) -> bool:
        return self.total > 2 * self._half

    def taken(self) -> bytes:
        """What was kept, with a notice where something is missing."""
        if not self.truncated:
            return bytes(self._head + self._tail)
        omitted = self.total - 2 * self._half
        notice = f"\n[... {omitted} bytes of output left out here ...]\n".encode()
        return bytes(self._head) + notice + bytes(self._tail[-self._half :])
