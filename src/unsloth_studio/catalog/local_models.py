"""What a disk holds: models that can be loaded, and such as began to come. Values only; `library` finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

LibrarySource = Literal["hub", "folder", "ollama"]


class LocalModel(Struct, frozen=True):
    """`id` is public and never a path: the repository, the file's name without `.gguf`, or Ollama's `family:tag`. Variants
    of one repository share it. `files` are the shards in order, `size_bytes` is their sum (without the projector)."""

    id: str
    variant: str
    files: tuple[Path, ...]
    size_bytes: int
    source: LibrarySource
    repository: str | None = None
    projector: Path | None = None

    @property
    def main_file(self) -> Path:
        """The file the engine is given: the only one, or the first shard."""
        return self.files[0]


class Unfinished(Struct, frozen=True):
    """Something that began to come. `variant` is None where only bytes without a name are there."""

    id: str
    variant: str | None
    bytes_there: int
    source: LibrarySource


class Library(Struct, frozen=True):
    models: tuple[LocalModel, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()

    def __add__(self, other: Library) -> Library:
        return Library((*self.models, *other.models), (*self.unfinished, *other.unfinished))
