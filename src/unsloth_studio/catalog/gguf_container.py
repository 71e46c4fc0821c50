"""The GGUF container: bytes of a header to key-value pairs and tensor entries.

The rule: nothing a file claims is believed before the bytes are there, and at most 64 MiB of it are ever read; large arrays
(the vocabulary) are stepped over without being built. Format: ggml repository, docs/gguf.md, versions 2 and 3,
little-endian; sizes of the tensor types: ggml's type traits.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from unsloth_studio.catalog.gguf_bytes import SCALARS, GgufError, Header, Scalar

_ARRAY_LIMIT = 1024
"""Arrays of more elements are not built."""
_COUNT_LIMIT = 1 << 16
_STRING, _ARRAY = 8, 9
TENSOR_TYPES: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18), 42: ("Q2_0", 64, 18),
}  # fmt: skip
"""Name, elements and bytes of one block, by ggml's number of a tensor type."""

_WEB_PAGE = "it is a web page, which the download got instead: sign in or check the address, then download again"
_POINTER = "it is a Git LFS pointer, not the model itself: run `git lfs pull`, or download it again"
_OLD = "it is in a format that llama.cpp used before GGUF: download the model in GGUF format"
_FOREIGN = (
    (b"version https://git-lfs", _POINTER),
    (b"<!", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"PK\x03\x04", "it is a zip archive: unpack it, or download the model in GGUF format"),
    (b"tjgg", _OLD),
    (b"fmgg", _OLD),
    (b"lmgg", _OLD),
)
"""How other files begin that are taken for models (the last three: `ggjt`, `ggmf`, `ggml`), and what to do."""


class LongArray(Struct, frozen=True):
    """An array that was stepped over."""

    length: int


Value = Scalar | tuple[Scalar, ...] | LongArray


class Tensor(Struct, frozen=True):
    """`shape` as GGUF writes it (fastest dimension first); `size_bytes` None for a type this table does not know."""

    name: str
    shape: tuple[int, ...]
    type_number: int
    offset: int
    size_bytes: int | None

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


class Container(Struct, frozen=True):
    """A header that held together. `data_offset` is where tensor data begins, in bytes."""

    version: int
    pairs: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int


def read_container(path: Path) -> Container:
    """Read the header of `path` and check that the data of all its tensors is there. Blocking, a few milliseconds.

    Raises `GgufError`, also when the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size, path.name)
    except OSError as error:
        raise GgufError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except (struct.error, OverflowError) as error:
        raise GgufError(f"{path.name} is damaged: its header makes no sense ({error}). Download it again.") from error


def _read(file: BinaryIO, size: int, name: str) -> Container:
    header = Header(file, size, name)
    version = _version(header)
    tensor_count, pair_count = header.length(), header.length()
    if max(tensor_count, pair_count) > _COUNT_LIMIT:
        raise header.damaged(f"it claims {tensor_count} tensors and {pair_count} keys")
    pairs: dict[str, Value] = {}
    for _ in range(pair_count):
        key = header.text()
        if key in pairs:
            raise header.damaged(f"the key {key[:80]!r} stands in it twice")
        pairs[key] = _value(header, header.u32())
    tensors = tuple(_tensor(header) for _ in range(tensor_count))
    container = Container(version, pairs, tensors, _aligned(header, pairs), size)
    _check_data(container, name)
    return container


def _version(header: Header) -> int:
    if header.size == 0:
        raise GgufError(f"{header.name} is empty (0 bytes). Download it again.")
    start = header.peek(64)
    if start[:4] != b"GGUF":
        why = next((why for mark, why in _FOREIGN if start.lower().startswith(mark.lower())), "")
        raise GgufError(f"{header.name} is not a GGUF file" + (f": {why}." if why else ". Give a file of that format."))
    header.at = 4
    version = header.u32()
    if version & 0xFFFF == 0:
        raise GgufError(
            f"{header.name} is a big-endian GGUF file, for mainframes; this machine is little-endian. Download the "
            "ordinary file, without '-be' in its name."
        )
    if version == 1:
        raise GgufError(f"{header.name} is GGUF version 1, which engines no longer read. Download a newer file.")
    if version > 3:
        raise GgufError(f"{header.name} is GGUF version {version}; versions 2 and 3 are known. Update Unsloth Studio.")
    return version


def _value(header: Header, kind: int) -> Value:
    if kind == _STRING:
        return header.text()
    if kind != _ARRAY:
        return header.scalar(kind)
    element, length = header.u32(), header.length()
    if element == _STRING:
        if length > _ARRAY_LIMIT:
            header.skip_strings(length)
            return LongArray(length)
        return tuple(header.text() for _ in range(length))
    if element not in SCALARS:
        raise header.damaged(f"it holds an array of the unknown type {element}")
    if length > _ARRAY_LIMIT:
        header.skip(length * SCALARS[element].size)
        return LongArray(length)
    return tuple(header.scalar(element) for _ in range(length))


def _tensor(header: Header) -> Tensor:
    name, dimensions = header.text(), header.u32()
    if dimensions > 4:
        raise header.damaged(f"the tensor {name[:80]!r} has {dimensions} dimensions")
    shape = tuple(header.length() for _ in range(dimensions))
    type_number, offset = header.u32(), header.length()
    elements, (_, block, size) = math.prod(shape), TENSOR_TYPES.get(type_number, ("", 1, 0))
    if elements >= 1 << 63 or (shape and shape[0] % block):
        raise header.damaged(f"the tensor {name[:80]!r} has the impossible shape {list(shape)}")
    return Tensor(name, shape, type_number, offset, elements // block * size if size else None)


def _aligned(header: Header, pairs: Mapping[str, Value]) -> int:
    alignment = pairs.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise header.damaged(f"its alignment is {alignment}, which is no power of two")
    return -(-header.at // alignment) * alignment


def _check_data(container: Container, name: str) -> None:
    ends = (container.data_offset + tensor.offset + (tensor.size_bytes or 0) for tensor in container.tensors)
    needed = max(ends, default=0)
    if needed > container.file_size:
        missing = 100 * (1 - container.file_size / needed)
        raise GgufError(
            f"{name} is cut off: {container.file_size} bytes are there, {needed} are needed ({missing:.1f} % missing). "
            "Download it again."
        )
