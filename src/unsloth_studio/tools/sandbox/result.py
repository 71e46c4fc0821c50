"""What comes out of the sandbox, and what may go into it: limits, results, and whether there is a sandbox at all."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Literal

MIB = 1 << 20
Limit = Literal["time", "memory", "cpu", "file_size", "disk", "output"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandbox may use. Memory, CPU time, file size and open files count per process; `memory_bytes` also for all
    of its processes together, which the parent looks at several times a second."""

    wall_seconds: float = 300.0
    memory_bytes: int = 2048 * MIB
    processes: int = 128
    cpu_seconds: int | None = 600
    file_bytes: int = 100 * MIB
    folder_bytes: int = 512 * MIB
    folder_files: int = 20_000
    scratch_bytes: int = 256 * MIB  # /tmp and /dev/shm, each
    open_files: int = 512
    kept_output_bytes: int = 64 * 1024
    output_bytes: int = 32 * MIB  # more is no longer read: the process is ended


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How a command in the sandbox ended. Exactly one of `exit_code` and `signal` is set.

    `output` is stdout and stderr as they came, at most `Limits.kept_output_bytes` and a notice: of more, the beginning and
    the end are kept. `limit` says what struck, where that can be told.
    """

    exit_code: int | None
    signal: int | None
    output: bytes
    output_truncated: bool
    duration_ms: int
    limit: Limit | None

    @property
    def timed_out(self) -> bool:
        return self.limit == "time"


@dataclass(frozen=True, slots=True)
class Confinement:
    """A sandbox that was tried and works. `landlock_abi` is 0 where the kernel has no Landlock."""

    kind: Literal["bubblewrap", "seatbelt"]
    version: str
    landlock_abi: int = 0
    drops_root: bool = False

    @property
    def description(self) -> str:
        """For `unsloth doctor`: `bubblewrap 0.8.0, seccomp, Landlock ABI 7`."""
        if self.kind == "seatbelt":
            return "Seatbelt (not tested by us)"
        landlock = f"Landlock ABI {self.landlock_abi}" if self.landlock_abi else "no Landlock"
        return f"bubblewrap {self.version}, seccomp, {landlock}"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No sandbox: code is not run at all. `reason` says why, `advice` what the operator can do."""

    reason: str
    advice: str


def limit_of_signal(number: int | None) -> Limit | None:
    """The limit behind a signal that the kernel sends for one."""
    if number == signal.SIGXCPU:
        return "cpu"
    return "file_size" if number == signal.SIGXFSZ else None
