"""Reading a page in a process of its own, so that the event loop never waits and a time limit can be kept.

A page takes 0.25 s on a busy two-core machine, nearly all of it to start Python and import lxml; only two run at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import asdict

import unsloth_studio
from unsloth_studio.tools.pages.page import Page, PageLimits, PageUnreadable
from unsloth_studio.tools.pages.read import Fetch

_MODULE = "unsloth_studio.tools.pages.child"
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")
_GRACE = 2.0
"""Seconds beyond the limit, for starting the process; a PDF's own limit, which says more, comes first."""


class Reader(Protocol):
    async def read(self, body: bytes, fetch: Fetch) -> Page:
        """The page of `body`. Raises `PageUnreadable`."""
        ...


class ChildReader:
    """Starts a process for each page, at most `at_once` at the same time. `grace` is in seconds, for its start."""

    def __init__(self, limits: PageLimits | None = None, *, at_once: int = 2, grace: float = _GRACE) -> None:
        self._limits = limits or PageLimits()
        self._free, self._grace = asyncio.Semaphore(at_once), grace

    async def read(self, body: bytes, fetch: Fetch) -> Page:
        """Raises `PageUnreadable`, also when it takes longer than the limit."""
        async with self._free:
            answer = await self._answer(body, fetch)
        match answer:
            case {"page": dict()}:
                return Page(**answer["page"])
            case {"unreadable": str(sentence)}:
                raise PageUnreadable(sentence)
            case _:
                raise PageUnreadable("The page takes too much memory to read, or is damaged.")

    async def _answer(self, body: bytes, fetch: Fetch) -> dict[str, Any]:
        order = json.dumps({"fetch": asdict(fetch), "limits": asdict(self._limits)})
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", _MODULE, order, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=_environment(), start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._limits.seconds + self._grace):
                written, _ = await child.communicate(body)
        except TimeoutError as error:
            raise PageUnreadable(f"It takes longer than {self._limits.seconds:g} s to read the page.") from error
        finally:
            await _end(child)
        try:
            return json.loads(written)
        except ValueError:
            return {}


async def _end(child: Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _environment() -> dict[str, str]:
    """Nothing of ours that a page could be after; `PYTHONPATH` for a checkout that is not installed."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    source = str(Path(unsloth_studio.__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (source, kept.get("PYTHONPATH"))))
    return kept
