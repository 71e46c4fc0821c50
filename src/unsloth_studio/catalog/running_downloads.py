"""Downloads that belong to the server: they go on when whoever asked for them has left, and can be paused.

The rule: one task per running download; a state is changed by this module alone. What came stays on the disk until a
download is cancelled, so pausing, failing and ending the server lose nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from unsloth_studio.catalog.download_progress import DownloadProgress
from unsloth_studio.catalog.downloads import Download, fetch_with_progress, is_here
from unsloth_studio.catalog.hub_cache import HubFile
from unsloth_studio.problem import OperatorProblem

log = logging.getLogger(__name__)

DownloadPhase = Literal["running", "paused", "done", "failed", "cancelled"]

MOST_ENDED = 50
"""Downloads that are over and still told of."""


class Planned(Struct, frozen=True):
    """What a name means: `model` is the repository with its quantization."""

    model: str
    download: Download


Plan = Callable[[str], Awaitable[Planned]]
"""Asks the hub what a name means. Raises `OperatorProblem`."""


class RunningDownload(Struct, eq=False):
    """`model` is the name as it was `asked` for until the hub has said what it means. `error` is a sentence with advice."""

    id: str
    asked: str
    model: str
    phase: DownloadPhase = "running"
    progress: DownloadProgress | None = None
    error: str | None = None
    planned: Planned | None = None
    task: asyncio.Task[None] | None = None
    before: frozenset[HubFile] = field(default_factory=frozenset[HubFile])
    """Files that were on the disk when it began."""


class UnknownDownload(OperatorProblem):
    """No download has this id."""


class RunningDownloads:
    """Belongs to one event loop. `finished` is called when a model has come whole."""

    def __init__(self, plan: Plan, *, finished: Callable[[], Awaitable[None]], new_id: Callable[[], str]) -> None:
        self._plan = plan
        self._finished = finished
        self._new_id = new_id
        self._downloads: dict[str, RunningDownload] = {}

    def all(self) -> list[RunningDownload]:
        """The newest first."""
        return list(reversed(self._downloads.values()))

    def start(self, name: str) -> RunningDownload:
        """Fetch the model `name`; the same that already runs or waits goes on instead."""
        for one in self._downloads.values():
            if name in (one.asked, one.model) and one.phase in ("running", "paused", "failed"):
                return self.resume(one.id)
        self._forget_ended()
        made = RunningDownload(self._new_id(), name, name)
        self._downloads[made.id] = made
        self._begin(made)
        return made

    def pause(self, download_id: str) -> RunningDownload:
        """Stop asking for bytes; what came is kept. Nothing to do unless it runs."""
        one = self._find(download_id)
        if one.phase == "running" and one.task is not None:
            one.phase = "paused"
            one.task.cancel()
        return one

    def resume(self, download_id: str) -> RunningDownload:
        """Go on, after a pause or a failure."""
        one = self._find(download_id)
        if one.phase in ("paused", "failed"):
            one.phase, one.error = "running", None
            self._begin(one)
        return one

    async def cancel(self, download_id: str) -> None:
        """End it, remove what came of it, and forget it. Of one that is done the files stay."""
        one = self._find(download_id)
        done, one.phase = one.phase == "done", "cancelled"
        await self._stop(one)
        if not done and one.planned is not None:
            others = [other.planned for other in self._downloads.values() if other is not one and other.planned]
            kept = one.before | {file for other in others for file in other.download.files}
            await asyncio.to_thread(_remove, one.planned.download, kept)
        self._downloads.pop(one.id, None)

    async def close(self) -> None:
        """End all of them; what came is kept."""
        for one in self._downloads.values():
            await self._stop(one)

    def _begin(self, one: RunningDownload) -> None:
        one.task = asyncio.create_task(self._run(one, one.task), name=f"download {one.model}")

    async def _run(self, one: RunningDownload, before: asyncio.Task[None] | None) -> None:
        if before is not None:  # it may still be closing its files
            await asyncio.wait((before,))
        try:
            if one.planned is None:
                one.planned = await self._plan(one.model)
                one.model = one.planned.model
                one.before = await asyncio.to_thread(_here, one.planned.download)
            async with aclosing(fetch_with_progress(one.planned.download)) as steps:
                async for progress in steps:
                    one.progress = progress
        except OperatorProblem as problem:
            one.phase, one.error = "failed", str(problem)
        except Exception:
            log.exception("the download of %s failed by a defect", one.model)
            one.phase, one.error = "failed", "The download failed by a defect of the server; its log has the details."
        else:
            one.phase = "done"
            await self._finished()

    async def _stop(self, one: RunningDownload) -> None:
        if one.task is not None:
            one.task.cancel()
            await asyncio.wait((one.task,))

    def _find(self, download_id: str) -> RunningDownload:
        if download_id not in self._downloads:
            raise UnknownDownload(f"There is no download {download_id}. GET /api/downloads lists those there are.")
        return self._downloads[download_id]

    def _forget_ended(self) -> None:
        ended = [one.id for one in self._downloads.values() if one.phase == "done"]
        for name in ended[: max(0, len(ended) - MOST_ENDED)]:
            del self._downloads[name]


def _here(download: Download) -> frozenset[HubFile]:
    return frozenset(file for file in download.files if is_here(download.hub.cache, download.repository, file))


def _remove(download: Download, kept: frozenset[HubFile]) -> None:
    """The bytes of the download's files, whole or not, but of those in `kept`."""
    cache, name = download.hub.cache, download.repository.name
    for file in download.files:
        if file in kept:
            continue
        gone: tuple[Path, ...] = (
            cache.part(name, file.digest),
            cache.pointer(name, download.repository.commit, file.path),
            cache.blob(name, file.digest),
        )
        for path in gone:
            path.unlink(missing_ok=True)
