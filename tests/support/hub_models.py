"""Repositories of scripted models for the test hub: what a model answers tells which file was loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.hub_server.contents import HeldRepository
from tests.support.gguf import write_scripted_gguf, write_split_gguf

TINY = "owner/Tiny-GGUF"
OTHER = "someone/Other-Model-GGUF"


@cache
def file_that_says(*chain: str) -> bytes:
    """A model of about 1 MB that answers with `chain`."""
    with TemporaryDirectory() as folder:
        return write_scripted_gguf(Path(folder) / "m.gguf", chain).read_bytes()


@cache
def shards_that_say(stem: str, *chain: str) -> dict[str, bytes]:
    """The same in several files; names to bytes."""
    with TemporaryDirectory() as folder:
        shards = write_split_gguf(Path(folder) / f"{stem}.gguf", chain)
        return {shard.name: shard.read_bytes() for shard in shards}


@cache
def tiny() -> HeldRepository:
    """Four quantizations (labels only), one of them in shards: each says its own name."""
    files = {f"Tiny-{label}.gguf": file_that_says("I am ", label) for label in ("UD-Q4_K_XL", "Q8_0", "Q2_K")}
    files |= shards_that_say("Tiny-Q4_K_M", "I am ", "Q4_K_M")
    return HeldRepository(TINY, files | {"README.md": b"# Tiny\n"})


@cache
def other() -> HeldRepository:
    return HeldRepository(OTHER, {"Other-Model-Q8_0.gguf": file_that_says("I am ", "the other")})
