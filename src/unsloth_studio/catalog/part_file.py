"""A file that is still coming: its bytes, how far they reach, and the checksum of what is there.

The rule: bytes reach the disk as they arrive, in order, so that an end at any moment keeps what came; only `close` after
`matches` makes it safe to give the file its name.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from pathlib import Path
from typing import Protocol

from unsloth_studio.catalog.hub_cache import HubFile
from unsloth_studio.catalog.hub_errors import HubError

_BLOCK = 4 * 1024 * 1024


class Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class PartFile:
    """`open` takes up what an earlier attempt left. Not for two writers: hold the hub's lock on the blob."""

    def __init__(self, path: Path, file: HubFile) -> None:
        self._path, self._file = path, file
        self._descriptor = -1
        self._digest = self._fresh()
        self.offset = 0
        """How many bytes are there and hashed."""

    async def open(self) -> None:
        """Make or reopen the file; what is there is read once for the checksum. Raises `OSError`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        size = os.fstat(self._descriptor).st_size
        if size > self._file.size:
            self.rewind()
        elif size:
            stopped = threading.Event()
            try:
                self._digest = await asyncio.to_thread(self._read_digest, size, stopped)
            finally:
                stopped.set()
            self.offset = size

    def write(self, chunk: bytes) -> None:
        """Append. Raises `HubError` (damaged) when this is more than the file has, `OSError` when the disk is full."""
        if self.offset + len(chunk) > self._file.size:
            self.rewind()
            raise HubError(
                "damaged",
                f"{self._file.path}: more than its {self._file.size} bytes came. Try again; nothing was kept.",
            )
        view = memoryview(chunk)
        while view:
            written = os.pwrite(self._descriptor, view, self.offset)
            self._digest.update(bytes(view[:written]))
            self.offset += written
            view = view[written:]

    def rewind(self) -> None:
        """Forget all that came."""
        os.ftruncate(self._descriptor, 0)
        self._digest, self.offset = self._fresh(), 0

    @property
    def matches(self) -> bool:
        """Whether all bytes are there and are the right ones."""
        return self.offset == self._file.size and self._digest.hexdigest() == self._file.digest

    async def sync(self) -> None:
        """Wait until the bytes survive a power cut: a name for bytes that do not is a model that only looks whole."""
        await asyncio.to_thread(os.fsync, self._descriptor)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _read_digest(self, size: int, stopped: threading.Event) -> Digest:
        digest = self._fresh()
        with self._path.open("rb") as part:
            while size > 0 and not stopped.is_set():
                block = part.read(min(_BLOCK, size))
                size -= len(block)
                digest.update(block)
                if not block:
                    break
        return digest

    def _fresh(self) -> Digest:
        if len(self._file.digest) == 64:
            return hashlib.sha256()
        # git's name for content (git-scm.com, "Git Internals - Git Objects"); it protects against slips, not attackers
        return hashlib.sha1(b"blob %d\0" % self._file.size, usedforsecurity=False)
