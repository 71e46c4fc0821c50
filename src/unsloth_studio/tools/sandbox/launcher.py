"""Runs commands in the sandbox: `find_sandbox` tries it out once, `Sandbox.run` runs one command to its end.

The rule: no sandbox, no command. There is no way to run anything here without one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unsloth_studio.tools.sandbox.doorway import Doorway
from unsloth_studio.tools.sandbox.policy import Descriptors
from unsloth_studio.tools.sandbox.process import ConfinedProcess, OnOutput
from unsloth_studio.tools.sandbox.result import Confinement, Limits, SandboxResult
from unsloth_studio.tools.sandbox.spawn import Spawner

if TYPE_CHECKING:
    from unsloth_studio.tools.sandbox.gateway import Gateway

# (command, folder, limits, descriptors) -> argument vector
Build = Callable[[tuple[str, ...], str, Limits, Descriptors], tuple[str, ...]]


class Sandbox:
    """A way to confine commands that was found to work on this machine. Close it when nothing runs in it any more."""

    def __init__(self, build: Build, seccomp: bytes, confinement: Confinement, gateway: Gateway | None = None) -> None:
        """`gateway` is the way to the network; without it there is none."""
        self._build, self._seccomp, self._gateway = build, seccomp, gateway
        self.confinement = confinement
        self._spawner = Spawner()

    async def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        limits: Limits,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
    ) -> SandboxResult:
        """Run `command` (absolute path first) with `folder` as its only lasting place, /mnt/data in there.

        Returns when the command has ended or a limit ended it, and nothing of it is left; so also when cancelled.
        `on_output` gets the output as it comes and must return at once. Raises `OSError` when the sandbox cannot be started.
        """
        process = await self.start(("exec", *command), folder=folder, limits=limits, stdin=stdin, on_output=on_output)
        try:
            await process.wait(limits.wall_seconds)
        finally:
            await process.kill()
        return process.result()

    async def start(
        self,
        launcher_command: tuple[str, ...],
        *,
        folder: Path,
        limits: Limits,
        stdin: bytes = b"",
        keep: tuple[int, ...] = (),
        on_output: OnOutput | None = None,
    ) -> ConfinedProcess:
        """Start what the launcher inside understands (`inside/main.py`) and return at once; the caller awaits its `kill`.
        `keep` are descriptors that it inherits under the same numbers. Raises `OSError`."""

        with contextlib.ExitStack() as undo:
            doorway = None
            if self._gateway is not None:
                doorway = Doorway(self._gateway)
                undo.callback(doorway.close)
                launcher_command, keep = (doorway.setting, *launcher_command), (*keep, doorway.descriptor)

            def make_command(descriptors: Descriptors) -> tuple[str, ...]:
                return self._build(launcher_command, str(folder), limits, descriptors)

            spawned = await self._spawner.start(make_command, seccomp=self._seccomp, stdin=stdin, keep=keep)
            undo.pop_all()
        return ConfinedProcess(
            spawned, self._spawner, folder=folder, limits=limits, on_output=on_output, doorway=doorway
        )

    def close(self) -> None:
        self._spawner.close()
