"""GGUFs of five shapes with random weights: what they say is noise, what they weigh is true.

Made for measuring: dense (`llama`), grouped heads (`qwen3`), experts (`qwen3moe`), sliding windows (`gemma3`) and a large
vocabulary. 30 to 120 MB each, written in a second or two. Keys and tensors are those of gguf-py's `constants.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float32]
_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_Q8_0 = gguf.GGMLQuantizationType.Q8_0


@dataclass(frozen=True, slots=True)
class Shape:
    """One model; lengths in elements. `window` is in tokens, 0 without sliding layers; `quantized` stands for Q8_0, else
    F16."""

    name: str
    architecture: str
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int = 2048
    experts: int = 0
    window: int = 0
    quantized: bool = False

    @property
    def has_head_norms(self) -> bool:
        return self.architecture != "llama"

    @property
    def weight_bytes(self) -> int:
        """Of all tensors, as `_add_tensor` stores them."""
        return sum(_stored_bytes(name, size, quantized=self.quantized) for name, size in _tensors(self))


SHAPES = (
    Shape("dense", "llama", 8, 512, 1536, 8, 8, 64),
    Shape("grouped heads", "qwen3", 12, 768, 1536, 12, 2, 128, quantized=True),
    Shape("experts", "qwen3moe", 4, 512, 256, 8, 2, 64, experts=32),
    Shape("sliding windows", "gemma3", 12, 512, 1024, 4, 2, 128, window=512),
    Shape("large vocabulary", "qwen3", 4, 256, 512, 4, 2, 64, vocabulary=151_936),
)


def write_shaped_gguf(path: Path, shape: Shape, *, context_length: int = 32768) -> Path:
    """Write a model of `shape`; `context_length` (tokens) is what it claims to be trained for."""
    writer = gguf.GGUFWriter(path, shape.architecture)
    _add_settings(writer, shape, context_length)
    _add_tokenizer(writer, shape.vocabulary)
    random = np.random.default_rng(7)
    for name, size in _tensors(shape):
        _add_tensor(writer, name, random.standard_normal(size, np.float32) * 0.02, quantized=shape.quantized)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tensor(writer: gguf.GGUFWriter, name: str, values: Weights, *, quantized: bool) -> None:
    if _keeps_floats(name, values.shape):
        writer.add_tensor(name, values)
    elif quantized:
        writer.add_tensor(name, gguf.quants.quantize(values, _Q8_0), raw_dtype=_Q8_0)
    else:
        writer.add_tensor(name, values.astype(np.float16))


def _stored_bytes(name: str, size: tuple[int, ...], *, quantized: bool) -> int:
    if _keeps_floats(name, size):
        return 4 * prod(size)
    return prod(size) * 34 // 32 if quantized else 2 * prod(size)


def _keeps_floats(name: str, size: tuple[int, ...]) -> bool:
    """Norms and routers do, as in real files."""
    return len(size) == 1 or name.endswith("ffn_gate_inp.weight")


def _add_settings(writer: gguf.GGUFWriter, shape: Shape, context_length: int) -> None:
    writer.add_type("model")
    writer.add_name(shape.name)
    writer.add_context_length(context_length)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e4)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if shape.quantized else gguf.LlamaFileType.MOSTLY_F16)
    if shape.experts:
        writer.add_expert_count(shape.experts)
        writer.add_expert_used_count(2)
        writer.add_expert_feed_forward_length(shape.feed_forward)
    if shape.window:
        writer.add_sliding_window(shape.window)


def _add_tokenizer(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    """Bytes, then their pairs and triples, each of which is a merge: as many as a real vocabulary of that size has."""
    tokens = list(_byte_symbols())
    merges: list[str] = []
    for token, merge in _products(tuple(tokens)):
        if len(tokens) == vocabulary - len(_CONTROL):
            break
        tokens.append(token)
        merges.append(merge)
    kinds = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(_CONTROL)
    tokens += _CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(tokens) - 3)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)


def _byte_symbols() -> tuple[str, ...]:
    """GPT-2's character for each byte: itself where it prints, else one of U+0100 and up."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in printable]
    return tuple(chr(byte) if byte in printable else chr(256 + others.index(byte)) for byte in range(256))


def _products(symbols: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for first in symbols:
        for second in symbols:
            yield first + second, f"{first} {second}"
    for first in symbols:
        for second in symbols:
            for third in symbols:
                yield first + second + third, f"{first + second} {third}"


def _tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape (rows, columns) of every tensor."""
    width = shape.width
    yield "token_embd.weight", (shape.vocabulary, width)
    yield "output_norm.weight", (width,)
    if shape.architecture != "gemma3":
        yield "output.weight", (shape.vocabulary, width)
    for layer in range(shape.layers):
        for name, size in _layer(shape):
            yield f"blk.{layer}.{name}.weight", size


def _layer(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, all_heads, kv = shape.width, shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    yield "attn_norm", (width,)
    yield "attn_q", (all_heads, width)
    yield "attn_k", (kv, width)
    yield "attn_v", (kv, width)
    yield "attn_output", (width, all_heads)
    yield "ffn_norm", (width,)
    if shape.has_head_norms:
        yield "attn_q_norm", (shape.head_size,)
        yield "attn_k_norm", (shape.head_size,)
    if shape.architecture == "gemma3":
        yield "post_attention_norm", (width,)
        yield "post_ffw_norm", (width,)
    wide, narrow = (shape.feed_forward, width), (width, shape.feed_forward)
    if shape.experts:
        yield "ffn_gate_inp", (shape.experts, width)
        wide, narrow = (shape.experts, *wide), (shape.experts, *narrow)
    suffix = "_exps" if shape.experts else ""
    yield f"ffn_gate{suffix}", wide
    yield f"ffn_up{suffix}", wide
    yield f"ffn_down{suffix}", narrow
