"""Is there a sandbox here? Finds its programs, and runs one confined command through it before anybody relies on it.

The rule: what is reported is what was seen to work, down to the capabilities and the filter of the process inside.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from unsloth_studio.tools import folder_tree
from unsloth_studio.tools.sandbox import policy, seccomp
from unsloth_studio.tools.sandbox.launcher import Build, Sandbox
from unsloth_studio.tools.sandbox.layout import read_system
from unsloth_studio.tools.sandbox.policy import Descriptors, Programs, SystemView
from unsloth_studio.tools.sandbox.result import Confinement, Limits, SandboxResult, Unavailable

if TYPE_CHECKING:
    from unsloth_studio.tools.sandbox.gateway import Gateway

_PROBE_LIMITS = Limits(wall_seconds=20.0)
_INSTALL = "Install it: apt install bubblewrap (or dnf, pacman, zypper, apk), then start the server again."
_ADVICE = (
    (
        re.compile(r"setting up uid map|Creating new namespace failed|No permissions to creat"),
        "This system does not let ordinary programs make user namespaces. On Ubuntu, allow it for bubblewrap: install the"
        " AppArmor profile bwrap-userns-restrict (package apparmor-profiles); elsewhere: sysctl"
        " kernel.unprivileged_userns_clone=1. In a container: run the container with the rights to make namespaces.",
    ),
    (
        re.compile(r"Unknown option|unrecognized"),
        "bubblewrap is too old. Update it to 0.5 or later.",
    ),
    (
        re.compile(r"Permission denied|No such file|ModuleNotFoundError"),
        "Perhaps the server's own Python cannot be read by others. Make it readable: chmod -R o+rX PYTHON_FOLDER.",
    ),
)


class SandboxFinder:
    """Finds the sandbox of this machine, once. `hidden` are folders that must not be visible in it (the data folder);
    `gateway` is the way to the network, if there is to be one."""

    def __init__(self, hidden: tuple[Path, ...] = (), gateway: Gateway | None = None) -> None:
        self._hidden, self.gateway = hidden, gateway
        self._found: Sandbox | Unavailable | None = None
        self._one_at_a_time = asyncio.Lock()

    async def sandbox(self) -> Sandbox | Unavailable:
        """The sandbox, or why there is none. The first call takes about 0.1 s."""
        async with self._one_at_a_time:
            if self._found is None:
                self._found = await find_sandbox(self._hidden, gateway=self.gateway)
        return self._found

    def close(self) -> None:
        """Nothing may run in it any more."""
        if isinstance(self._found, Sandbox):
            self._found.close()


async def probe(hidden: tuple[Path, ...] = ()) -> Confinement | Unavailable:
    """What `unsloth doctor` shows."""
    found = await find_sandbox(hidden)
    if isinstance(found, Unavailable):
        return found
    found.close()
    return found.confinement


async def find_sandbox(
    hidden: tuple[Path, ...] = (), *, path: str | None = None, gateway: Gateway | None = None
) -> Sandbox | Unavailable:
    """Look for the programs (in `path`, else where the system looks), and try the sandbox out. The caller closes it."""
    if sys.platform == "darwin":
        from unsloth_studio.tools.sandbox.seatbelt import find_seatbelt

        return find_seatbelt()
    if sys.platform != "linux":
        return Unavailable("There is no sandbox for this operating system.", "Run the server on Linux (also in WSL 2).")
    machine = platform.machine()
    if machine not in seccomp.AUDIT_ARCH:
        return Unavailable(f"There is no system call filter for {machine}.", "Use a machine with x86-64 or 64-bit ARM.")
    programs = _programs(path)
    if isinstance(programs, Unavailable):
        return programs
    view = await asyncio.to_thread(read_system)
    if (problem := _shown(view, hidden)) is not None:
        return problem
    version = await asyncio.to_thread(_version, programs.bwrap)
    confinement = Confinement("bubblewrap", version, drops_root=programs.setpriv is not None)
    sandbox = Sandbox(build_with(view, programs), seccomp.filter_bytes(machine), confinement, gateway)
    return await _tried(sandbox, drops_root=programs.setpriv is not None)


def _shown(view: SystemView, hidden: tuple[Path, ...]) -> Unavailable | None:
    for folder in hidden:
        if part := policy.exposed(view, str(folder.resolve())):
            return Unavailable(
                f"The folder {folder} lies in {part}, which code in the sandbox has to read.",
                "Keep the data folder elsewhere: set UNSLOTH_STUDIO_HOME.",
            )
    return None


def _programs(path: str | None) -> Programs | Unavailable:
    bwrap = _found("bwrap", path)
    if bwrap is None:
        return Unavailable("bubblewrap (the program bwrap) is not installed.", _INSTALL)
    if os.geteuid() != 0:
        return Programs(bwrap)
    setpriv = _found("setpriv", path)
    if setpriv is None:
        advice = "Install util-linux, or run the server as an ordinary user, which needs less."
        return Unavailable("The program setpriv, which gives up the rights of root, is not installed.", advice)
    return Programs(bwrap, setpriv)


def _found(program: str, path: str | None) -> str | None:
    """Its real place: on NixOS the name leads through /run, which the first stage covers."""
    place = shutil.which(program, path=path)
    return place and str(Path(place).resolve())


def _version(bwrap: str) -> str:
    said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    return said.strip().removeprefix("bubblewrap ") or "of unknown version"


def build_with(view: SystemView, programs: Programs) -> Build:
    """How commands become argument vectors of bubblewrap on this machine."""

    def build(command: tuple[str, ...], folder: str, limits: Limits, descriptors: Descriptors) -> tuple[str, ...]:
        return policy.command_line(
            view, command, folder=folder, limits=limits, programs=programs, descriptors=descriptors
        )

    return build


async def _tried(sandbox: Sandbox, *, drops_root: bool) -> Sandbox | Unavailable:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="sandbox-probe-"))
    try:
        if drops_root:
            os.chown(folder, policy.UNPRIVILEGED, policy.UNPRIVILEGED)
        process = await sandbox.start(("report",), folder=folder, limits=_PROBE_LIMITS)
        try:
            await process.wait(_PROBE_LIMITS.wall_seconds)
        finally:
            await process.kill()
        seen = read_report(process.result())
    except OSError as error:
        seen = Unavailable(f"The sandbox cannot be started: {error}.", _INSTALL)
    finally:
        await asyncio.to_thread(folder_tree.remove, folder)
    if isinstance(seen, Unavailable):
        sandbox.close()
        return seen
    sandbox.confinement = replace(sandbox.confinement, landlock_abi=seen)
    return sandbox


def read_report(result: SandboxResult) -> int | Unavailable:
    """The Landlock version from what the launcher inside reports, if all that must hold does."""
    text = result.output.decode(errors="replace").strip()
    if result.exit_code != 0:
        advice = next((advice for pattern, advice in _ADVICE if pattern.search(text)), "Run `unsloth doctor` for more.")
        last = text.splitlines()[-1] if text else "it says nothing"
        return Unavailable(f"A first command in the sandbox failed: {last}", advice)
    said = dict(line.split(maxsplit=1) for line in text.splitlines() if " " in line)
    wanted = {
        "Uid": str(policy.UNPRIVILEGED),
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "CapEff": "0" * 16,
        "CapPrm": "0" * 16,
    }
    for name, value in wanted.items():
        if said.get(name) != value:
            reason = f"A process in the sandbox has {name} {said.get(name)} where it must have {value}."
            return Unavailable(reason, "Update bubblewrap and the kernel.")
    return int(said["Landlock"])
