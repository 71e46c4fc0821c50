"""The hub's cache on disk, as `huggingface_hub` lays it out, so that every program finds what another one fetched.

    models--owner--name/blobs/<sha256 or git sha1>      the bytes; `<digest>.incomplete` while they come
    models--owner--name/snapshots/<commit>/<path>       links to the blobs
    models--owner--name/refs/main                       the commit that `main` was
    .locks/models--owner--name/<digest>.lock            held while a blob is written

The rule: a blob gets its name only when all its bytes are there and checked; so what has a name is whole. Layout:
huggingface_hub, guide "Understand caching".
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from msgspec import Struct

_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PREFIX = "models--"
UNFINISHED = ".incomplete"


class HubFile(Struct, frozen=True):
    """A file of a repository. `digest` is the sha256 of its bytes (files in LFS, which all GGUFs are) or its git blob
    sha1 (small files); `size` is in bytes.

    Raises `ValueError` where a hub names something that could lead out of the cache.
    """

    path: str
    size: int
    digest: str

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts or "\\" in self.path or not path.parts:
            raise ValueError(f"{self.path!r} is no path inside a repository")
        if not _DIGEST.fullmatch(self.digest) or self.size < 0:
            raise ValueError(f"{self.path} has no checksum or no size")


class HubCache(Struct, frozen=True):
    """`root` is the folder that holds `models--...`."""

    root: Path

    def folder(self, repository: str) -> Path:
        return self.root / (_PREFIX + repository.replace("/", "--"))

    def blob(self, repository: str, digest: str) -> Path:
        return self.folder(repository) / "blobs" / digest

    def part(self, repository: str, digest: str) -> Path:
        """Where bytes are kept until all are there. Older versions of the library used the same name."""
        return self.folder(repository) / "blobs" / (digest + UNFINISHED)

    def lock(self, repository: str, digest: str) -> Path:
        return self.root / ".locks" / self.folder(repository).name / f"{digest}.lock"

    def pointer(self, repository: str, commit: str, path: str) -> Path:
        return self.folder(repository) / "snapshots" / commit / Path(*PurePosixPath(path).parts)

    def link(self, repository: str, commit: str, file: HubFile) -> Path:
        """Give a whole blob its name in the snapshot `commit`; the name is returned. Raises `OSError`."""
        pointer = self.pointer(repository, commit, file.path)
        blob = self.blob(repository, file.digest)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        beside = pointer.with_name(f".{pointer.name}.{os.getpid()}.link")
        beside.unlink(missing_ok=True)
        try:
            beside.symlink_to(os.path.relpath(blob, pointer.parent))
        except OSError:
            return blob.rename(pointer)  # a disk without symbolic links: the library moves the blob there, too
        return beside.replace(pointer)

    def remember(self, repository: str, revision: str, commit: str) -> None:
        """Note that `revision` (a branch or tag) is `commit`, for later look-ups without a network."""
        if revision == commit:
            return
        ref = self.folder(repository) / "refs" / Path(*PurePosixPath(revision).parts)
        ref.parent.mkdir(parents=True, exist_ok=True)
        beside = ref.with_name(f".{ref.name}.{os.getpid()}")
        beside.write_text(commit)
        beside.replace(ref)

    def commit(self, repository: str, revision: str = "main") -> str | None:
        """The commit that `revision` was when something of it was fetched last; None when nothing is known."""
        if _COMMIT.fullmatch(revision):
            return revision
        try:
            commit = (self.folder(repository) / "refs" / Path(*PurePosixPath(revision).parts)).read_text().strip()
        except OSError:
            return None
        return commit if _COMMIT.fullmatch(commit) else None

    def files(self, repository: str, commit: str) -> tuple[HubFile, ...]:
        """The whole files of a snapshot, in order of their paths; their digests are the names of their blobs."""
        snapshot = self.folder(repository) / "snapshots" / commit
        found = (_cached(snapshot, path) for path in sorted(snapshot.rglob("*")) if path.is_file())
        return tuple(file for file in found if file is not None)

    def repositories(self) -> tuple[str, ...]:
        """Names of the model repositories of which something is here."""
        try:
            folders = sorted(self.root.glob(f"{_PREFIX}*"))
        except OSError:
            return ()
        return tuple(folder.name.removeprefix(_PREFIX).replace("--", "/") for folder in folders if folder.is_dir())

    def unfinished(self, repository: str) -> int:
        """Bytes that came of blobs that are not whole, whoever fetched them."""
        parts = (self.folder(repository) / "blobs").glob(f"*{UNFINISHED}")
        return sum(part.stat().st_size for part in parts if part.is_file())


def _cached(snapshot: Path, path: Path) -> HubFile | None:
    try:
        blob = path.readlink().name if path.is_symlink() else "0" * 40
        return HubFile(path.relative_to(snapshot).as_posix(), path.stat().st_size, blob)
    except (OSError, ValueError):
        return None
