"""What requests and replies said, for as long as the operator wants to look at it.

The rule: nothing is kept until it is switched on, and what was kept is forgotten when it is switched off. The oldest go
first when all of it is more than `most_bytes`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

MOST_BYTES = 32 * 2**20
LARGEST = 8 * 2**20
"""Bytes of one body; the rest of it is not kept."""


class Bodies(Struct):
    """Of one request: its body, the last body that the engine was asked with, and the reply as it was sent."""

    request: bytes = b""
    asked: bytes = b""
    response: list[bytes] = field(default_factory=list[bytes])
    response_bytes: int = 0

    @property
    def size(self) -> int:
        return len(self.request) + len(self.asked) + self.response_bytes


class KeptBodies:
    """By the id of the request."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self._most = most_bytes
        self._largest = largest
        self._bodies: dict[str, Bodies] = {}
        self._on = False
        self.size = 0
        """Bytes that are kept."""

    @property
    def on(self) -> bool:
        return self._on

    def switch(self, *, on: bool) -> None:
        """Begin to keep bodies, or stop and forget them."""
        self._on = on
        if not on:
            self.forget(list(self._bodies))

    def of(self, request_id: str) -> Bodies | None:
        return self._bodies.get(request_id)

    def request(self, request_id: str, body: bytes) -> None:
        if (kept := self._place(request_id)) is not None:
            self.size -= len(kept.request)
            kept.request = body[: self._largest]
            self._grown(len(kept.request))

    def asked(self, request_id: str, body: bytes) -> None:
        """A later round of the same request holds all that the one before did: it takes its place."""
        if (kept := self._place(request_id)) is not None:
            self.size -= len(kept.asked)
            kept.asked = body[: self._largest]
            self._grown(len(kept.asked))

    def sent(self, request_id: str, piece: bytes) -> None:
        """A further piece of the reply."""
        kept = self._place(request_id)
        if kept is not None and kept.response_bytes < self._largest:
            piece = piece[: self._largest - kept.response_bytes]
            kept.response.append(piece)
            kept.response_bytes += len(piece)
            self._grown(len(piece))

    def forget(self, request_ids: Iterable[str]) -> None:
        for request_id in request_ids:
            if (kept := self._bodies.pop(request_id, None)) is not None:
                self.size -= kept.size

    def _place(self, request_id: str) -> Bodies | None:
        return self._bodies.setdefault(request_id, Bodies()) if self._on else None

    def _grown(self, size: int) -> None:
        self.size += size
        while self.size > self._most:
            self.forget([next(iter(self._bodies))])
