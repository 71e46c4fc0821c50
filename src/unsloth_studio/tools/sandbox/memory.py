"""How much memory and CPU time a tree of processes takes, seen from outside.

Files and fields: proc(5), proc_pid_status(5), proc_pid_smaps(5) (`smaps_rollup`), proc_pid_stat(5).
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_COUNTED = re.compile(rb"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$", re.MULTILINE)
_SHARES = re.compile(rb"^(?:Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+) kB$", re.MULTILINE)
_MOST = 4096


def descendants(pid: int) -> list[int]:
    """`pid` and all below it. In a PID namespace nobody escapes from below its first process."""
    found, position = [pid], 0
    while position < len(found) < _MOST:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{found[position]}/task").iterdir():
                found += map(int, _read(thread / "children").split())
        position += 1
    return found


def memory_bytes(pids: list[int], enough: int) -> int:
    """Anonymous and shared memory of the processes together. Pages that several share count once per process, unless that
    comes to more than `enough`: then they are told apart, which is exact and slow."""
    rough = _sum(pids, "status", _COUNTED)
    return rough if rough <= enough else min(rough, _sum(pids, "smaps_rollup", _SHARES) or rough)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes that live, and of their children that have ended and been waited for."""
    ticks = 0
    for pid in pids:
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: fields 14 to 17, counted from 1
    return ticks / os.sysconf("SC_CLK_TCK")


def _sum(pids: list[int], name: str, pattern: re.Pattern[bytes]) -> int:
    return 1024 * sum(int(kib) for pid in pids for kib in pattern.findall(_read(Path(f"/proc/{pid}/{name}"))))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
