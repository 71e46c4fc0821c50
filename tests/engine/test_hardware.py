"""Defaults that follow from the machine."""

from __future__ import annotations

import pytest

from unsloth_studio.engine.hardware import (
    Hardware,
    default_cache_ram_mib,
    default_threads,
    device_memory_mib,
    read_hardware,
)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (8, 7)], ids=["one core", "two cores", "eight cores"])
def test_one_core_is_left_free(cores: int, threads: int) -> None:
    assert default_threads(cores) == threads


@pytest.mark.parametrize(
    ("memory", "cache"),
    [(4096, 409), (24_105, 2048), (512, 51)],
    ids=["a tenth of 4 GiB", "capped at 2 GiB", "a tenth of little"],
)
def test_cache_is_a_tenth_of_memory_and_capped(memory: int, cache: int) -> None:
    assert default_cache_ram_mib(memory) == cache


def test_this_machine_is_read() -> None:
    hardware = read_hardware()
    assert hardware.physical_cores >= 1
    assert 0 < hardware.available_mib <= hardware.memory_mib


def test_digest_follows_the_cpu() -> None:
    here = Hardware("a cpu", 2, 4096, 1024, ("avx2",))
    same_cpu_more_memory = Hardware("a cpu", 4, 8192, 1024, ("avx2",))
    other_cpu = Hardware("a cpu", 2, 4096, 1024, ("avx2", "amx_tile"))
    assert here.features_digest == same_cpu_more_memory.features_digest
    assert here.features_digest != other_cpu.features_digest


@pytest.mark.parametrize(
    ("devices", "mib"),
    [
        ((), 0),
        (("CUDA0: a card (8192 MiB, 7800 MiB free)",), 7800),
        (("CUDA0: a card (8192 MiB)", "CUDA1: a card (100 MiB, 50 MiB free)"), 8242),
        (("something else",), 0),
    ],
    ids=["none", "what is free counts", "several", "no size"],
)
def test_memory_of_gpus_is_read_from_the_engines_list(devices: tuple[str, ...], mib: int) -> None:
    assert device_memory_mib(devices) == mib
