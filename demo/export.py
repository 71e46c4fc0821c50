"""A checkpoint as a GGUF file that llama.cpp loads: `python -m demo export`.

The one rule: names are llama.cpp's own (the model's modules are called so as well), and the engine must see exactly the text
the model was trained on, so the chat template travels in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, LlamaFileType

from demo.shape import Shape
from demo.tokenizer import CONTROL, SPECIAL, Tokenizer

Array = npt.NDArray[np.float32]
TEMPLATE = Path(__file__).with_name("template.jinja")
_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4
"""Kinds of tokens in GGUF's `tokenizer.ggml.token_type`."""


def export(shape: Shape, weights: Mapping[str, Array], path: Path) -> None:
    """Write the file: matrices as Q8_0, norms as they are. Every row must be a multiple of 32 long."""
    tokenizer = Tokenizer.load()
    writer = gguf.GGUFWriter(path, "qwen3")
    _describe(writer, shape)
    _write_tokenizer(writer, tokenizer)
    _add(writer, "token_embd.weight", joined_embedding(tokenizer, weights))
    for name, weight in weights.items():
        if name not in ("embedding", "space"):
            _add(writer, name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights_in(path: Path) -> dict[str, Array]:
    """The weights of an exported file by the names of the checkpoint, as near as Q8_0 keeps them."""
    found = {one.name: _dequantized(one) for one in gguf.GGUFReader(path).tensors}
    rows = found.pop("token_embd.weight")
    bases, spaced = Tokenizer.load().bases()
    own = {base: at for at, (base, has_space) in enumerate(zip(bases, spaced, strict=True)) if not has_space}
    pairs = [(at, own[base]) for at, (base, has_space) in enumerate(zip(bases, spaced, strict=True)) if has_space]
    spaces = np.stack([rows[with_space] - rows[without] for with_space, without in pairs])
    space = np.asarray(spaces.mean(0), np.float32)
    bare: Array = np.where(np.array(spaced)[:, None], np.float32(0), rows).astype(np.float32)
    return {**found, "embedding": bare, "space": space}


def _dequantized(tensor: gguf.ReaderTensor) -> Array:
    return np.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type), np.float32)


def joined_embedding(tokenizer: Tokenizer, weights: Mapping[str, Array]) -> Array:
    """The embedding of every token: its base piece's, plus the space if it has one."""
    bases, spaced = tokenizer.bases()
    has_space = np.array(spaced, np.float32)[:, None]
    return (weights["embedding"][bases] + has_space * weights["space"]).astype(np.float32)


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name("Tiny demo model")
    writer.add_description("A toy: trained from scratch on generated text, to try a server with")
    writer.add_license("apache-2.0")
    writer.add_size_label("4M")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    normal = len(tokenizer.vocabulary) - len(SPECIAL)
    kinds = [_NORMAL] * normal + [_CONTROL] * CONTROL + [_USER_DEFINED] * (len(SPECIAL) - CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(list(tokenizer.vocabulary))
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{left} {right}" for left, right in tokenizer.merges])
    writer.add_eos_token_id(tokenizer.ids["<|im_end|>"])
    writer.add_eot_token_id(tokenizer.ids["<|im_end|>"])
    writer.add_pad_token_id(tokenizer.ids["<|endoftext|>"])
    writer.add_bos_token_id(tokenizer.ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE.read_text(encoding="utf-8"))


def _add(writer: gguf.GGUFWriter, name: str, weight: Array) -> None:
    if weight.ndim == 1:
        writer.add_tensor(name, weight.astype(np.float32))
        return
    kind = GGMLQuantizationType.Q8_0
    writer.add_tensor(name, gguf.quants.quantize(weight.astype(np.float32), kind), raw_dtype=kind)
