"""The arithmetic of memory; that it is also true is measured in tests/e2e/test_memory.py."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.engine.models import GEMMA_27B, GIB, HYBRID, QWEN_8B

from unsloth_studio.engine.memory import MIB, CacheShape, checkpoint_bytes, estimate, size
from unsloth_studio.engine.model_facts import ModelFacts, sliding_layers

KIB = 1024


@pytest.mark.parametrize(
    ("facts", "shape", "expected"),
    [
        (QWEN_8B, CacheShape(4096), 4096 * 144 * KIB),
        (QWEN_8B, CacheShape(4096, slots=4), 4 * 4096 * 144 * KIB),
        (QWEN_8B, CacheShape(4000), 4096 * 144 * KIB),
        (QWEN_8B, CacheShape(4096, key_type="q8_0", value_type="q8_0"), 4096 * 144 * KIB * 17 // 32),
        (QWEN_8B, CacheShape(4096, value_type="f32"), 4096 * 144 * KIB * 3 // 2),
        (GEMMA_27B, CacheShape(32_768), (10 * 32_768 + 52 * 1536) * 8 * KIB),
        (GEMMA_27B, CacheShape(32_768, full_windows=True), 62 * 32_768 * 8 * KIB),
        (GEMMA_27B, CacheShape(1024), 62 * 1024 * 8 * KIB),
        (HYBRID, CacheShape(8192), 8192 * 2 * KIB),
        (replace(QWEN_8B, keys_only=True), CacheShape(4096), 4096 * 72 * KIB),
        (replace(QWEN_8B, shared_kv_layers=18), CacheShape(4096), 4096 * 72 * KIB),
        (replace(GEMMA_27B, key_length_swa=64, value_length_swa=64), CacheShape(8192), (81_920 + 26 * 1536) * 8 * KIB),
    ],
    ids=["one slot", "four slots", "a started piece is whole", "quantized", "only values", "windows and the batch",
         "windows kept whole", "context below the window", "recurrent layers have no keys", "compressed keys",
         "shared layers", "smaller heads where it slides"],
)  # fmt: skip
def test_kv_cache(facts: ModelFacts, shape: CacheShape, expected: int) -> None:
    assert estimate(facts, shape).kv_cache == expected


def test_recurrent_state_is_per_slot_and_not_per_token() -> None:
    one = 3 * (3 * (4096 + 2 * 16 * 128) + 128 * 4096) * 4
    assert [estimate(HYBRID, CacheShape(n, slots=2)).state for n in (1024, 65_536)] == [2 * one, 2 * one]


@pytest.mark.parametrize(
    ("shape", "copies"),
    [
        (CacheShape(4096), 2),
        (CacheShape(32_768), 6),
        (CacheShape(32_768, checkpoints=3), 3),
        (CacheShape(4096, slots=2), 4),
    ],
    ids=["two near the end", "one more every 8192", "capped", "of each slot"],
)
def test_checkpoints_of_windows(shape: CacheShape, copies: int) -> None:
    assert checkpoint_bytes(GEMMA_27B, shape) == 52 * 1024 * 8 * KIB
    assert estimate(GEMMA_27B, shape).checkpoints == copies * 52 * 1024 * 8 * KIB
    assert estimate(QWEN_8B, shape).checkpoints == 0


def test_compute_buffer_grows_with_the_batch_and_without_flash_attention() -> None:
    usual = estimate(QWEN_8B, CacheShape(8192)).compute
    assert estimate(QWEN_8B, CacheShape(8192, batch=1024)).compute > 1.9 * usual
    scores = 512 * 32 * 8192 * 4
    assert estimate(QWEN_8B, CacheShape(8192, flash_attention=False)).compute == usual + scores


def test_total_is_everything_but_the_prompt_cache() -> None:
    made = estimate(replace(QWEN_8B, projector_bytes=GIB), CacheShape(4096, prompt_cache=GIB))
    assert made.projector > GIB
    assert made.total == made.weights + made.kv_cache + made.beside
    assert made.total == replace(made, prompt_cache=0).total
    assert 6.8 * GIB < made.total < 6.9 * GIB
    assert made.vocabulary == 151_936 * 400
    assert made.program == 36 * MIB


@pytest.mark.parametrize(
    ("architecture", "pattern", "expected"),
    [
        ("gemma3", None, "sssssfss"),
        ("gpt-oss", None, "sfsfsfsf"),
        ("qwen3", None, "ffffffff"),
        ("any", 4, "sssfsssf"),
        ("any", (True, False), "sfffffff"),
    ],
    ids=["gemma3", "gpt-oss", "unknown: none", "a number", "a list"],
)
def test_which_layers_slide(architecture: str, pattern: tuple[bool, ...] | int | None, expected: str) -> None:
    made = sliding_layers(architecture, pattern, 8)
    assert "".join("s" if slides else "f" for slides in made) == expected


@pytest.mark.parametrize(("count", "text"), [(18_200_000_000, "18.2 GB"), (640_400_000, "640 MB")], ids=["GB", "MB"])
def test_sizes_for_a_person(count: int, text: str) -> None:
    assert size(count) == text
