"""What running a tool costs: the start of a sandbox beside a bare process, and how late the event loop is meanwhile.

Nothing is measured where there is no sandbox. Times in milliseconds; a start is the fastest of several, because whatever
else the machine does can only add to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.late import Lateness, machine
from bench.run import Bench, Reading

from bench import plain_user
from unsloth_studio.tools.contract import ServerTool, ToolContext
from unsloth_studio.tools.python import PythonTool
from unsloth_studio.tools.sandbox.probe import SandboxFinder
from unsloth_studio.tools.sandbox.result import Unavailable
from unsloth_studio.tools.sessions import SessionFolders
from unsloth_studio.tools.terminal import SHELL, TerminalTool

AT_ONCE = 16
SOURCES = Path(__file__).parents[1] / "src"
_COMMAND = "for i in 1 2 3 4 5; do echo line $i; head -c 300000 /dev/zero > f$i; sleep 0.1; done"
_CODE = """import time
for i in range(5):
    print("line", i, flush=True); open(f"p{i}", "wb").write(bytes(300000)); time.sleep(0.1)
"""


class _Tools:
    def __init__(self, home: Path) -> None:
        self.finder, self.folders = SandboxFinder((home,)), SessionFolders(home / "sessions")
        self.terminal, self.python = TerminalTool(self.finder, self.folders), PythonTool(self.finder, self.folders)

    async def run(self, tool: ServerTool, arguments: dict[str, Any], session_id: str) -> None:
        async with self.folders.session("bench", session_id) as session:
            context = ToolContext(session, timeout_seconds=60, on_output=lambda _: None)
            output = await tool.run(arguments, context)
        if output.is_error:
            raise AssertionError(output.content)


async def sandbox_start(bench: Bench) -> list[Reading]:
    """A Bash that does nothing, in a sandbox and without one; and a further cell of a Python that is there."""
    times = 10 * bench.effort.rounds
    async with _tools() as tools:
        if tools is None:
            return []
        bare, confined = await _in_turn(
            times, lambda: asyncio.to_thread(_alone), lambda: tools.run(tools.terminal, {"command": "true"}, "start")
        )
        cell = await _fastest(times, lambda: tools.run(tools.python, {"code": "1"}, "start"))
    as_root = os.geteuid() == 0
    ours = "sandbox_start_root" if as_root else "sandbox_start"
    return [
        *(await _as_plain_user(times) if as_root else []),
        Reading(
            ours,
            f"Terminal call{', as root' if as_root else ''}, fastest",
            "ms",
            min(confined),
            min(bare),
            "difference",
        ),
        Reading("sandbox_start_p50", "Terminal call, p50", "ms", statistics.median(confined), statistics.median(bare)),
        Reading("python_cell", "Further Python call in a session", "ms", cell),
    ]


async def _as_plain_user(times: int) -> list[Reading]:
    """The same for a server of an ordinary user, which most are; nothing where it cannot be measured here."""
    command = plain_user.command(times)
    if command is None:
        return []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(SOURCES), str(SOURCES.parent))), "HOME": "/"}
    run = await asyncio.create_subprocess_exec(*command, env=environment, cwd="/", stdout=asyncio.subprocess.PIPE)
    said, _ = await run.communicate()
    took: dict[str, list[float]] | None = json.loads(said) if run.returncode == 0 else None
    if took is None:
        return []
    label = "Terminal call, server of an ordinary user, fastest"
    return [Reading("sandbox_start", label, "ms", min(took["confined"]), min(took["bare"]), "difference")]


async def tools_at_once(bench: Bench) -> list[Reading]:
    """How late the event loop is while many tools start, print, write and end, and how late a process that does nothing else
    is in the same moments: that much is the machine's, which has fewer processors than there are programs."""
    ours, machines = Lateness(), Lateness()
    async with _tools() as tools:
        if tools is None:
            return []
        calls: list[tuple[ServerTool, dict[str, Any]]] = [
            (tools.terminal, {"command": _COMMAND}),
            (tools.python, {"code": _CODE}),
        ]
        async with machine(machines), ours.watched():
            for _ in range(max(1, bench.effort.rounds // 2)):
                await asyncio.gather(*[tools.run(*calls[n % 2], f"session {n}") for n in range(AT_ONCE)])
    label = f"Event loop, {AT_ONCE} tools at once"
    return [
        Reading("tools_loop_held", f"{label}: held at most", "ms CPU", max(ours.computed)),
        Reading("tools_loop_late_p99", f"{label}: late, p99", "ms", _p99(ours.late), _p99(machines.late)),
        Reading("tools_loop_late_max", f"{label}: late at most", "ms", max(ours.late), max(machines.late)),
    ]


@contextlib.asynccontextmanager
async def _tools() -> AsyncGenerator[_Tools | None]:
    """Warm tools, None where there is no sandbox."""
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as home:
        tools = _Tools(Path(home))
        if isinstance(await tools.finder.sandbox(), Unavailable):
            yield None
            return
        try:
            await tools.run(tools.python, {"code": "1"}, "start")
            yield tools
        finally:
            await tools.python.close()
            tools.finder.close()


def _alone() -> None:
    subprocess.run([SHELL, "-c", "true"], check=True)


async def _in_turn(times: int, *ways: Callable[[], Awaitable[None]]) -> list[list[float]]:
    took: list[list[float]] = [[] for _ in ways]
    for _ in range(times):
        for way, found in zip(ways, took, strict=True):
            began = time.perf_counter()
            await way()
            found.append((time.perf_counter() - began) * 1e3)
    return took


async def _fastest(times: int, way: Callable[[], Awaitable[None]]) -> float:
    return min((await _in_turn(times, way))[0])


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]
