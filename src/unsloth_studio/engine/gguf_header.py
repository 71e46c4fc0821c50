"""The one number the plan needs from a GGUF file before the engine opens it: the context length the model was trained for.

The rule: reads the first mebibyte only and never fails; a damaged file is the engine's to judge. Format: GGUF specification
(ggml repository, docs/gguf.md): magic, version, tensor count, pair count, then pairs of key, type and value.
"""

from __future__ import annotations

import struct
from pathlib import Path

_WINDOW = 1 << 20
_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING = 8


def native_context_length(path: Path) -> int | None:
    """`*.context_length` in tokens, or None when it is not found. Blocking: call it off the event loop."""
    try:
        with path.open("rb") as file:
            return _search(file.read(_WINDOW))
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def _search(header: bytes) -> int | None:
    magic, version, _tensors, pairs = struct.unpack_from("<4sIQQ", header)
    if magic != b"GGUF" or version < 2:
        return None
    at = 24
    for _ in range(pairs):
        key, at = _string(header, at)
        (kind,) = struct.unpack_from("<I", header, at)
        at += 4
        if kind == _STRING:
            _, at = _string(header, at)
        elif (number := _FORMATS.get(kind)) is None:
            return None  # an array: the tokenizer begins, and the model's own keys stand before it
        else:
            (value,) = struct.unpack_from(number, header, at)
            at += struct.calcsize(number)
            if key.endswith(".context_length"):
                return int(value)
    return None


def _string(header: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", header, at)
    if length > len(header):
        raise struct.error("the string leaves the window")
    return header[at + 8 : at + 8 + length].decode(), at + 8 + length
