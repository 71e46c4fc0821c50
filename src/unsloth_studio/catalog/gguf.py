"""What a GGUF file says about its model: all that a plan, a model list and the sampling settings need.

The rule: facts only, as the file has them; None where it says nothing. Reading takes milliseconds and never builds the
vocabulary. Keys: ggml repository, docs/gguf.md, and llama.cpp's gguf-py/gguf/constants.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.catalog.gguf_container import Container, GgufError, LongArray, Value, read_container
from unsloth_studio.catalog.gguf_weights import TensorBytes, attention_layers, main_type, weigh
from unsloth_studio.catalog.quantization import file_type_name
from unsloth_studio.turn.messages import SamplingParams

__all__ = ["GgufError", "GgufFacts", "Recurrent", "TensorBytes", "read_gguf", "read_model"]

_LAYER_LIMIT = 1 << 16


class Recurrent(Struct, frozen=True):
    """State-space layers (`*.ssm.*`): their state does not grow with the context. Sizes in elements."""

    conv_kernel: int
    inner_size: int
    state_size: int
    time_step_rank: int
    group_count: int


class GgufFacts(Struct, frozen=True):
    """One model. Lengths are in tokens or elements.

    `kind` is `general.type` (model, adapter, mmproj, imatrix). `kv_heads` has one entry per layer; 0 says that the layer
    keeps no keys. `key_length` and `value_length` are per head, those with `_swa` of the sliding-window layers.
    `sliding_pattern` says per layer whether it slides, where the file says so; a number n there means that every n-th
    layer does not. The last `shared_kv_layers` layers use the keys of earlier ones. `kv_lora_rank` belongs to models that
    keep compressed keys (MLA). `quantization` is the file type's label, else the type that most bytes have. `tied_output`
    says that the embedding serves as output too, so that a GPU holds a copy of it.
    """

    architecture: str
    name: str | None
    kind: str
    parameters: int
    size_label: str
    layers: int
    context_length: int | None
    embedding_length: int | None
    heads: int | None
    kv_heads: tuple[int, ...]
    key_length: int | None
    value_length: int | None
    key_length_swa: int | None
    value_length_swa: int | None
    kv_lora_rank: int | None
    sliding_window: int | None
    sliding_pattern: tuple[bool, ...] | int | None
    shared_kv_layers: int
    experts: int
    experts_used: int
    recurrent: Recurrent | None
    next_token_layers: int
    pooling: int | None
    vocabulary_size: int | None
    tokenizer: str | None
    file_type: int | None
    quantization: str | None
    chat_template: str | None
    tool_template: str | None
    sampling: SamplingParams
    split_number: int | None
    split_count: int
    tensor_count: int
    tensor_bytes: TensorBytes
    tied_output: bool
    file_size: int
    is_projector: bool
    sees_images: bool
    hears_audio: bool


def read_gguf(path: Path) -> GgufFacts:
    """The facts of one file (of a split model: of that shard alone; see `read_model`). Blocking, a few milliseconds.

    Raises `GgufError` with a sentence: not GGUF, empty, cut off, damaged, big-endian, too old, too new.
    """
    return _facts(read_container(path), path.name)


def read_model(paths: Sequence[Path]) -> GgufFacts:
    """The facts of a model given as all its shards in order (one file: one path): the first's, with sizes summed."""
    first, *others = [read_gguf(path) for path in paths]
    for part in others:
        weights = first.tensor_bytes + part.tensor_bytes
        parameters = first.parameters + part.parameters
        first = replace(
            first,
            parameters=parameters,
            size_label=_size_label(parameters)
            if first.size_label == _size_label(first.parameters)
            else first.size_label,
            tensor_count=first.tensor_count + part.tensor_count,
            tensor_bytes=weights,
            tied_output=first.tied_output and part.tied_output,
            file_size=first.file_size + part.file_size,
        )
    return first


class _Keys:
    """Typed looks into the key-value pairs; `{}` stands for the architecture. A value of another type counts as absent."""

    def __init__(self, container: Container) -> None:
        self._pairs = container.pairs
        self.architecture = self.text("general.architecture") or ""

    def get(self, key: str) -> Value | None:
        return self._pairs.get(key.replace("{}", self.architecture) if key.startswith("{}") else key)

    def text(self, key: str) -> str | None:
        value = self.get(key)
        return value if isinstance(value, str) else None

    def integers(self, key: str) -> tuple[int, ...]:
        """Whole numbers, not negative; one for all layers, or one for each."""
        value = self.get(key)
        values = value if isinstance(value, tuple) else (value,)
        return tuple(int(v) for v in values if isinstance(v, int) and v >= 0)

    def integer(self, key: str) -> int | None:
        return max(self.integers(key), default=None)

    def count(self, key: str) -> int:
        return self.integer(key) or 0

    def number(self, key: str) -> float | None:
        """A number as somebody wrote it: 32-bit floats are rounded to the six digits they have."""
        value = self.get(key)
        return float(f"{value:.6g}") if isinstance(value, int | float) and not isinstance(value, bool) else None


