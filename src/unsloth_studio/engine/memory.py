"""How much memory an engine process will use, from the facts of its model. Pure; sizes in bytes.

The rule: what is counted is what becomes resident once the context is full, so weights that are mapped from the file count.
The formulas are llama.cpp's (`llama-kv-cache*.cpp`, `llama-memory-recurrent.cpp`); the constants were measured on xllamacpp
2026.10.11549 as docs/decisions.md, "What a model needs", tells, and tests/e2e/test_memory.py measures them again.
"""

from __future__ import annotations

from msgspec import Struct

from unsloth_studio.engine.model_facts import ModelFacts

MIB = 1 << 20
PROGRAM_BYTES = 34 * MIB  # 20 of program code, 14 of heap, before any model
VOCABULARY_ENTRY_BYTES = 400  # a token's text, its merge, and the hash tables over both
WORK_BYTES = 2 * MIB  # the HTTP threads' and the sampler's, once they have run
PROJECTOR_WORK_BYTES = 96 * MIB  # not measured: about one batch of an image's tokens
CHECKPOINT_STEP = 8192
"""Tokens between two copies of a slot's state, `--checkpoint-min-step`; two more are kept near the prompt's end."""
MAX_CHECKPOINTS = 32
_CELLS = 256  # context is given out in such pieces
_FLOAT = 4

BITS = {
    "f32": 32.0,
    "f16": 16.0,
    "bf16": 16.0,
    "q8_0": 8.5,
    "q5_1": 6.0,
    "q5_0": 5.5,
    "q4_1": 5.0,
    "q4_0": 4.5,
    "iq4_nl": 4.5,
}
"""Bits of one element of the KV cache, its share of the block's scale included (ggml's block sizes)."""


class CacheShape(Struct, frozen=True):
    """What is to be kept: `context_length` is per slot, in tokens; `batch` is how many are computed at once (`-ub`).

    `checkpoints` is the most there may be of each slot (`--ctx-checkpoints`); they exist only for models with sliding
    windows or recurrent layers. `prompt_cache` in bytes.
    """

    context_length: int
    slots: int = 1
    key_type: str = "f16"
    value_type: str = "f16"
    batch: int = 512
    flash_attention: bool = True
    full_windows: bool = False
    checkpoints: int = MAX_CHECKPOINTS
    prompt_cache: int = 0


class MemoryEstimate(Struct, frozen=True):
    """Bytes. `total` is what to expect; `prompt_cache` is an upper bound that only long use reaches, and stands apart."""

    weights: int
    kv_cache: int
    state: int
    checkpoints: int
    compute: int
    vocabulary: int
    projector: int
    program: int
    prompt_cache: int = 0

    @property
    def total(self) -> int:
        fixed = self.weights + self.vocabulary + self.projector + self.program
        return fixed + self.kv_cache + self.state + self.checkpoints + self.compute

    @property
    def beside(self) -> int:
        """All but weights and KV cache."""
        return self.total - self.weights - self.kv_cache


def size(count: int) -> str:
    """Bytes for a person: `18.2 GB`, `640 MB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def estimate(facts: ModelFacts, shape: CacheShape) -> MemoryEstimate:
    """What the engine will use with `facts` and `shape`."""
    return MemoryEstimate(
        weights=facts.weight_bytes,
        kv_cache=shape.slots * _kv_bytes(facts, shape),
        state=shape.slots * _state_bytes(facts),
        checkpoints=shape.slots * _checkpoint_count(shape) * checkpoint_bytes(facts, shape),
        compute=_compute_bytes(facts, shape),
        vocabulary=facts.vocabulary_size * VOCABULARY_ENTRY_BYTES,
        projector=facts.projector_bytes + (PROJECTOR_WORK_BYTES if facts.projector_bytes else 0),
        program=PROGRAM_BYTES + WORK_BYTES,
        prompt_cache=shape.prompt_cache,
    )


def checkpoint_bytes(facts: ModelFacts, shape: CacheShape) -> int:
    """One copy of what a slot could not compute again from its KV cache: the windows and the recurrent state."""
    kept = min(facts.sliding_window or 0, shape.context_length)
    windows = 0 if shape.full_windows else kept * _cell_bytes(facts, shape, sliding=True)
    return windows + _state_bytes(facts)


def _checkpoint_count(shape: CacheShape) -> int:
    return min(shape.checkpoints, 2 + shape.context_length // CHECKPOINT_STEP)


def _kv_bytes(facts: ModelFacts, shape: CacheShape) -> int:
    """Of one slot. A sliding layer keeps its window and the batch that is being computed."""
    cells = _padded(shape.context_length)
    window = _padded((facts.sliding_window or 0) + shape.batch)
    sliding_cells = cells if shape.full_windows else min(cells, window)
    full = cells * _cell_bytes(facts, shape, sliding=False)
    return full + sliding_cells * _cell_bytes(facts, shape, sliding=True)


def _cell_bytes(facts: ModelFacts, shape: CacheShape, *, sliding: bool) -> int:
    """Of one token, in all layers of one sort."""
    layers = (facts.cell_elements(layer) for layer in range(facts.layers) if facts.slides(layer) == sliding)
    bits = sum(keys * BITS[shape.key_type] + values * BITS[shape.value_type] for keys, values in layers)
    return int(bits / 8)


def _state_bytes(facts: ModelFacts) -> int:
    return facts.recurrent_layers * facts.recurrent.elements * _FLOAT if facts.recurrent else 0


def _compute_bytes(facts: ModelFacts, shape: CacheShape) -> int:
    """The graph's intermediate values for one batch, the attention mask, and one row of logits for each slot.

    Five rows of the model's width and three of the feed-forward layer's live at the same time (fitted to the engine's own
    "compute buffer size" for five shapes). Without flash attention each head has its scores over the whole context.
    """
    cells = _padded(shape.context_length)
    wide = facts.feed_forward_length or 4 * facts.embedding_length
    rows = _FLOAT * (5 * facts.embedding_length + 3 * wide)
    mask = 2 * cells + (
        2 * _padded(min(shape.context_length, (facts.sliding_window or 0) + shape.batch)) if facts.sliding else 0
    )
    scores = 0 if shape.flash_attention else _FLOAT * cells * max(1, facts.heads)
    logits = shape.slots * facts.vocabulary_size * _FLOAT
    return min(shape.batch, cells) * (rows + mask + scores) + logits


def _padded(cells: int) -> int:
    return -(-cells // _CELLS) * _CELLS
