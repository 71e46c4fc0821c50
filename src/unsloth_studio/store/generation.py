"""A counter that all processes on one data folder share: it moves when the keys have changed.

Eight bytes in a memory-mapped file, so that looking costs no system call and a change made by another process is seen
by the very next look. The rule: a writer bumps after its commit; a reader notes the value before it reads the database.
Only "is it another value" has a meaning, so a reader may look while a writer writes.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
from pathlib import Path

_BYTES = 8


class Generation:
    """Opens (and makes, mode 0600) the counter file at `path`. Raises `OSError`.

    The file must not be shortened while it is open: the system kills a process that reads a mapping past its end.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A lock by flock is held per open file: threads that share this one need a lock of their own.
        self._threads = threading.Lock()
        try:
            # Lengthening to the same length does nothing, so two processes may do it at once.
            os.posix_fallocate(self._descriptor, 0, _BYTES)
            self._map = mmap.mmap(self._descriptor, _BYTES)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._counter = memoryview(self._map).cast("Q")

    @property
    def value(self) -> int:
        """The counter now. Never waits."""
        return self._counter[0]

    def bump(self) -> None:
        """Move the counter on. Waits only for another `bump`, which takes microseconds."""
        with self._threads:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                self._counter[0] = (self._counter[0] + 1) % 2**64
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        if not self._map.closed:
            self._counter.release()
            self._map.close()
            os.close(self._descriptor)
