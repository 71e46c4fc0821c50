"""The bytes at the start of a GGUF file, one value after the other.

The rule: the window grows only as far as a value needs that the file is long enough to hold, and never beyond 64 MiB; so
what a hostile file claims costs neither memory nor time. Format: ggml repository, docs/gguf.md, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import BinaryIO

from unsloth_studio.problem import OperatorProblem

_HEADER_LIMIT = 64 << 20
"""Bytes; the largest header in use (a vocabulary of 262k tokens with its merges) has about 16 MB."""

Scalar = bool | int | float | str

_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
SCALARS: Mapping[int, struct.Struct] = {kind: struct.Struct(form) for kind, form in _FORMATS.items()}
"""How each type of number is written, by GGUF's number of a value type."""

_LENGTH, _U32 = SCALARS[10], SCALARS[4]


class GgufError(OperatorProblem):
    """The file cannot be used as a model. The message names the file (without its folder), the fault, and what to do."""


class Header:
    """A window on the start of a file that grows as it is read. Read, not mapped: a file that shrinks under a mapping
    kills the process."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self.size, self.name, self.at = size, name, 0
        self._file, self._bytes = file, b""

    def damaged(self, what: str) -> GgufError:
        return GgufError(f"{self.name} is damaged: {what}. Download it again.")

    def claim(self, count: int) -> int:
        """Where `count` bytes from the current place end; raises when the file or the limit ends before that."""
        end = self.at + count
        if end > self.size:
            raise GgufError(f"{self.name} is cut off in its header, after {self.size} bytes. Download it again.")
        if end > _HEADER_LIMIT:
            raise self.damaged(f"its header claims more than {_HEADER_LIMIT >> 20} MiB")
        return end

    def need(self, count: int) -> None:
        """Have `count` bytes from the current place in the window."""
        if self.at + count <= len(self._bytes):
            return
        end = self.claim(count)
        wanted = max(end, 2 * len(self._bytes), 1 << 18)
        self._bytes += self._file.read(min(wanted, _HEADER_LIMIT) - len(self._bytes))
        if end > len(self._bytes):
            raise GgufError(f"{self.name} became shorter while it was read. Try again when its download has ended.")

    def peek(self, count: int) -> bytes:
        count = min(count, self.size - self.at)
        self.need(count)
        return self._bytes[self.at : self.at + count]

    def skip(self, count: int) -> None:
        self.need(count)
        self.at += count

    def scalar(self, kind: int) -> Scalar:
        form = SCALARS.get(kind)
        if form is None:
            raise self.damaged(f"it holds a value of the unknown type {kind}")
        self.need(form.size)
        (value,) = form.unpack_from(self._bytes, self.at)
        self.at += form.size
        return value

    def u32(self) -> int:
        self.need(4)
        (value,) = _U32.unpack_from(self._bytes, self.at)
        self.at += 4
        return value

    def length(self) -> int:
        self.need(8)
        (value,) = _LENGTH.unpack_from(self._bytes, self.at)
        self.at += 8
        return value

    def text(self) -> str:
        length = self.length()
        start = self.at
        self.skip(length)
        return self._bytes[start : self.at].decode(errors="replace")

    def skip_strings(self, count: int) -> None:
        """Step over `count` strings: the one hot loop, so it looks into the window itself."""
        self.claim(8 * count)
        unpack, at, left = _LENGTH.unpack_from, self.at, count
        while left:
            window = self._bytes
            try:
                for left in range(left, 0, -1):  # noqa: B007, B020 - what is left survives the exception
                    at += 8 + unpack(window, at)[0]
                left = 0
            except (struct.error, OverflowError):
                self.at = at
                self.need(8)
        self.at = at
        self.need(0)
