"""GGUF files for tests: small models written by the `gguf` package, and raw bytes for what it would not write."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import numpy as np
from gguf import GGUFWriter

Shapes = Mapping[str, tuple[int, ...]]


def write_model(
    path: Path,
    architecture: str,
    describe: Callable[[GGUFWriter], None],
    shapes: Shapes,
    *,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F16,
) -> Path:
    """`shapes` as numpy has them (rows first); every tensor of two dimensions is stored as `kind`, the others as F32."""
    writer = GGUFWriter(path, architecture)
    describe(writer)
    for name, shape in shapes.items():
        flat = np.zeros(shape, np.float32)
        if len(shape) > 1 and kind == gguf.GGMLQuantizationType.F16:
            writer.add_tensor(name, flat.astype(np.float16))
        elif len(shape) > 1:
            writer.add_tensor(name, gguf.quants.quantize(flat, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, flat)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def string_pair(key: str, value: str) -> bytes:
    return pair(key, 8, text(value))


def u32_pair(key: str, value: int) -> bytes:
    return pair(key, 4, struct.pack("<I", value))


def f32_pair(key: str, value: float) -> bytes:
    return pair(key, 6, struct.pack("<f", value))


def strings_pair(key: str, count: int, strings: bytes) -> bytes:
    return pair(key, 9, struct.pack("<IQ", 8, count) + strings)


def tensor(name: str, shape: tuple[int, ...], type_number: int, offset: int = 0) -> bytes:
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", type_number, offset)


def raw(*pairs: bytes, tensors: tuple[bytes, ...] = (), version: int = 3, magic: bytes = b"GGUF") -> bytes:
    return magic + struct.pack("<IQQ", version, len(tensors), len(pairs)) + b"".join(pairs) + b"".join(tensors)


LLAMA = string_pair("general.architecture", "llama")
