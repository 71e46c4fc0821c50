"""The sandbox of macOS: `sandbox-exec` with a profile. Not tested by us: we have no Mac. Written after Apple's own profiles
in /System/Library/Sandbox/Profiles; the language has no public manual.

The rule: everything is denied, then what a Python and a shell need is allowed.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from unsloth_studio.tools.sandbox.launcher import Sandbox
from unsloth_studio.tools.sandbox.layout import INSIDE
from unsloth_studio.tools.sandbox.policy import Descriptors, started
from unsloth_studio.tools.sandbox.result import Confinement, Limits, Unavailable

READABLE = ("/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/private/etc/ssl", "/private/var/db/timezone")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper")


def find_seatbelt(prefixes: tuple[str, ...] = (sys.prefix, sys.base_prefix)) -> Sandbox | Unavailable:
    """The sandbox of macOS, which comes with the system."""
    program = shutil.which("sandbox-exec", path="/usr/bin")
    if program is None:
        return Unavailable("sandbox-exec is missing.", "It is part of macOS; use a version that has it.")
    readable = (*prefixes, str(INSIDE))

    def build(command: tuple[str, ...], folder: str, limits: Limits, descriptors: Descriptors) -> tuple[str, ...]:
        real = str(Path(folder).resolve())  # profiles compare real paths
        start = started(sys.executable, str(INSIDE.parent), limits, alive=descriptors.alive)
        return (program, "-p", profile(readable, folder=real), *start, f"home={real}", *command)

    return Sandbox(build, b"", Confinement("seatbelt", "of macOS"))


def profile(readable: tuple[str, ...], *, folder: str) -> str:
    """The profile for `sandbox-exec -p`: `folder` can be written; no network, no process outside."""
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            "(allow process-fork)",
            "(allow process-exec)",
            "(allow signal (target same-sandbox))",
            "(allow process-info* (target same-sandbox))",
            "(allow sysctl-read)",
            "(allow file-read-metadata)",
            '(allow file-read-data (literal "/"))',
            f"(allow file-read* {_subpaths((*READABLE, *readable))})",
            f"(allow file-read* file-write* {_subpaths((folder,))})",
            f"(allow file-read* file-write-data {' '.join(_quoted('literal', path) for path in DEVICES)})",
            "(deny network*)",
            "(deny mach-lookup)",
            "(deny iokit-open)",
            "",
        )
    )


def _subpaths(paths: tuple[str, ...]) -> str:
    return " ".join(_quoted("subpath", path) for path in paths)


def _quoted(kind: str, path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'({kind} "{escaped}")'
