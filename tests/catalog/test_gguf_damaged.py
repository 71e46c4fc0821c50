"""Files that are no models: each fault has its sentence, and no file costs more than its own bytes."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path

import pytest
from tests.catalog.gguf_files import LLAMA, pair, raw, string_pair, strings_pair, tensor, text, u32_pair

from unsloth_studio.catalog.gguf import GgufError, read_gguf
from unsloth_studio.engine.local import demo_model

HUGE = 2**62


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "m.gguf is empty (0 bytes). Download it again.", id="empty"),
        pytest.param(b"\x00" * 40, "m.gguf is not a GGUF file. Give a file of that format.", id="something else"),
        pytest.param(b"GG", "m.gguf is not a GGUF file. Give a file of that format.", id="two bytes"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1", "it is a Git LFS pointer", id="LFS pointer"),
        pytest.param(b"<!DOCTYPE html><title>Sign in", "it is a web page", id="web page"),
        pytest.param(b"PK\x03\x04....", "it is a zip archive", id="zip"),
        pytest.param(b"tjgg\x03\0\0\0", "llama.cpp used before GGUF", id="ggjt"),
        pytest.param(b"GGUF", "m.gguf is cut off in its header, after 4 bytes. Download it again.", id="magic only"),
        pytest.param(raw(LLAMA)[:40], "m.gguf is cut off in its header, after 40 bytes.", id="cut in a key"),
        pytest.param(raw(version=1), "m.gguf is GGUF version 1, which engines no longer read.", id="version 1"),
        pytest.param(raw(version=4), "m.gguf is GGUF version 4; versions 2 and 3 are known. Update", id="version 4"),
        pytest.param(
            b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "m.gguf is a big-endian GGUF file, for mainframes", id="big-endian"
        ),
        pytest.param(raw(), "m.gguf names no architecture (general.architecture).", id="no architecture"),
        pytest.param(raw(LLAMA, LLAMA), "the key 'general.architecture' stands in it twice", id="a key twice"),
        pytest.param(raw(pair("k", 13, b"")), "it holds a value of the unknown type 13", id="unknown type"),
        pytest.param(
            raw(pair("k", 9, struct.pack("<IQ", 9, 1))), "it holds an array of the unknown type 9", id="array of arrays"
        ),
        pytest.param(
            raw(LLAMA, u32_pair("general.alignment", 24)),
            "its alignment is 24, which is no power of two",
            id="alignment",
        ),
        pytest.param(
            raw(LLAMA, u32_pair("llama.block_count", 2**31)), "it claims 2147483648 layers", id="too many layers"
        ),
        pytest.param(
            raw(LLAMA, tensors=(tensor("t", (1, 1, 1, 1, 1), 0),)), "'t' has 5 dimensions", id="five dimensions"
        ),
        pytest.param(raw(LLAMA, tensors=(tensor("t", (33,), 8),)), "impossible shape [33]", id="half a block"),
        pytest.param(raw(LLAMA, tensors=(tensor("t", (HUGE, 4), 0),)), "impossible shape", id="a shape that overflows"),
        pytest.param(
            b"GGUF" + struct.pack("<IQQ", 3, HUGE, 1), f"it claims {HUGE} tensors and 1 keys", id="too many tensors"
        ),
        pytest.param(b"GGUF" + struct.pack("<IQQ", 3, 1, HUGE), f"1 tensors and {HUGE} keys", id="too many keys"),
        pytest.param(raw(pair("k", 8, struct.pack("<Q", HUGE))), "is cut off in its header", id="a string without end"),
        pytest.param(
            raw(pair("k", 9, struct.pack("<IQ", 4, HUGE))), "is cut off in its header", id="an array without end"
        ),
        pytest.param(raw(strings_pair("k", HUGE, text("a") * 9)), "is cut off in its header", id="strings without end"),
        pytest.param(
            raw(strings_pair("k", 2000, struct.pack("<Q", 2**64 - 1))), "is cut off in its header", id="a wild length"
        ),
    ],
)
def test_a_fault_has_its_sentence(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError) as caught:
        read_gguf(path)
    assert message in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_missing_tensor_data_is_told_in_numbers(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    header = raw(LLAMA, tensors=(tensor("t", (100,), 0),))
    start = -(-len(header) // 32) * 32
    path.write_bytes(header + bytes(start - len(header) + 399))
    with pytest.raises(GgufError) as caught:
        read_gguf(path)
    assert f"is cut off: {start + 399} bytes are there, {start + 400} are needed (0.2 % missing)." in str(caught.value)
    path.write_bytes(header + bytes(start - len(header) + 400))
    assert read_gguf(path).parameters == 100


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_what_cannot_be_opened(what: str, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    if what == "folder":
        path.mkdir()
    with pytest.raises(GgufError, match=r"^m\.gguf cannot be read: .+\.$"):
        read_gguf(path)


def test_every_cut_of_a_model_is_refused(tmp_path: Path) -> None:
    whole = raw(
        LLAMA,
        u32_pair("llama.block_count", 1),
        strings_pair("tokenizer.ggml.tokens", 1100, text("ab") * 1100),
        string_pair("tokenizer.chat_template", "x"),
        tensors=(tensor("blk.0.a", (2,), 0),),
    )
    whole += bytes(-len(whole) % 32 + 8)
    path = tmp_path / "m.gguf"
    path.write_bytes(whole)
    assert read_gguf(path).vocabulary_size == 1100
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(GgufError):
            read_gguf(path)


def test_flipped_bytes_give_facts_or_a_sentence_and_nothing_else(tmp_path: Path) -> None:
    dice = random.Random(20261122)
    whole = demo_model().read_bytes()
    header = 2600
    path = tmp_path / "m.gguf"
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(header)] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            read_gguf(path)
        except GgufError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(pair("k", 9, struct.pack("<IQ", 4, 1 << 30)), id="four gibibytes of numbers"),
        pytest.param(pair("k", 8, struct.pack("<Q", 4 << 30)), id="a string of four gibibytes"),
        pytest.param(strings_pair("k", 1 << 29, b""), id="half a billion empty strings"),
    ],
)
def test_a_hostile_header_in_a_huge_file_stays_bounded(claim: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    with path.open("wb") as file:
        file.write(raw(claim))
        file.truncate(8 << 30)  # sparse: costs no disk
    tracemalloc.start()
    try:
        with pytest.raises(GgufError, match="its header claims more than 64 MiB"):
            read_gguf(path)
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()