def _facts(container: Container, name: str) -> GgufFacts:
    keys = _Keys(container)
    if not keys.architecture and not keys.count("split.no"):  # llama-gguf-split leaves the metadata to the first shard
        raise GgufError(f"{name} names no architecture (general.architecture). Download it again, or convert it again.")
    tensors = container.tensors
    layers = keys.count("{}.block_count")
    if layers > _LAYER_LIMIT:
        raise GgufError(f"{name} is damaged: it claims {layers} layers. Download it again.")
    heads = keys.integer("{}.attention.head_count")
    embedding = keys.integer("{}.embedding_length")
    head_size = embedding // heads if embedding and heads else None
    names = {tensor.name for tensor in tensors}
    parameters = sum(tensor.elements for tensor in tensors)
    file_type = keys.integer("general.file_type")
    split_number = keys.integer("split.no")
    pattern = keys.get("{}.attention.sliding_window_pattern")
    vocabulary = keys.get("tokenizer.ggml.tokens")
    kind = keys.text("general.type") or "model"
    return GgufFacts(
        architecture=keys.architecture,
        name=keys.text("general.name") or keys.text("general.basename"),
        kind=kind,
        parameters=parameters,
        size_label=keys.text("general.size_label") or _size_label(parameters),
        layers=layers,
        context_length=keys.integer("{}.context_length"),
        embedding_length=embedding,
        heads=heads,
        kv_heads=_kv_heads(keys, container, layers),
        key_length=keys.integer("{}.attention.key_length") or head_size,
        value_length=keys.integer("{}.attention.value_length") or head_size,
        key_length_swa=keys.integer("{}.attention.key_length_swa"),
        value_length_swa=keys.integer("{}.attention.value_length_swa"),
        kv_lora_rank=keys.integer("{}.attention.kv_lora_rank"),
        sliding_window=keys.integer("{}.attention.sliding_window") or None,
        sliding_pattern=_pattern(pattern),
        shared_kv_layers=keys.count("{}.attention.shared_kv_layers"),
        experts=keys.count("{}.expert_count"),
        experts_used=keys.count("{}.expert_used_count"),
        recurrent=_recurrent(keys),
        next_token_layers=keys.count("{}.nextn_predict_layers"),
        pooling=keys.integer("{}.pooling_type"),
        vocabulary_size=keys.integer("{}.vocab_size") or _length(vocabulary),
        tokenizer=keys.text("tokenizer.ggml.model"),
        file_type=file_type,
        quantization=(file_type_name(file_type) if file_type is not None else None) or main_type(tensors),
        chat_template=keys.text("tokenizer.chat_template"),
        tool_template=keys.text("tokenizer.chat_template.tool_use"),
        sampling=_sampling(keys),
        split_number=split_number,
        split_count=keys.count("split.count") or 1,
        tensor_count=len(tensors),
        tensor_bytes=weigh(tensors, layers=layers, data_bytes=container.file_size - container.data_offset),
        tied_output="output.weight" not in names,
        file_size=container.file_size,
        is_projector=kind == "mmproj" or keys.architecture == "clip",
        sees_images=keys.get("clip.has_vision_encoder") is True,
        hears_audio=keys.get("clip.has_audio_encoder") is True,
    )


def _kv_heads(keys: _Keys, container: Container, layers: int) -> tuple[int, ...]:
    """Per layer. Without the key every head has keys of its own; recurrent layers have none."""
    stated = keys.integers("{}.attention.head_count_kv")
    if len(stated) > 1:
        return (stated + (0,) * layers)[:layers]
    each = stated[0] if stated else keys.count("{}.attention.head_count")
    if interval := keys.count("{}.full_attention_interval"):
        return tuple(0 if (layer + 1) % interval else each for layer in range(layers))
    if keys.get("{}.ssm.state_size") is not None and keys.integer("split.no") is None:
        attending = attention_layers(container.tensors)
        return tuple(each if layer in attending else 0 for layer in range(layers))
    return (each,) * layers


def _recurrent(keys: _Keys) -> Recurrent | None:
    if keys.get("{}.ssm.state_size") is None:
        return None
    fields = ("conv_kernel", "inner_size", "state_size", "time_step_rank", "group_count")
    return Recurrent(*(keys.count(f"{{}}.ssm.{field}") for field in fields))


def _sampling(keys: _Keys) -> SamplingParams:
    """`general.sampling.*`: what the model's publisher recommends."""
    top_k = keys.number("general.sampling.top_k")
    return SamplingParams(
        temperature=keys.number("general.sampling.temp"),
        top_p=keys.number("general.sampling.top_p"),
        top_k=int(top_k) if top_k is not None and top_k.is_integer() else None,
        min_p=keys.number("general.sampling.min_p"),
        repeat_penalty=keys.number("general.sampling.penalty_repeat"),
    )


def _pattern(value: Value | None) -> tuple[bool, ...] | int | None:
    if isinstance(value, tuple):
        return tuple(bool(each) for each in value)
    return value if isinstance(value, int) and value > 0 else None


def _length(value: Value | None) -> int | None:
    if isinstance(value, LongArray):
        return value.length
    return len(value) if isinstance(value, tuple) else None


def _size_label(parameters: int) -> str:
    """`7.6B`, `596M`: the style of `general.size_label`."""
    return f"{parameters / 1e9:.1f}B" if parameters >= 950_000_000 else f"{parameters / 1e6:.0f}M"
