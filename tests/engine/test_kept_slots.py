"""What is saved of slots, for how long, and that nothing of it stays; the engine's side is played."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from msgspec.structs import replace

from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.health import Answer
from unsloth_studio.engine.kept_slots import KeptSlots
from unsloth_studio.engine.launch import Running
from unsloth_studio.engine.local import demo_model
from unsloth_studio.engine.memory import MemoryEstimate
from unsloth_studio.engine.plan import EngineProgram, LaunchPlan

MIB = 1 << 20
OURS = f"{os.getpid()}-{int(psutil.Process().create_time())}"
MEMORY = MemoryEstimate(0, 0, 0, 0, 0, 0, 0, 0)
PLAN = LaunchPlan(
    EngineProgram("embedded"), demo_model(), "m", context_length=1024, slots=3, threads=1, cache_ram_mib=0
)


class Slots:
    """An engine's: `tokens` are what each holds, a MiB a slot on disk. `acts` is what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / OURS
        self.tokens = [2000, 100, 3000]
        self.acts: list[str] = []
        self.status = 200

    async def ask(self, url: str, *, post: Mapping[str, Any], **rest: Any) -> Answer:
        del rest
        slot, action = url.removeprefix("http://engine/slots/").split("?action=")
        self.acts.append(f"{action} {slot}")
        file = self.folder / str(post["filename"])
        if self.status != 200:
            return Answer(self.status)
        if action == "save":
            file.write_bytes(bytes(MIB))
            return Answer(200, {"n_saved": self.tokens[int(slot)]})
        assert file.exists()
        return Answer(200, {"n_restored": 1})


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path)


@asynccontextmanager
async def life(kept: KeptSlots, plan: LaunchPlan = PLAN, *, crashes: bool = False) -> AsyncGenerator[LaunchPlan]:
    """One life of an engine, which is put away at the end."""
    plan = await kept.prepared(replace(plan, memory=MEMORY))
    running = Running(cast("Any", None), plan, EngineAddress("http://engine", None, "m"), 1024, 3, None)

    async def live(up: asyncio.Event, dead: asyncio.Event) -> None:
        async with kept.around(running):
            up.set()
            await dead.wait()

    up, dead = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(live(up, dead))
    await up.wait()
    yield plan
    dead.set() if crashes else task.cancel()
    await asyncio.wait((task,))


def files(slots: Slots) -> list[str]:
    return sorted(path.name for path in slots.folder.iterdir())


async def test_what_was_read_comes_back_and_its_files_go(slots: Slots, tmp_path: Path) -> None:
    kept = KeptSlots(tmp_path, 100 * MIB, ask=slots.ask)
    async with life(kept) as plan:
        assert plan.slot_folder == slots.folder
        assert slots.folder.stat().st_mode & 0o077 == 0
    assert slots.acts == ["save 0", "save 1", "save 2"]
    assert [path.stat().st_mode & 0o777 for path in slots.folder.iterdir()] == [0o600, 0o600]
    assert files(slots) == ["1-0", "1-2"]  # the other one is quickly read again
    slots.acts.clear()
    async with life(kept):
        assert slots.acts == ["restore 0", "restore 2"]
        assert files(slots) == []
    await kept.close()
    assert not slots.folder.exists()


async def test_an_engine_that_was_started_otherwise_gets_nothing(slots: Slots, tmp_path: Path) -> None:
    kept = KeptSlots(tmp_path, 100 * MIB, ask=slots.ask)
    async with life(kept):
        pass
    slots.acts.clear()
    async with life(kept, replace(PLAN, context_length=2048)):
        assert slots.acts == []
        assert files(slots) == []


async def test_an_engine_that_died_is_not_asked(slots: Slots, tmp_path: Path) -> None:
    async with life(KeptSlots(tmp_path, 100 * MIB, ask=slots.ask), crashes=True):
        pass
    assert slots.acts == []


@pytest.mark.parametrize(
    ("budget_mib", "left"),
    [(0, None), (1, []), (3, ["2-0", "2-2"]), (4, ["1-0", "1-2", "2-0", "2-2"])],
)
async def test_the_oldest_makes_room(budget_mib: int, left: list[str] | None, slots: Slots, tmp_path: Path) -> None:
    kept = KeptSlots(tmp_path, budget_mib * MIB, ask=slots.ask)
    for name in ("m", "n"):
        async with life(kept, replace(PLAN, model_id=name)):
            pass
    assert (files(slots) if slots.folder.exists() else None) == left


async def test_when_the_server_ends_nothing_is_written(slots: Slots, tmp_path: Path) -> None:
    kept = KeptSlots(tmp_path, 100 * MIB, ask=slots.ask)
    async with life(kept):
        kept.stop()
    assert slots.acts == []


@pytest.mark.parametrize("status", [0, 400, 501])
async def test_an_engine_that_cannot_do_it_is_not_hurt(status: int, slots: Slots, tmp_path: Path) -> None:
    kept, slots.status = KeptSlots(tmp_path, 100 * MIB, ask=slots.ask), status
    async with life(kept):
        pass
    assert slots.acts == (["save 0", "save 1", "save 2"] if status == 400 else ["save 0"])
    assert files(slots) == []


@pytest.mark.parametrize("budget_mib", [0, 1])
@pytest.mark.parametrize(
    "name",
    [f"{2**22 + 1}-1", f"{os.getpid()}-1", str(os.getpid())],
    ids=["no process", "number used again", "old name"],
)
async def test_what_another_server_left_is_removed(budget_mib: int, name: str, slots: Slots, tmp_path: Path) -> None:
    left, running = tmp_path / name, tmp_path / f"1-{int(psutil.Process(1).create_time())}"
    for folder in (left, running):
        folder.mkdir()
        (folder / "1-0").write_bytes(b"words of somebody")
    await KeptSlots(tmp_path, budget_mib * MIB, ask=slots.ask).tidy()
    assert not left.exists()
    assert running.exists()
