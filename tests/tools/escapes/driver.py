"""Makes a world, tries all attempts on it from inside and the real ones from outside, and prints what happened as JSON.

A program of its own, because it is run as different users: `python -m tests.tools.escapes.driver`. It needs nothing that is
not in the standard library.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from tests.tools.escapes import files, kernel, processes, refused
from tests.tools.escapes.attempt import Attempt
from tests.tools.escapes.world import World, world

from unsloth_studio.tools.sandbox import policy, syscalls
from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.layout import read_system
from unsloth_studio.tools.sandbox.probe import find_sandbox
from unsloth_studio.tools.sandbox.result import MIB, Limits, Unavailable
from unsloth_studio.tools.sandbox.syscalls import REFUSED, Call

NAME = "tests.tools.escapes.driver"
RUNNER = (Path(__file__).parent / "runner.py").read_text()
LIMITS = Limits(
    wall_seconds=180, memory_bytes=512 * MIB, scratch_bytes=32 * MIB, file_bytes=64 * MIB, kept_output_bytes=1 << 20
)


def all_attempts(machine: str) -> tuple[Attempt, ...]:
    own = kernel.X86_ONLY if machine == "x86_64" else ()
    return files.ATTEMPTS + processes.ATTEMPTS + kernel.ATTEMPTS + own + refused.attempts(machine)


def call_numbers(machine: str) -> dict[str, int]:
    others = (syscalls.CLONE, syscalls.CLONE3, syscalls.IOCTL, syscalls.SOCKET, syscalls.SOCKETPAIR)
    known: tuple[Call, ...] = tuple(call for _, calls in REFUSED for call in calls) + others
    numbers = {call.name: getattr(call, machine) for call in known}
    return {name: number for name, number in numbers.items() if number is not None}


def task(attempts: tuple[Attempt, ...], place: World) -> bytes:
    numbers = call_numbers(platform.machine())
    return json.dumps({"calls": numbers, "attempts": [[a.title, place.fill(a.source)] for a in attempts]}).encode()


def happened(output: bytes) -> dict[str, str]:
    return json.loads(output.strip().splitlines()[-1])


async def inside(sandbox: Sandbox, place: World, attempts: tuple[Attempt, ...]) -> dict[str, str]:
    """All attempts in two sandboxes side by side."""
    folders = [place.home / "sessions" / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, policy.UNPRIVILEGED, policy.UNPRIVILEGED)
    command = (read_system().python, "-I", "-c", RUNNER)
    halves = (attempts[::2], attempts[1::2])
    results = await asyncio.gather(
        *(
            sandbox.run(command, folder=folder, limits=LIMITS, stdin=task(half, place))
            for folder, half in zip(folders, halves, strict=True)
        )
    )
    assert all(result.exit_code == 0 for result in results), results
    return {title: said for result in results for title, said in happened(result.output).items()}


def outside(place: World, attempts: tuple[Attempt, ...]) -> dict[str, str]:
    folder = place.home / "outside"
    folder.mkdir()
    command = [sys.executable, "-I", "-c", RUNNER]
    done = subprocess.run(command, input=task(attempts, place), capture_output=True, cwd=folder, check=True, timeout=60)
    return happened(done.stdout)


def main() -> None:
    attempts = all_attempts(platform.machine())
    sandbox = asyncio.run(find_sandbox())
    if isinstance(sandbox, Unavailable):
        print(json.dumps({"unavailable": f"{sandbox.reason} {sandbox.advice}"}))
        return
    with world(NAME) as place:
        in_there = asyncio.run(inside(sandbox, place, attempts))
        out_here = outside(place, tuple(a for a in attempts if a.outside))
        report = {
            "user": os.geteuid(),
            "confinement": sandbox.confinement.description,
            "inside": in_there,
            "outside": out_here,
            "damage": place.damage(),
        }
    sandbox.close()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
