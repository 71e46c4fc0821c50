"""The process that reads one page: `python -m unsloth_studio.tools.pages.child ORDER`, the page's bytes on standard input,
the result as JSON on standard output.

The rule: whatever a page does to its parser happens here, in a process with little memory, little time, no files to write
and nothing of the server's in its memory.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from msgspec.structs import asdict

from unsloth_studio.tools.pages.page import PageLimits, PageUnreadable
from unsloth_studio.tools.pages.read import Fetch, read_page

_DEEPEST = 20_000
"""Calls: up to five for each of the levels that a page can have. Old pages nest deep, for tags that they never close."""


def main() -> None:
    """`ORDER` is JSON: `fetch` and `limits` with the fields of `Fetch` and `PageLimits`. Writes `{"page": ...}` or
    `{"unreadable": sentence}`."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    limits = PageLimits(**order["limits"])
    _confine(limits)
    sys.setrecursionlimit(_DEEPEST)
    body = sys.stdin.buffer.read()
    try:
        answer: dict[str, Any] = {"page": asdict(read_page(body, Fetch(**order["fetch"]), limits))}
    except PageUnreadable as error:
        answer = {"unreadable": str(error)}
    except (MemoryError, RecursionError):
        answer = {"unreadable": "The page takes too much memory to read."}
    sys.stdout.write(json.dumps(answer))


def _confine(limits: PageLimits) -> None:
    try:
        import resource
    except ImportError:  # not on Windows; there the time limit alone holds
        return
    seconds = int(limits.seconds) + 2
    for kind, value in (
        (resource.RLIMIT_AS, limits.max_memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit of the operator's holds
            resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    main()
