"""Compressed bodies: every split, every packing, damage, and a bomb of which only the first piece is made."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from unsloth_studio.serving.unpack import PIECE, Damaged, Unpacker

TEXT = bytes(random.Random(7).choices(b"abcdefgh \n", k=3 * PIECE + 17))


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


PACKED = {
    "gzip": ("gzip", gzip.compress(TEXT, mtime=0)),
    "its old name": ("x-gzip", gzip.compress(TEXT, mtime=0)),
    "two members": ("gzip", gzip.compress(TEXT[:5], mtime=0) + gzip.compress(TEXT[5:], mtime=0)),
    "padded gzip": ("gzip", gzip.compress(TEXT, mtime=0) + b"\x00" * 20),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate without its header": ("deflate", raw_deflate(TEXT)),
    "not packed": ("identity", TEXT),
    "no name": ("", TEXT),
}


def unpacked(packing: str, pieces: list[bytes]) -> bytes:
    unpacker = Unpacker(packing)
    body = b"".join(part for piece in pieces for part in unpacker.feed(piece))
    unpacker.finish()
    return body


@pytest.mark.parametrize(("packing", "packed"), PACKED.values(), ids=PACKED.keys())
def test_the_text_comes_out_however_it_is_cut(packing: str, packed: bytes) -> None:
    assert unpacked(packing, [packed]) == TEXT
    cuts = [
        1,
        2,
        3,
        10,
        len(packed) // 2,
        len(packed) - 1,
        *(len(gzip.compress(TEXT[:5], mtime=0)) + n for n in (0, 1, 2)),
    ]
    for cut in cuts:
        assert unpacked(packing, [packed[:cut], packed[cut:]]) == TEXT, cut
    assert unpacked(packing, [packed[i : i + 501] for i in range(0, len(packed), 501)]) == TEXT


def test_small_bodies_come_out_byte_by_byte() -> None:
    for packing, packed in (("gzip", gzip.compress(b"hello") * 2), ("deflate", zlib.compress(b"hello"))):
        assert unpacked(packing, [bytes([byte]) for byte in packed]).startswith(b"hello")
    assert unpacked("gzip", []) == b""


def test_a_bomb_comes_in_pieces_that_can_be_refused() -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    pieces = Unpacker("gzip").feed(bomb)
    assert [len(next(pieces)) for _ in range(3)] == [PIECE] * 3


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_what_is_cut_or_damaged_is_said(packing: str) -> None:
    whole = PACKED[packing][1]
    for broken in (whole[:-1], whole[:20], whole[:1], b"not packed at all", b"\x1f\x8b" + whole[:50]):
        with pytest.raises(Damaged):
            unpacked(packing, [broken])


@pytest.mark.parametrize("packing", ["br", "zstd", "compress", "gzip, gzip"])
def test_other_packings_are_refused(packing: str) -> None:
    with pytest.raises(ValueError, match=packing):
        Unpacker(packing)
