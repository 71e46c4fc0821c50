"""What an engine has read, kept on disk while its model is out of memory: slots are saved when it is put away, and restored
when it is loaded again, so that no conversation has to be read a second time.

The rule: the files hold what people and agents wrote, in the engine's form. They lie in a folder for the owner alone, are
removed once they are restored, and do not outlive the server. Whatever goes wrong costs the state, never the model.

Sources: llama-server's `--slot-save-path` and `POST /slots/ID?action=save|restore`, which xllamacpp has too.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.health import Answer, ask
from unsloth_studio.engine.launch import Running
from unsloth_studio.engine.plan import LaunchPlan

log = logging.getLogger(__name__)

Ask = Callable[..., Coroutine[Any, Any, Answer]]
"""As `health.ask`."""

LEAST_TOKENS = 512
"""Fewer are read in less than a second or two, and are mostly titles and probes."""
SECONDS = 15.0
"""For all slots of a model together, either way; who waits for the next model waits for this."""
FREE_BYTES = 1 << 30
"""Of the disk, to leave alone."""


class _Kept(Struct, frozen=True):
    """The files of a model's slots, by number, of an engine that was started like `likeness` says."""

    likeness: object
    files: dict[int, Path]
    bytes: int


class KeptSlots:
    """Those of all models of a server, in a folder of its own below `folder`; at most `budget_bytes` together, 0 for none.

    Belongs to one event loop. `close` removes everything.
    """

    def __init__(self, folder: Path, budget_bytes: int, *, ask: Ask = ask) -> None:
        self._parent = folder
        self._folder = folder / _name_of(psutil.Process())
        self._budget = budget_bytes
        self._ask = ask
        self._kept: dict[str, _Kept] = {}
        self._saves = 0

    async def tidy(self) -> None:
        """Remove what servers left that did not end properly; also where nothing is kept any more."""
        await asyncio.to_thread(self._tidy)

    async def prepared(self, plan: LaunchPlan) -> LaunchPlan:
        """`plan` for an engine whose slots can be saved."""
        if not self._budget or plan.memory is None:
            return plan
        try:
            await asyncio.to_thread(self._make_folder)
        except OSError as error:
            log.warning("slots are not kept on disk: %s", error)
            return plan
        return replace(plan, slot_folder=self._folder)

    @asynccontextmanager
    async def around(self, running: Running) -> AsyncGenerator[None]:
        """Restore what was kept of this model's slots, and save them when the `with` is cancelled, which means that the
        model is put away. A dead engine has nothing to save."""
        await self._restore(running)
        try:
            yield
        except asyncio.CancelledError:
            await self._save(running)
            raise

    def stop(self) -> None:
        """Save nothing any more: the server ends."""
        self._budget = 0

    async def close(self) -> None:
        self.stop()
        self._kept.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _save(self, running: Running) -> None:
        memory = running.plan.memory
        if running.plan.slot_folder is None or memory is None or not self._budget:
            return
        self._saves += 1
        files: dict[int, Path] = {}
        largest = (memory.kv_cache + memory.state) // max(1, running.slots)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                for slot in range(running.slots):
                    if not self._budget or await asyncio.to_thread(self._free) < largest + FREE_BYTES:
                        break
                    file = self._folder / f"{self._saves}-{slot}"
                    files[slot] = file  # before it is written, so that it is removed whatever happens
                    answer = await self._act(running, slot, "save", file)
                    saved: Any = answer.body.get("n_saved", 0)
                    if answer.status != 200 or not isinstance(saved, int) or saved < LEAST_TOKENS:
                        await _remove(files.pop(slot))
                    else:
                        await asyncio.to_thread(_make_private, file)
                    if answer.status not in (200, 400):
                        break  # not with this model or build
        await self._keep(running.plan, files)

    async def _keep(self, plan: LaunchPlan, files: dict[int, Path]) -> None:
        size, likeness = await asyncio.to_thread(lambda: (sum(map(_size, files.values())), _likeness(plan)))
        if self._budget and files and size <= self._budget:
            self._kept[plan.model_id] = _Kept(likeness, files, size)
            log.info("kept %d slots of %s on disk, %.0f MiB", len(files), plan.model_id, size / 2**20)
        else:
            await _remove(*files.values())
        while sum(kept.bytes for kept in self._kept.values()) > self._budget:
            oldest = self._kept.pop(next(iter(self._kept)))
            await _remove(*oldest.files.values())

    async def _restore(self, running: Running) -> None:
        kept = self._kept.pop(running.plan.model_id, None)
        if kept is None:
            return
        try:
            if running.plan.slot_folder is None or kept.likeness != await asyncio.to_thread(_likeness, running.plan):
                return
            async with asyncio.timeout(SECONDS):
                for slot, file in kept.files.items():
                    answer = await self._act(running, slot, "restore", file)
                    if answer.status != 200:
                        log.info("slot %d of %s was not restored: %s", slot, running.plan.model_id, answer.problem)
        except TimeoutError:
            log.info("the slots of %s were not restored in time", running.plan.model_id)
        finally:
            await _remove(*kept.files.values())

    async def _act(self, running: Running, slot: int, action: str, file: Path) -> Answer:
        url = f"{running.address.base_url}/slots/{slot}?action={action}"
        body = {"filename": file.name}
        return await self._ask(url, api_key=running.address.api_key, timeout=SECONDS, post=body)

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._parent.chmod(0o700)

    def _tidy(self) -> None:
        with suppress(FileNotFoundError):
            for other in self._parent.iterdir():
                if other != self._folder and not _is_alive(other.name):
                    shutil.rmtree(other, ignore_errors=True)

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0


def _name_of(process: psutil.Process) -> str:
    """Numbers of processes are used again, so the time of its start belongs to it."""
    return f"{process.pid}-{int(process.create_time())}"


def _is_alive(name: str) -> bool:
    """Whether the server runs that has the folder with this name."""
    number = name.partition("-")[0]
    try:
        return number.isdigit() and _name_of(psutil.Process(int(number))) == name
    except (psutil.Error, OverflowError):
        return False


def _likeness(plan: LaunchPlan) -> object:
    """What has to be the same for a slot to mean the same."""
    try:
        status = plan.model_path.stat()
    except OSError:
        return object()
    program = plan.program
    return (
        program.kind,
        program.path,
        program.version,
        plan.model_path,
        status.st_mtime_ns,
        status.st_size,
        plan.flags(),
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _make_private(file: Path) -> None:
    """For its owner alone, beside the folder that is so already."""
    with suppress(OSError):
        file.chmod(0o600)


async def _remove(*files: Path) -> None:
    def remove() -> None:
        for file in files:
            with suppress(OSError):
                file.unlink(missing_ok=True)

    await asyncio.to_thread(remove)
