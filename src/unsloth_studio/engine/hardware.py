"""What this machine offers an engine, and the defaults that follow from it.

One rule: never all cores. With every core taken, the engine's spinning threads fight whatever else runs.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path

import psutil
from msgspec import Struct

CPU_FEATURES = ("avx", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "f16c", "fma",
                "bmi2", "sse4_2", "asimd", "asimddp", "sve", "i8mm")  # fmt: skip
"""Flags of /proc/cpuinfo that decide which code paths llama.cpp takes."""

MAX_CACHE_RAM_MIB = 2048
_UNLIMITED_BYTES = 1 << 60


class Hardware(Struct, frozen=True):
    """`physical_cores` are those this process may use; memory in MiB, limits of the container included.

    `device_mib` is what is free on GPUs that the chosen engine can use.
    """

    cpu: str
    physical_cores: int
    memory_mib: int
    available_mib: int
    cpu_features: tuple[str, ...] = ()
    device_mib: int = 0

    @property
    def features_digest(self) -> str:
        """Short text that changes when the program moves to another kind of CPU."""
        return hashlib.sha256(" ".join((self.cpu, *self.cpu_features)).encode()).hexdigest()[:12]


def read_hardware() -> Hardware:
    """Look at the machine. Blocking for some milliseconds: call it off the event loop."""
    name, flags = _cpuinfo(Path("/proc/cpuinfo"))
    memory = psutil.virtual_memory()
    limit = _number(Path("/sys/fs/cgroup/memory.max"), default=_UNLIMITED_BYTES)
    return Hardware(
        cpu=name,
        physical_cores=_usable_cores(),
        memory_mib=min(memory.total, limit) >> 20,
        available_mib=min(memory.available, max(0, limit - _container_use())) >> 20,
        cpu_features=tuple(feature for feature in CPU_FEATURES if feature in flags),
    )


def device_memory_mib(devices: tuple[str, ...]) -> int:
    """Free memory of GPUs as llama-server lists them: `CUDA0: a card (8192 MiB, 7800 MiB free)`."""
    sizes = (re.findall(r"(\d+) MiB", line) for line in devices)
    return sum(int(found[-1]) for found in sizes if found)


def default_threads(physical_cores: int) -> int:
    """All cores but one, and at least one."""
    return max(1, physical_cores - 1)


def default_cache_ram_mib(memory_mib: int) -> int:
    """A tenth of the memory for prompts kept in RAM, at most 2 GiB (llama-server's own default is 8 GiB)."""
    return min(MAX_CACHE_RAM_MIB, memory_mib // 10)


def _container_use() -> int:
    """Bytes the container's processes hold, less file pages that can be given back."""
    stat = dict(line.split(" ", 1) for line in _text(Path("/sys/fs/cgroup/memory.stat")).splitlines() if " " in line)
    used = _number(Path("/sys/fs/cgroup/memory.current"), default=0)
    return max(0, used - int(stat.get("inactive_file", 0)) - int(stat.get("active_file", 0)))


def _usable_cores() -> int:
    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        physical = min(physical, len(os.sched_getaffinity(0)))
    quota, _, period = _text(Path("/sys/fs/cgroup/cpu.max")).partition(" ")
    if quota.isdigit() and period.isdigit():
        physical = min(physical, max(1, int(quota) // int(period)))
    return physical


def _cpuinfo(path: Path) -> tuple[str, frozenset[str]]:
    """Model name and flags of the first core; x86 says `flags`, ARM says `Features`."""
    name, flags = platform.processor() or platform.machine(), frozenset[str]()
    for line in _text(path).splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = frozenset(value.split())
        elif not line.strip() and flags:
            break
    return name, flags


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _number(path: Path, default: int) -> int:
    text = _text(path)
    return int(text) if text.isdigit() else default
