"""The exported file says what went in."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from demo.export import TEMPLATE, Array, export, joined_embedding, weights_in
from demo.shape import Shape
from demo.tokenizer import Tokenizer

from unsloth_studio.catalog.demo import demo_model


def _weights(shape: Shape) -> dict[str, Array]:
    random = np.random.default_rng(0)

    def of(*size: int) -> Array:
        return random.standard_normal(size).astype(np.float32)

    return {
        "embedding": of(shape.vocabulary, shape.width),
        "space": of(shape.width),
        "blk.0.attn_norm.weight": of(shape.width),
        "blk.0.attn_q.weight": of(shape.heads * shape.head_width, shape.width),
        "output_norm.weight": of(shape.width),
    }


def test_weights_tokens_and_template_come_back(tmp_path: Path) -> None:
    tokenizer = Tokenizer.load()
    shape = Shape(len(tokenizer.vocabulary), width=32, layers=1, heads=1, head_width=32, feed_forward=64)
    weights = _weights(shape)
    export(shape, weights, tmp_path / "made.gguf")
    read = gguf.GGUFReader(tmp_path / "made.gguf")
    tensors = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in read.tensors}
    assert set(tensors) == {*weights, "token_embd.weight"} - {"embedding", "space"}
    assert np.array_equal(tensors["output_norm.weight"], weights["output_norm.weight"])
    assert np.abs(tensors["blk.0.attn_q.weight"] - weights["blk.0.attn_q.weight"]).max() < 0.05
    assert np.abs(tensors["token_embd.weight"] - joined_embedding(tokenizer, weights)).max() < 0.05
    assert read.fields["tokenizer.ggml.tokens"].contents() == list(tokenizer.vocabulary)
    assert read.fields["tokenizer.chat_template"].contents() == TEMPLATE.read_text(encoding="utf-8")


def test_training_can_go_on_from_an_exported_file(tmp_path: Path) -> None:
    tokenizer = Tokenizer.load()
    shape = Shape(len(tokenizer.vocabulary), width=32, layers=1, heads=1, head_width=32, feed_forward=64)
    weights = _weights(shape)
    export(shape, weights, tmp_path / "made.gguf")
    read = weights_in(tmp_path / "made.gguf")
    assert set(read) == set(weights)
    assert np.abs(joined_embedding(tokenizer, read) - joined_embedding(tokenizer, weights)).max() < 0.1
    assert np.abs(read["blk.0.attn_q.weight"] - weights["blk.0.attn_q.weight"]).max() < 0.05


def test_a_piece_and_the_piece_after_a_space_differ_by_the_space() -> None:
    tokenizer = Tokenizer.load()
    weights = _weights(Shape(len(tokenizer.vocabulary), width=32))
    table = joined_embedding(tokenizer, weights)
    bare, spaced = tokenizer.ids["a"], tokenizer.ids["Ġa"]
    assert np.allclose(table[spaced] - table[bare], weights["space"], atol=1e-5)


def test_the_shipped_model_has_this_tokenizer_and_template() -> None:
    read = gguf.GGUFReader(demo_model().main_file)
    assert read.fields["tokenizer.ggml.tokens"].contents() == list(Tokenizer.load().vocabulary)
    assert read.fields["tokenizer.chat_template"].contents() == TEMPLATE.read_text(encoding="utf-8")
    assert demo_model().main_file.stat().st_size < 12_000_000
