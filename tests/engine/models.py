"""Models as facts, in sizes that people know."""

from __future__ import annotations

from unsloth_studio.engine.model_facts import ModelFacts, RecurrentState, sliding_layers

GIB = 1 << 30

QWEN_8B = ModelFacts(
    name="qwen-8b", architecture="qwen3", native_context=40_960, layers=36, kv_heads=(8,) * 36, key_length=128,
    value_length=128, embedding_length=4096, vocabulary_size=151_936, weight_bytes=5 * GIB, file_bytes=5 * GIB, heads=32,
    feed_forward_length=12_288,
)  # fmt: skip
"""144 KiB of keys and values for each token."""

GEMMA_27B = ModelFacts(
    name="gemma-27b", architecture="gemma3", native_context=131_072, layers=62, kv_heads=(16,) * 62, key_length=128,
    value_length=128, embedding_length=5376, vocabulary_size=262_144, weight_bytes=16 * GIB, file_bytes=16 * GIB, heads=32,
    feed_forward_length=21_504, sliding_window=1024, sliding=sliding_layers("gemma3", None, 62),
)  # fmt: skip

HYBRID = ModelFacts(
    name="hybrid", architecture="qwen3next", native_context=262_144, layers=4, kv_heads=(0, 0, 0, 2), key_length=256,
    value_length=256, embedding_length=2048, vocabulary_size=1000, weight_bytes=GIB, file_bytes=GIB, heads=16,
    feed_forward_length=512, recurrent=RecurrentState(conv_kernel=4, inner_size=4096, state_size=128, group_count=16),
)  # fmt: skip
