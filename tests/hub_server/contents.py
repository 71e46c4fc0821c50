"""What a test's hub holds, and what it does wrong when it is told to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Place = Literal["api", "resolve", "cdn"]


@dataclass(frozen=True, slots=True)
class HeldRepository:
    """`files` are bytes by path. GGUFs are in LFS and come from the CDN; the others come from the hub itself."""

    name: str
    files: Mapping[str, bytes]
    gated: bool = False
    private: bool = False
    token: str | None = None
    """The token that opens it, when it is gated or private."""

    @property
    def commit(self) -> str:
        state = "".join(f"{path}{digest(content, path)}" for path, content in sorted(self.files.items()))
        return hashlib.sha1(state.encode(), usedforsecurity=False).hexdigest()

    def listed(self) -> dict[str, Any]:
        """As in the answer of `/api/models?...`."""
        said = {"downloads": 1234, "likes": 5, "lastModified": "2025-07-01T12:00:00.000Z"}
        return {"id": self.name, "tags": ["gguf"], "gated": "auto" if self.gated else False, **said}

    def siblings(self) -> list[dict[str, Any]]:
        """As in the answer of `/api/models/...?blobs=true`."""
        return [_sibling(path, content) for path, content in self.files.items()]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to answer wrongly. Bytes count from the start of the answer's body."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut_after: int | None = None
    hold_after: int | None = None
    """Send so many bytes, then nothing until the hub's `released` is set."""
    claim_size: int | None = None
    """Call the file so long, in `Content-Length` or `Content-Range`."""
    flip_at: int | None = None
    """Send another byte at this place of the file."""
    surplus: bytes = b""
    ignores_ranges: bool = False
    bytes_per_second: int | None = None


def in_lfs(path: str) -> bool:
    return path.endswith(".gguf")


def digest(content: bytes, path: str) -> str:
    """The sha256 of files in LFS, else git's blob id."""
    if in_lfs(path):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _sibling(path: str, content: bytes) -> dict[str, Any]:
    size = len(content)
    entry: dict[str, Any] = {"rfilename": path, "size": size, "blobId": digest(content, "git")}
    if in_lfs(path):
        entry["lfs"] = {"sha256": digest(content, path), "size": size, "pointerSize": 134}
    return entry
