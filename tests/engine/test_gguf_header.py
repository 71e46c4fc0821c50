"""The context length in a GGUF header, and every way in which there is none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from unsloth_studio.engine.gguf_header import native_context_length
from unsloth_studio.engine.local import demo_model


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(*pairs: bytes, version: int = 3, magic: bytes = b"GGUF") -> bytes:
    return magic + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


NAME = text("general.architecture") + struct.pack("<I", 8) + text("llama")
ROPE = text("llama.rope.freq_base") + struct.pack("<If", 6, 1e6)
CONTEXT = text("llama.context_length") + struct.pack("<II", 4, 4096)
TOKENS = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 0)


@pytest.mark.parametrize(
    ("content", "length"),
    [
        (header(NAME, ROPE, CONTEXT, TOKENS), 4096),
        (header(NAME, TOKENS, CONTEXT), None),
        (header(NAME), None),
        (header(CONTEXT, magic=b"ZZZZ"), None),
        (header(CONTEXT, version=1), None),
        (header(NAME, CONTEXT)[:60], None),
        (header(struct.pack("<Q", 2**63)), None),
        (b"", None),
    ],
    ids=["found", "behind an array", "no such key", "no GGUF", "an old format", "cut", "a wild length", "empty"],
)
def test_context_length(content: bytes, length: int | None, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    assert native_context_length(path) == length


def test_the_shipped_model_says_its_length() -> None:
    assert native_context_length(demo_model()) == 8192


def test_a_missing_file_has_none(tmp_path: Path) -> None:
    assert native_context_length(tmp_path / "none.gguf") is None
