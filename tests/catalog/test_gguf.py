"""Facts of GGUF files: our reader against the `gguf` package's, on several architectures and on the shipped model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import pytest
from gguf import GGUFReader, GGUFWriter
from tests.catalog.gguf_files import (
    LLAMA,
    Shapes,
    f32_pair,
    pair,
    raw,
    string_pair,
    strings_pair,
    tensor,
    text,
    u32_pair,
    write_model,
)

from unsloth_studio.catalog.gguf import GgufFacts, Recurrent, read_gguf, read_model
from unsloth_studio.catalog.gguf_container import read_container
from unsloth_studio.catalog.gguf_weights import TensorBytes
from unsloth_studio.engine.local import demo_model
from unsloth_studio.turn.messages import SamplingParams


def attention(layer: int, *, keys: int = 32) -> Shapes:
    p = f"blk.{layer}."
    return {
        p + "attn_norm.weight": (64,),
        p + "attn_q.weight": (64, 64),
        p + "attn_k.weight": (keys, 64),
        p + "attn_v.weight": (keys, 64),
        p + "ffn_up.weight": (128, 64),
    }


ENDS: Shapes = {"token_embd.weight": (96, 64), "output_norm.weight": (64,), "output.weight": (96, 64)}


def llama(w: GGUFWriter) -> None:
    w.add_name("Tiny Llama")
    w.add_context_length(4096)
    w.add_embedding_length(64)
    w.add_block_count(2)
    w.add_head_count(4)
    w.add_head_count_kv(2)
    w.add_file_type(1)
    w.add_tokenizer_model("llama")
    w.add_token_list([f"t{n}" for n in range(96)])
    w.add_chat_template("{{ messages }}")
    w.add_float32("general.sampling.temp", 0.6)
    w.add_float32("general.sampling.top_p", 0.95)
    w.add_int32("general.sampling.top_k", 20)
    w.add_float32("general.sampling.min_p", 0.05)
    w.add_float32("general.sampling.penalty_repeat", 1.1)


def gemma3(w: GGUFWriter) -> None:
    w.add_context_length(131072)
    w.add_embedding_length(64)
    w.add_block_count(3)
    w.add_head_count(4)
    w.add_head_count_kv([1, 2, 1])
    w.add_key_length(32)
    w.add_value_length(32)
    w.add_sliding_window(512)
    w.add_array("gemma3.attention.sliding_window_pattern", [True, True, False])
    w.add_shared_kv_layers(1)
    w.add_vocab_size(96)


def qwen3moe(w: GGUFWriter) -> None:
    w.add_context_length(262144)
    w.add_embedding_length(64)
    w.add_block_count(1)
    w.add_head_count(4)
    w.add_head_count_kv(2)
    w.add_expert_count(4)
    w.add_expert_used_count(2)
    w.add_file_type(7)


def qwen3next(w: GGUFWriter) -> None:
    w.add_context_length(262144)
    w.add_embedding_length(64)
    w.add_block_count(4)
    w.add_head_count(4)
    w.add_head_count_kv(2)
    w.add_full_attention_interval(4)
    w.add_ssm_conv_kernel(4)
    w.add_ssm_inner_size(128)
    w.add_ssm_state_size(16)
    w.add_ssm_time_step_rank(8)
    w.add_ssm_group_count(2)


def jamba(w: GGUFWriter) -> None:
    w.add_embedding_length(64)
    w.add_block_count(2)
    w.add_head_count(4)
    w.add_head_count_kv(2)
    w.add_ssm_state_size(16)


def projector(w: GGUFWriter) -> None:
    w.add_type("mmproj")
    w.add_bool("clip.has_vision_encoder", True)


@dataclass(frozen=True)
class Case:
    describe: Callable[[GGUFWriter], None]
    architecture: str
    shapes: Shapes
    kind: gguf.GGMLQuantizationType
    expected: dict[str, Any]


F16, Q8_0, Q4_0 = gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0
CASES = [
    Case(
        llama,
        "llama",
        {**ENDS, **attention(0), **attention(1)},
        F16,
        {
            "name": "Tiny Llama",
            "kind": "model",
            "layers": 2,
            "context_length": 4096,
            "embedding_length": 64,
            "heads": 4,
            "kv_heads": (2, 2),
            "key_length": 16,
            "value_length": 16,
            "sliding_window": None,
            "experts": 0,
            "recurrent": None,
            "vocabulary_size": 96,
            "tokenizer": "llama",
            "file_type": 1,
            "quantization": "F16",
            "chat_template": "{{ messages }}",
            "sampling": SamplingParams(temperature=0.6, top_p=0.95, top_k=20, min_p=0.05, repeat_penalty=1.1),
            "tied_output": False,
            "split_count": 1,
        },
    ),
    Case(
        gemma3,
        "gemma3",
        {"token_embd.weight": (96, 64), **attention(0), **attention(1), **attention(2)},
        Q8_0,
        {
            "kv_heads": (1, 2, 1),
            "key_length": 32,
            "sliding_window": 512,
            "sliding_pattern": (True, True, False),
            "shared_kv_layers": 1,
            "vocabulary_size": 96,
            "file_type": None,
            "quantization": "Q8_0",
            "tied_output": True,
        },
    ),
    Case(
        qwen3moe,
        "qwen3moe",
        {**ENDS, **attention(0), "blk.0.ffn_up_exps.weight": (4, 128, 64), "blk.0.ffn_down_exps.weight": (4, 64, 128)},
        Q4_0,
        {"experts": 4, "experts_used": 2, "kv_heads": (2,), "quantization": "Q8_0", "context_length": 262144},
    ),
    Case(
        qwen3next,
        "qwen3next",
        {**ENDS, "blk.0.ssm_out.weight": (64, 128), **attention(3)},
        F16,
        {"kv_heads": (0, 0, 0, 2), "recurrent": Recurrent(4, 128, 16, 8, 2)},
    ),
    Case(jamba, "jamba", {**ENDS, "blk.0.ssm_out.weight": (64, 128), **attention(1)}, F16, {"kv_heads": (0, 2)}),
    Case(
        projector,
        "clip",
        {"v.patch_embd.weight": (8, 8)},
        F16,
        {"is_projector": True, "sees_images": True, "hears_audio": False, "layers": 0, "kv_heads": ()},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.architecture)
def test_facts_of_an_architecture(case: Case, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", case.architecture, case.describe, case.shapes, kind=case.kind)
    facts = read_gguf(path)
    assert facts.architecture == case.architecture
    assert {field: getattr(facts, field) for field in case.expected} == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.architecture)
def test_tensors_as_the_gguf_package_reads_them(case: Case, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", case.architecture, case.describe, case.shapes, kind=case.kind)
    same_tensors(path)


def test_the_shipped_model() -> None:
    same_tensors(demo_model())
    facts = read_gguf(demo_model())
    assert (facts.architecture, facts.context_length, facts.layers) == ("qwen3", 8192, 5)
    assert (facts.vocabulary_size, facts.quantization, facts.size_label) == (1751, "Q8_0", "4M")
    assert facts.chat_template is not None


def same_tensors(path: Path) -> None:
    """Names, shapes, sizes and places in the file; and the sums that are made of them."""
    ours, theirs = read_container(path), GGUFReader(path).tensors
    assert [
        (t.name, list(t.shape), t.type_number, t.size_bytes, ours.data_offset + t.offset) for t in ours.tensors
    ] == [(t.name, [int(n) for n in t.shape], int(t.tensor_type), int(t.n_bytes), int(t.data_offset)) for t in theirs]
    facts = read_gguf(path)
    assert facts.parameters == sum(int(t.n_elements) for t in theirs)
    assert facts.tensor_bytes.total == sum(int(t.n_bytes) for t in theirs)
    assert facts.tensor_count == len(theirs)


def test_where_the_bytes_lie(tmp_path: Path) -> None:
    facts = read_gguf(write_model(tmp_path / "m.gguf", "qwen3moe", qwen3moe, CASES[2].shapes, kind=Q8_0))
    layer = 4 * 64 + (64 * 64 + 2 * 32 * 64 + 128 * 64 + 8 * 64 * 128) * 34 // 32
    embedding = 96 * 64 * 34 // 32
    experts = 8 * 64 * 128 * 34 // 32
    assert facts.tensor_bytes == TensorBytes(embedding, embedding + 4 * 64, (layer,), experts, 0)


def test_a_split_model_is_the_sum_of_its_shards(tmp_path: Path) -> None:
    def first(w: GGUFWriter) -> None:
        llama(w)
        w.add_uint16("split.no", 0)
        w.add_uint16("split.count", 2)

    def second(w: GGUFWriter) -> None:
        w.add_uint16("split.no", 1)
        w.add_uint16("split.count", 2)

    whole = read_gguf(write_model(tmp_path / "w.gguf", "llama", llama, {**ENDS, **attention(0), **attention(1)}))
    one = write_model(
        tmp_path / "m-00001-of-00002.gguf", "llama", first, {"token_embd.weight": (96, 64), **attention(0)}
    )
    rest = {"output_norm.weight": (64,), "output.weight": (96, 64), **attention(1)}
    two = write_model(tmp_path / "m-00002-of-00002.gguf", "llama", second, rest)
    both = read_model([one, two])
    assert (both.split_number, both.split_count, both.context_length) == (0, 2, 4096)
    for field in ("parameters", "tensor_bytes", "tensor_count", "tied_output", "kv_heads", "size_label"):
        assert getattr(both, field) == getattr(whole, field)
    assert both.file_size == one.stat().st_size + two.stat().st_size


@pytest.mark.parametrize(
    ("pairs", "field", "value"),
    [
        pytest.param((LLAMA,), "context_length", None, id="no context length"),
        pytest.param((LLAMA, string_pair("llama.context_length", "x")), "context_length", None, id="of another type"),
        pytest.param((LLAMA, u32_pair("general.file_type", 1039)), "quantization", "Q4_K_M", id="a guessed file type"),
        pytest.param((LLAMA, u32_pair("general.file_type", 999)), "quantization", "F32", id="an unknown file type"),
        pytest.param(
            (u32_pair("llama.context_length", 7), LLAMA), "context_length", 7, id="architecture after its keys"
        ),
        pytest.param((LLAMA, string_pair("general.basename", "B")), "name", "B", id="base name"),
        pytest.param(
            (LLAMA, f32_pair("general.sampling.top_k", 40.0)),
            "sampling",
            SamplingParams(top_k=40),
            id="top_k as a float",
        ),
        pytest.param(
            (LLAMA, string_pair("tokenizer.chat_template.tool_use", "T")), "tool_template", "T", id="template for tools"
        ),
        pytest.param((LLAMA, u32_pair("llama.pooling_type", 1)), "pooling", 1, id="an embedding model"),
        pytest.param(
            (LLAMA, u32_pair("llama.attention.sliding_window", 0)), "sliding_window", None, id="a window of nothing"
        ),
        pytest.param((LLAMA, pair("general.name", 8, b"\x02" + bytes(7) + b"\xff\xfe")), "name", "��", id="no UTF-8"),
    ],
)
def test_single_facts(pairs: tuple[bytes, ...], field: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    header = raw(*pairs, tensors=(tensor("token_embd.weight", (4,), 0),))
    path.write_bytes(header + bytes(64))
    assert getattr(read_gguf(path), field) == value


def test_a_tensor_of_a_type_to_come_counts_up_to_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    header = raw(LLAMA, tensors=(tensor("blk.0.a", (64,), 66), tensor("output.weight", (4,), 0, 96)))
    path.write_bytes(header + bytes(-len(header) % 32) + bytes(96 + 16))
    assert read_gguf(path).tensor_bytes == TensorBytes(output=16, layers=(96,))


def large_vocabulary(path: Path, *, tokens: int = 150_000) -> GgufFacts:
    strings = b"".join(text(f"token{n}"[: 2 + n % 9]) for n in range(tokens - 1)) + text("x" * 300)
    kinds = pair("tokenizer.ggml.token_type", 9, b"\x05\0\0\0" + tokens.to_bytes(8, "little") + bytes(4 * tokens))
    vocabulary = strings_pair("tokenizer.ggml.tokens", tokens, strings)
    merges = strings_pair("tokenizer.ggml.merges", tokens, strings)
    path.write_bytes(raw(LLAMA, vocabulary, kinds, merges, string_pair("tokenizer.chat_template", "end")))
    return read_gguf(path)


def test_a_large_vocabulary_is_counted_and_stepped_over(tmp_path: Path) -> None:
    facts = large_vocabulary(tmp_path / "m.gguf")
    assert (facts.vocabulary_size, facts.chat_template) == (150_000, "end")


def test_a_header_with_many_tokens_is_stepped_over_and_not_built(tmp_path: Path) -> None:
    """Against the reference reader in the same run, which builds every string (some 100 times as long)."""
    large_vocabulary(tmp_path / "m.gguf", tokens=10_000)
    start = time.perf_counter()
    GGUFReader(tmp_path / "m.gguf")
    theirs = time.perf_counter() - start
    ours: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        read_gguf(tmp_path / "m.gguf")
        ours.append(time.perf_counter() - start)
    assert min(ours) < theirs / 10
