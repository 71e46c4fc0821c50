"""What is chosen for a model on a machine, why, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.models import GEMMA_27B, GIB, QWEN_8B

from unsloth_studio.engine.choose import make_plan
from unsloth_studio.engine.hardware import Hardware
from unsloth_studio.engine.model_facts import ModelFacts
from unsloth_studio.engine.plan import EngineOptions, EngineProgram, LaunchPlan
from unsloth_studio.engine.sizing import DoesNotFit, Smaller

EMBEDDED = EngineProgram("embedded", version="xllamacpp 1")
OPTIONS = EngineOptions(Path("m.gguf"), "m")


def plan(
    memory_gib: float, options: EngineOptions = OPTIONS, facts: ModelFacts = QWEN_8B, device_mib: int = 0
) -> LaunchPlan:
    mib = int(memory_gib * 1024)
    machine = Hardware("a cpu", physical_cores=8, memory_mib=mib, available_mib=mib, device_mib=device_mib)
    return make_plan(EMBEDDED, options, hardware=machine, facts=facts)


def reasons(of: LaunchPlan) -> dict[str, str]:
    return {choice.name: choice.reason for choice in of.choices}


@pytest.mark.parametrize(
    ("memory", "context", "slots", "why"),
    [
        (64, 40_960, 4, "the model's own"),
        (24, 40_960, 2, "the model's own"),
        (12, 32_768, 1, "the most that fits into three quarters of the free memory; the model's own is 40960"),
        (8, 12_288, 1, "the most that fits into the free memory; the model's own is 40960"),
        (6.5, 5120, 1, "the most that fits into the free memory; the model's own is 40960"),
    ],
    ids=["plenty", "slots before context", "most of what is free", "less than an agent wants", "close to the least"],
)
def test_context_and_slots_follow_from_memory(memory: float, context: int, slots: int, why: str) -> None:
    made = plan(memory)
    assert (made.context_per_slot, made.slots, reasons(made)["context"], made.warnings) == (context, slots, why, ())
    assert made.memory is not None
    assert made.available_bytes is not None
    assert made.memory.total < made.available_bytes


def test_a_short_context_is_said_aloud() -> None:
    made = plan(6.0)
    assert 1024 <= made.context_per_slot < 4096
    assert made.warnings[0].startswith(f"Only {made.context_per_slot} tokens of context fit")


@pytest.mark.parametrize("memory", [4.5, 5.5], ids=["weights alone are too large", "no room for a context"])
def test_what_cannot_fit_is_refused_with_numbers(memory: float) -> None:
    with pytest.raises(DoesNotFit, match=r"^qwen-8b needs 6\.\d GB, \d\.\d GB available\. ") as caught:
        plan(memory)
    assert caught.value.failure.advice == "Close other programs, or choose a smaller model."


def test_the_largest_file_that_fits_is_named() -> None:
    machine = Hardware("a cpu", physical_cores=8, memory_mib=5120, available_mib=5120)
    smaller = (Smaller("Q4_K_M", 4 * GIB), Smaller("UD-Q3_K_XL", 3 * GIB), Smaller("Q2_K", 2 * GIB))
    with pytest.raises(DoesNotFit) as caught:
        make_plan(EMBEDDED, OPTIONS, hardware=machine, facts=QWEN_8B, smaller=smaller)
    assert caught.value.failure.advice == "Try UD-Q3_K_XL, 3.2 GB."


def test_the_users_context_always_holds_and_is_warned_about() -> None:
    made = plan(8, replace(OPTIONS, context_length=65_536))
    assert (made.context_per_slot, made.slots, reasons(made)["context"]) == (65_536, 1, "as asked")
    assert made.warnings[0].startswith("A context of 65536 tokens in 1 slot needs 1")
    assert made.warnings[1] == "The model was trained for 40960 tokens; beyond that its answers get worse."
    assert plan(64, replace(OPTIONS, context_length=8192)).warnings == ()


def test_slots_are_given_up_for_the_users_context_but_not_the_users_slots() -> None:
    assert plan(24, replace(OPTIONS, context_length=32_768)).slots == 3
    both = plan(24, replace(OPTIONS, context_length=32_768, slots=4))
    assert both.slots == 4
    assert "needs" in both.warnings[0]


def test_the_users_slots_share_what_is_there() -> None:
    made = plan(24, replace(OPTIONS, slots=4))
    assert (made.slots, reasons(made)["slots"]) == (4, "as asked")
    assert 4096 <= made.context_per_slot < 40_960


def test_an_unknown_native_context_is_8192() -> None:
    assert plan(64, facts=replace(QWEN_8B, native_context=None)).context_per_slot == 8192


def test_a_quantized_cache_holds_more() -> None:
    flags = ("-ctk", "q8_0", "-ctv", "q8_0")
    made = plan(8, replace(OPTIONS, extra_flags=flags))
    assert made.context_per_slot > 1.8 * plan(8).context_per_slot
    assert reasons(made)["KV cache type"] == "as asked"


@pytest.mark.parametrize(
    ("options", "memory", "cache", "why"),
    [
        (OPTIONS, 64, 2048, "a tenth of the memory, at most 2 GiB"),
        (replace(OPTIONS, cache_ram_mib=7), 64, 7, "as asked"),
        (replace(OPTIONS, extra_flags=("--cache-ram", "9")), 64, 9, "as asked"),
    ],
    ids=["the default", "an option", "a flag"],
)
def test_prompt_cache(options: EngineOptions, memory: float, cache: int, why: str) -> None:
    made = plan(memory, options)
    assert (made.cache_ram_mib, reasons(made)["prompt cache"]) == (cache, why)


def test_prompt_cache_shrinks_with_what_is_left() -> None:
    made = plan(6.5)
    assert made.memory is not None
    assert made.available_bytes is not None
    assert 0 < made.cache_ram_mib < 650
    assert made.memory.total + made.memory.prompt_cache <= made.available_bytes
    assert reasons(made)["prompt cache"] == "half of what the model leaves"


def test_checkpoints_are_capped_where_they_are_heavy() -> None:
    made = plan(64, facts=GEMMA_27B)
    assert made.checkpoints == 4
    assert "--ctx-checkpoints" in made.flags()
    assert plan(64).checkpoints is None
    assert plan(64, replace(OPTIONS, extra_flags=("--ctx-checkpoints", "8")), GEMMA_27B).checkpoints is None


def test_a_gpu_counts_and_its_layers_are_left_to_the_engine() -> None:
    assert reasons(plan(64))["GPU layers"] == "this engine sees no GPU"
    made = plan(4, device_mib=24_000)
    assert reasons(made)["GPU layers"] == "the engine's own --fit counts them on the device"
    assert made.context_per_slot == 40_960


def test_a_limit_below_the_machines_memory_holds() -> None:
    made = plan(64, replace(OPTIONS, memory_limit_bytes=8 * GIB))
    assert (made.context_per_slot, made.available_bytes) == (12_288, 8 * GIB)


def test_threads_and_slots_have_reasons() -> None:
    made = plan(64, replace(OPTIONS, threads=2))
    assert (made.threads, reasons(made)["threads"], reasons(made)["slots"]) == (2, "as asked", "the default")
    assert plan(64).threads == 7
    assert reasons(plan(24))["slots"] == "4 would leave each too little context"
