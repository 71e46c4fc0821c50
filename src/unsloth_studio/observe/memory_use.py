"""How much memory this program holds, with its engines and tools."""

from __future__ import annotations

from contextlib import suppress

import psutil


def memory_use() -> int:
    """Resident bytes of this process and all below it. Reads the process table: not on an event loop."""
    own = psutil.Process()
    used = own.memory_info().rss
    for child in own.children(recursive=True):
        with suppress(psutil.Error):  # it ended in this moment
            used += child.memory_info().rss
    return used


def machine_memory() -> int:
    """Bytes that the machine has in all."""
    return psutil.virtual_memory().total
