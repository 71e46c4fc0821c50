"""Where the bytes of a model lie: embedding, output, repeating layers. What is kept on a GPU is decided by these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest

from msgspec import Struct

from unsloth_studio.catalog.gguf_container import TENSOR_TYPES, Tensor

_LAYER = re.compile(r"^blk\.(\d{1,5})\.")
_EMBEDDING = ("token_embd", "per_layer_token_embd", "token_types", "position_embd")


class TensorBytes(Struct, frozen=True):
    """Bytes of weight. `layers` has one entry per repeating layer; `experts` is the part of them that only some tokens use
    (tensors `*_exps`), which may stay in main memory."""

    embedding: int = 0
    output: int = 0
    layers: tuple[int, ...] = ()
    experts: int = 0
    other: int = 0

    @property
    def repeating(self) -> int:
        return sum(self.layers)

    @property
    def total(self) -> int:
        return self.embedding + self.output + self.repeating + self.other

    def __add__(self, more: TensorBytes) -> TensorBytes:
        return TensorBytes(
            self.embedding + more.embedding,
            self.output + more.output,
            tuple(a + b for a, b in zip_longest(self.layers, more.layers, fillvalue=0)),
            self.experts + more.experts,
            self.other + more.other,
        )


def weigh(tensors: Sequence[Tensor], *, layers: int, data_bytes: int) -> TensorBytes:
    """Sort the bytes of `tensors`. A tensor of an unknown type is taken to end where the next one begins; `data_bytes` is
    the length of all tensor data."""
    starts = sorted({tensor.offset for tensor in tensors} | {data_bytes})
    following = dict(pairwise(starts))
    embedding = output = experts = other = 0
    per_layer: Counter[int] = Counter()
    for tensor in tensors:
        gap = following.get(tensor.offset, tensor.offset) - tensor.offset
        size = gap if tensor.size_bytes is None else tensor.size_bytes
        if layer := _LAYER.match(tensor.name):
            per_layer[int(layer[1])] += size
            experts += size if "_exps." in tensor.name else 0
        elif tensor.name.startswith(_EMBEDDING):
            embedding += size
        elif tensor.name.startswith("output"):
            output += size
        else:
            other += size
    count = max(layers, max(per_layer, default=-1) + 1) if layers < 1 << 16 else layers
    return TensorBytes(embedding, output, tuple(per_layer[n] for n in range(count)), experts, other)


def main_type(tensors: Iterable[Tensor]) -> str | None:
    """The type that most bytes have, for a file that does not name its quantization."""
    sizes: Counter[int] = Counter()
    for tensor in tensors:
        sizes[tensor.type_number] += tensor.size_bytes or 0
    return TENSOR_TYPES[max(sizes, key=lambda kind: sizes[kind])][0] if sizes.total() else None


def attention_layers(tensors: Iterable[Tensor]) -> frozenset[int]:
    """The layers that compute keys of their own, by their tensors; the others of a hybrid model keep a state instead."""
    keys = re.compile(r"^blk\.(\d{1,5})\.attn_(?:k|kv_a_mqa|k_b)\.weight$")
    return frozenset(int(found[1]) for tensor in tensors if (found := keys.match(tensor.name)))
