"""The process that waits goes to the first command it fits, and to nobody else; nothing is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from tests.support.patience import until

from unsloth_studio.engine.embedded import ARGV
from unsloth_studio.engine.plan import Command
from unsloth_studio.engine.process import EngineProcess
from unsloth_studio.engine.spare import SpareEngine, likely_embedded

pytestmark = pytest.mark.e2e
BAD = Command(
    ARGV, stdin=b'{"parent": 1, "settings": {}}\n'
)  # another parent than ours: it leaves at once, with status 1


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@asynccontextmanager
async def begun() -> AsyncGenerator[tuple[SpareEngine, int]]:
    """A spare engine and its process, whose id is given."""
    before = children()
    spare = SpareEngine()
    spare.begin()
    await until(lambda: children() > before)
    try:
        yield spare, (children() - before).pop()
    finally:
        await spare.discard()
    assert children() <= before


async def ended(process: EngineProcess) -> int:
    return await asyncio.wait_for(process.exit_code, 20)


async def test_the_first_command_gets_it_and_the_next_one_a_process_of_its_own() -> None:
    async with begun() as (spare, waiting):
        first, second = await asyncio.gather(spare.spawn(BAD), spare.spawn(BAD))
        assert waiting in (first.pid, second.pid)
        assert first.pid != second.pid
        assert [await ended(first), await ended(second)] == [1, 1]


@pytest.mark.parametrize(
    "command",
    [Command(("true",)), Command(ARGV, {"A": "b"}, stdin=b"")],
    ids=["another program", "another environment"],
)
async def test_another_command_does_not_get_it(command: Command) -> None:
    async with begun() as (spare, waiting):
        process = await spare.spawn(command)
        assert process.pid != waiting
        await process.stop(grace=0)
        assert psutil.pid_exists(waiting)


async def test_one_that_died_meanwhile_is_replaced() -> None:
    async with begun() as (spare, waiting):
        psutil.Process(waiting).kill()
        await until(lambda: not psutil.pid_exists(waiting))
        await asyncio.sleep(0.5)  # until its last words are read
        process = await spare.spawn(BAD)
        assert process.pid != waiting
        assert await ended(process) == 1


async def test_it_leaves_when_nobody_is_left_to_say_what_to_load() -> None:
    process = await EngineProcess.spawn_waiting(ARGV)
    process.go_on(b"\n", None)
    assert await ended(process) != 0
    nobody = await asyncio.create_subprocess_exec(*ARGV, stdin=asyncio.subprocess.DEVNULL)
    assert await asyncio.wait_for(nobody.wait(), 20) == 0


@pytest.mark.parametrize(
    ("explicit", "managed", "path", "expected"),
    [
        (None, False, False, True),
        ("embedded", True, True, True),
        ("/opt/llama-server", False, False, False),
        (None, True, False, False),
        (None, False, True, False),
    ],
)
def test_guess(
    explicit: str | None, managed: bool, path: bool, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if managed:
        (tmp_path / "engines").mkdir()
    if path:
        (tmp_path / "llama-server").write_text("#!/bin/sh\n")
        (tmp_path / "llama-server").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert likely_embedded(tmp_path, explicit) is expected
