"""Files of a repository into the hub's cache: several at once, resumed, checked, with progress.

The rule: a file is named in the cache when it is whole and its checksum is right, and not before; whatever ends a download
early (Ctrl-C, a cut, a full disk) leaves `<digest>.incomplete` files from which the next one goes on. Two programs that
want the same file wait for each other by the hub's own locks. Where a file system does not keep locks the checksum still
refuses what two writers made of one file.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from unsloth_studio.catalog.aside import run_aside
from unsloth_studio.catalog.download_progress import DownloadProgress, OnProgress, ProgressMeter
from unsloth_studio.catalog.hub import Hub, Repository
from unsloth_studio.catalog.hub_cache import HubCache, HubFile
from unsloth_studio.catalog.hub_errors import HubError, Patience, explain
from unsloth_studio.catalog.part_file import PartFile
from unsloth_studio.catalog.quantization import Variant
from unsloth_studio.catalog.transfer import Source, Transfer

if TYPE_CHECKING:
    from httpx2 import AsyncClient

_PARALLEL = 3  # one connection seldom fills a line; many take turns away from everybody else on it
_SPARE_BYTES = 200_000_000  # what a disk should keep free for logs and databases
_TICK = 0.5  # seconds between two looks at whether something moves
_LOCK_PATIENCE = 0.05
_LOCK_LOOKS_EVERY = 0.3


class Download(Struct, frozen=True):
    """What to fetch. `files` are of `repository`; `parallel` is how many come at once."""

    hub: Hub
    repository: Repository
    files: tuple[HubFile, ...]
    parallel: int = _PARALLEL
    patience: Patience = field(default_factory=Patience)


def plan_download(hub: Hub, repository: Repository, variant: Variant) -> Download:
    """All shards of the variant, and the projector when the repository has one.

    Raises `HubError` when the repository lacks a shard (an upload that is not finished).
    """
    if not variant.complete:
        where = "this disk" if repository.cached_only else repository.name
        raise HubError(
            "not_found", f"{variant.label} is not whole: {where} has only {len(variant.files)} of its files."
        )
    projector = () if repository.projector is None else (repository.projector,)
    return Download(hub, repository, repository.select((*variant.files, *projector)))


def bytes_to_fetch(download: Download) -> int:
    """Bytes that are not on the disk yet."""
    cache, name = download.hub.cache, download.repository.name
    missing = [file for file in download.files if not is_here(cache, download.repository, file)]
    missing = [file for file in missing if not _is_whole(cache.blob(name, file.digest), file)]
    return sum(max(0, file.size - _size(cache.part(name, file.digest))) for file in missing)


async def fetch(download: Download, on_progress: OnProgress | None = None) -> tuple[Path, ...]:
    """Bring every file into the cache; returns their paths, in the order of `download.files`.

    Hashing and writing happen in the calling loop: in a server use `fetch_with_progress`, which has a loop of its own.
    Raises `HubError`. Cancelling keeps what came.
    """
    if download.repository.cached_only:
        return tuple(_pointer(download, file) for file in download.files)
    sizes = {file.path: file.size for file in download.files}
    meter = ProgressMeter(sizes, on_progress or (lambda _: None))
    ticking = asyncio.create_task(_tick(meter))
    try:
        _check_space(download)
        async with _client() as client, asyncio.TaskGroup() as group:
            turns = asyncio.Semaphore(download.parallel)
            for file in download.files:
                group.create_task(_bring(download, file, client=client, turns=turns, meter=meter))
        download.hub.cache.remember(download.repository.name, download.repository.revision, download.repository.commit)
    except* (HubError, OSError) as group_error:
        first = group_error.exceptions[0]
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        failure = explain(first, download.hub.asked(download.repository.name))
    else:
        return tuple(_pointer(download, file) for file in download.files)
    finally:
        ticking.cancel()
    raise failure


async def fetch_with_progress(download: Download) -> AsyncGenerator[DownloadProgress]:
    """The same as a stream of events, made in a thread of its own; ends when all is there. Raises `HubError`.

    Closing the generator (a client went away, a task was cancelled) stops the download and waits until it has stopped.
    """
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[DownloadProgress | None] = asyncio.Queue()

    def report(progress: DownloadProgress | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, progress)

    worker = asyncio.create_task(run_aside(lambda: fetch(download, report)))
    worker.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (progress := await events.get()) is not None:
            yield progress
        await worker
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def _tick(meter: ProgressMeter) -> None:
    while True:
        await asyncio.sleep(_TICK)
        meter.tick()


async def _bring(
    download: Download, file: HubFile, *, client: AsyncClient, turns: asyncio.Semaphore, meter: ProgressMeter
) -> None:
    cache, name = download.hub.cache, download.repository.name
    async with turns:
        blob, part = cache.blob(name, file.digest), cache.part(name, file.digest)
        if not is_here(cache, download.repository, file):
            async with _locked(cache.lock(name, file.digest), part, file=file, meter=meter):
                if not _is_whole(blob, file):
                    await _transfer(download, file, client=client, part=part, meter=meter)
                    part.replace(blob)
                cache.link(name, download.repository.commit, file)
        meter.found(file.path, file.size)


async def _transfer(
    download: Download, file: HubFile, *, client: AsyncClient, part: Path, meter: ProgressMeter
) -> None:
    hub = download.hub
    source = Source(hub.url(download.repository, file), hub.headers(), hub.asked(download.repository.name))
    growing = PartFile(part, file)
    try:
        await growing.open()
        meter.found(file.path, growing.offset)
        transfer = Transfer(client, source, file=file, part=growing, patience=download.patience)
        await transfer.run(
            lambda offset: meter.moved(file.path, offset),
            lambda problem, wait: meter.note(
                file.path, f"{problem} Next try in {wait:.0f} s." if wait else str(problem)
            ),
        )
        await growing.sync()
    finally:
        growing.close()


@asynccontextmanager
async def _locked(lock: Path, part: Path, *, file: HubFile, meter: ProgressMeter) -> AsyncGenerator[None]:
    """Hold the hub's lock on a blob; while another program holds it, tell how far that one is."""
    from huggingface_hub.utils import WeakFileLock

    lock.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(WeakFileLock(lock, timeout=_LOCK_PATIENCE))
                break
            except TimeoutError:
                meter.found(
                    file.path, min(_size(part), file.size), note="Another program is fetching it; waiting for that."
                )
                await asyncio.sleep(_LOCK_LOOKS_EVERY)
        yield


def _check_space(download: Download) -> None:
    needed = bytes_to_fetch(download)
    folder = download.hub.cache.root
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed and needed + _SPARE_BYTES > free:
        raise HubError(
            "disk_full",
            f"{download.repository.name} needs {needed / 1e9:.1f} GB more on the disk of {download.hub.cache.root}, where "
            f"{free / 1e9:.1f} GB are free: free some space, choose a smaller variant, or set HF_HOME to another disk.",
        )


def is_here(cache: HubCache, repository: Repository, file: HubFile) -> bool:
    """Whether the file is whole, under its name. Reads the disk."""
    return _is_whole(cache.pointer(repository.name, repository.commit, file.path), file)


def _is_whole(path: Path, file: HubFile) -> bool:
    return path.exists() and _size(path) == file.size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _pointer(download: Download, file: HubFile) -> Path:
    return download.hub.cache.pointer(download.repository.name, download.repository.commit, file.path)


def _client() -> AsyncClient:
    from huggingface_hub import get_async_session

    return get_async_session()
