"""What an engine's memory depends on, of one model. Plain facts: whoever reads model files passes them down.

The rule: lengths are in elements or tokens, sizes in bytes, and a tuple over layers has one entry for each.
"""

from __future__ import annotations

from msgspec import Struct


class RecurrentState(Struct, frozen=True):
    """State-space layers (`*.ssm.*` of the GGUF file): their state has a fixed size for each slot."""

    conv_kernel: int
    inner_size: int
    state_size: int
    group_count: int = 0

    @property
    def elements(self) -> int:
        """Of one layer and slot: the convolution's tail and the state (llama.cpp, `llama_hparams::n_embd_r`, `_s`)."""
        tail = max(0, self.conv_kernel - 1) * (self.inner_size + 2 * self.group_count * self.state_size)
        return tail + self.state_size * self.inner_size


class ModelFacts(Struct, frozen=True):
    """`native_context` is what the model was trained for, None when its file does not say. `kv_heads` of 0: the layer keeps
    no keys. `sliding` names the layers that see a window of `sliding_window` tokens only; their heads may have sizes of
    their own. The last `shared_kv_layers` layers use the keys of earlier ones. `keys_only`: compressed keys, no values
    (MLA). `weight_bytes` are those of all tensors, `expert_bytes` the part that only some tokens use.
    """

    name: str
    architecture: str
    native_context: int | None
    layers: int
    kv_heads: tuple[int, ...]
    key_length: int
    value_length: int
    embedding_length: int
    vocabulary_size: int
    weight_bytes: int
    file_bytes: int
    heads: int = 0
    feed_forward_length: int | None = None
    key_length_swa: int | None = None
    value_length_swa: int | None = None
    sliding_window: int | None = None
    sliding: tuple[bool, ...] = ()
    shared_kv_layers: int = 0
    keys_only: bool = False
    experts: int = 0
    expert_bytes: int = 0
    recurrent: RecurrentState | None = None
    projector_bytes: int = 0

    @property
    def recurrent_layers(self) -> int:
        """Layers that keep a state instead of keys."""
        return sum(heads == 0 for heads in self.kv_heads) if self.recurrent else 0

    def slides(self, layer: int) -> bool:
        return bool(self.sliding_window) and layer < len(self.sliding) and self.sliding[layer]

    def cell_elements(self, layer: int) -> tuple[int, int]:
        """Elements that one token of context has in this layer: keys, values."""
        if layer >= self.layers - self.shared_kv_layers:
            return 0, 0
        heads = self.kv_heads[layer] if layer < len(self.kv_heads) else 0
        swa = self.slides(layer)
        key = (self.key_length_swa if swa else None) or self.key_length
        value = (self.value_length_swa if swa else None) or self.value_length
        return heads * key, 0 if self.keys_only else heads * value


_EVERY_NTH_IS_FULL = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "cohere2": 4, "gpt-oss": 2, "llama4": 4, "exaone4": 4,
                      "olmo2": 4, "smallthinker": 4, "plamo3": 8}  # fmt: skip
"""What llama.cpp assumes where a file names a window but no pattern (`src/models`, `set_swa_pattern`). Of an architecture
that is not here no layer slides: that errs towards too much memory."""


def sliding_layers(architecture: str, pattern: tuple[bool, ...] | int | None, layers: int) -> tuple[bool, ...]:
    """Which layers slide. `pattern` as in the file: one entry per layer, or n when every n-th layer does not."""
    if isinstance(pattern, tuple):
        return (pattern + (False,) * layers)[:layers]
    every = pattern or _EVERY_NTH_IS_FULL.get(architecture, 1)
    return tuple(layer % every < every - 1 for layer in range(layers))
