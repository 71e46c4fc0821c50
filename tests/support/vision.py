"""A model that can see, as far as the engine is concerned: a scripted GGUF and a projector with random weights.

The projector is the simplest kind that llama.cpp knows (`janus_pro`: a SigLIP encoder and two matrices): every image is
brought to 64 by 64 pixels, cut into patches of 16, and becomes 16 tokens, whatever is on it. The answer stays that of
the script. Keys and tensors are those of llama.cpp's `clip` architecture (gguf-py, `constants.py`).

    python -m tests.support.vision MODEL PROJECTOR

serves such a pair with the real embedded engine and nothing of ours around it, and prints `listening on URL`.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from tests.support.engines import RunningEngine, listening_process

IMAGE_TOKENS = 16
"""Prompt tokens of one image, whatever its size."""

_SIDE, _PATCH, _WIDTH, _HEADS, _BLOCKS, _HIDDEN = 64, 16, 64, 2, 1, 128

Weights = npt.NDArray[np.float32]


def write_projector(path: Path, model: Path) -> Path:
    """Write a projector for the GGUF `model`, whose embedding length it reads. About 0.4 MB."""
    reader = gguf.GGUFReader(model)
    length = reader.get_field("qwen3.embedding_length")
    assert length is not None, f"{model} is not a scripted model"
    embedding_length = int(length.contents())
    writer = gguf.GGUFWriter(path, "clip")
    _add_settings(writer, embedding_length)
    for name, tensor in _tensors(embedding_length).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@contextmanager
def seeing_engine(model: Path, projector: Path | None) -> Generator[RunningEngine]:
    """Serve `model` with the real engine, with `projector` or (None) blind."""
    pair = [str(model), *([str(projector)] if projector else [])]
    with listening_process([sys.executable, "-m", "tests.support.vision", *pair]) as engine:
        yield engine


def _add_settings(writer: gguf.GGUFWriter, embedding_length: int) -> None:
    writer.add_type("mmproj")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    writer.add_string("clip.projector_type", "janus_pro")
    for name, value in {
        "image_size": _SIDE,
        "patch_size": _PATCH,
        "embedding_length": _WIDTH,
        "feed_forward_length": _HIDDEN,
        "projection_dim": embedding_length,
        "block_count": _BLOCKS,
        "attention.head_count": _HEADS,
    }.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])


def _tensors(embedding_length: int) -> dict[str, Weights]:
    random = np.random.default_rng(0)

    def matrix(*shape: int) -> Weights:
        return (random.standard_normal(shape) * 0.05).astype(np.float32)

    def layer(name: str, outputs: int, inputs: int) -> dict[str, Weights]:
        return {f"{name}.weight": matrix(outputs, inputs), f"{name}.bias": np.zeros(outputs, np.float32)}

    def norm(name: str) -> dict[str, Weights]:
        return {f"{name}.weight": np.ones(_WIDTH, np.float32), f"{name}.bias": np.zeros(_WIDTH, np.float32)}

    tensors = {
        "v.patch_embd.weight": matrix(_WIDTH, 3, _PATCH, _PATCH),
        "v.patch_embd.bias": np.zeros(_WIDTH, np.float32),
        "v.position_embd.weight": matrix(IMAGE_TOKENS, _WIDTH),
        **norm("v.post_ln"),
        **layer("mm.0", embedding_length, _WIDTH),
        **layer("mm.1", embedding_length, embedding_length),
    }
    for block in (f"v.blk.{number}" for number in range(_BLOCKS)):
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            tensors |= layer(f"{block}.{name}", _WIDTH, _WIDTH)
        tensors |= norm(f"{block}.ln1") | norm(f"{block}.ln2")
        tensors |= layer(f"{block}.ffn_up", _HIDDEN, _WIDTH) | layer(f"{block}.ffn_down", _WIDTH, _HIDDEN)
    return tensors


def main(model: str, projector: str = "") -> None:
    """Serve until a signal ends the process."""
    xllamacpp: Any = importlib.import_module("xllamacpp")  # it ships no types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.mmproj.path, params.mmproj_use_gpu = projector, False
    params.n_ctx, params.n_parallel, params.warmup = 4096, 1, False
    params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
