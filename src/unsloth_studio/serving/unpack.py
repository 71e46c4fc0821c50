"""Compressed HTTP bodies unpacked as they arrive, in small pieces, so that the reader can stop when it has seen enough.

The rule: no piece is larger than `PIECE`, whatever a few bytes unpack to. Source: RFC 9110, 8.4.1; RFC 1950 to 1952.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

PIECE: Final = 64 * 2**10
PACKINGS: Final = ("gzip", "deflate")
"""What is asked for; Brotli would be a dependency of 5 MB for a fifth of the bytes."""
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MARK = b"\x1f\x8b"


class _Stream(Protocol):
    """What `zlib.decompressobj` makes; its class has no public name."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Damaged(Exception):  # noqa: N818 - the sender's doing
    """The bytes are not what their packing says, or end too early."""


class Unpacker:
    """One body. `packing` is its Content-Encoding; raises `ValueError` for one that is not read."""

    def __init__(self, packing: str) -> None:
        if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ValueError(packing)
        self._packed = packing not in ("", "identity")
        self._gzip = packing.endswith("gzip")
        self._held = b""
        self._stream: _Stream | None = None
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` adds, in pieces of at most `PIECE` bytes unless it is not packed. Raises `Damaged`."""
        if not self._packed:
            yield data
            return
        self._held += data
        while (stream := self._member()) is not None:
            try:
                piece = stream.decompress(self._held, PIECE)
            except zlib.error as error:
                raise Damaged(str(error)) from error
            self._held = stream.unconsumed_tail
            if piece:
                yield piece
            if stream.eof:
                self._held, self._stream, self._ended = stream.unused_data, None, True
            elif not self._held and len(piece) < PIECE:
                return

    def finish(self) -> None:
        """Raises `Damaged` when the end is missing."""
        if self._packed and (self._stream is not None or (self._held and not self._ended)):
            raise Damaged("it ends too early")

    def _member(self) -> _Stream | None:
        """The stream that the bytes at hand belong to. A gzip file may hold several, one behind the other; what else follows
        an end is padding, and ignored as browsers do."""
        if self._stream is None and len(self._held) >= 2 and (not self._ended or self._again()):
            self._stream, self._ended = zlib.decompressobj(self._window()), False
        return self._stream

    def _again(self) -> bool:
        return self._gzip and self._held.startswith(_GZIP_MARK)

    def _window(self) -> int:
        """`deflate` means zlib's format, and many servers send it without zlib's two bytes."""
        if self._gzip:
            return _GZIP
        first, second = self._held[0], self._held[1]
        return zlib.MAX_WBITS if first & 15 == 8 and (first * 256 + second) % 31 == 0 else -zlib.MAX_WBITS
