"""Scripted GGUFs: models whose weights spell a fixed chain of tokens, so that a real engine gives a known answer.

Attention and feed-forward weights are zero and embeddings are one-hot, so the next token depends on the current one only:
`output[next, current]` is the one weight that is not zero. Hence the limit: a token may appear once in a chain. Every
token outside the chain leads to its first, whatever the prompt was. Under 2 MB, written in well under a second.

Keys and tensors are those of llama.cpp's `qwen3` architecture (gguf-py, `constants.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

END_OF_TURN = "<|im_end|>"
_CONTROL = ("<|endoftext|>", "<|im_start|>", END_OF_TURN)
_USER_DEFINED = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
_TEMPLATE = Path(__file__).with_name("scripted.jinja")
_CERTAIN = 8.0  # times sqrt(width) after the norm: no temperature in use draws another token

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    tokens: tuple[str, ...]
    kinds: tuple[gguf.TokenType, ...]
    chain: tuple[int, ...]
    """Token ids of the chain, its last one included."""


def write_scripted_gguf(
    path: Path, chain: Sequence[str], *, context_length: int = 8192, template: Path = _TEMPLATE
) -> Path:
    """Write a model that answers every prompt with the texts of `chain`, one token each, and then ends its turn.

    An item is a special token (`<think>`, `<tool_call>`, ...) or any text, which becomes one token of its own.
    `context_length` is in tokens, `template` a chat template's file. Raises ValueError when a text appears twice.
    """
    closed = tuple(chain) if chain and chain[-1] == END_OF_TURN else (*chain, END_OF_TURN)
    vocabulary = _vocabulary(closed)
    transitions = _transitions(vocabulary, endless=False)
    _write(path, vocabulary, transitions, context_length=context_length, template=template)
    return path


def write_split_gguf(path: Path, chain: Sequence[str], *, tensors_per_shard: int = 5) -> tuple[Path, ...]:
    """The same model as `write_scripted_gguf`, in shards named as llama.cpp names them after the stem of `path`."""
    vocabulary = _vocabulary((*chain, END_OF_TURN))
    transitions = _transitions(vocabulary, endless=False)
    _write(path, vocabulary, transitions, context_length=8192, tensors_per_shard=tensors_per_shard)
    return tuple(sorted(path.parent.glob(f"{path.stem}-*-of-*.gguf")))


def write_endless_gguf(path: Path, chain: Sequence[str], *, context_length: int = 131072) -> Path:
    """Write a model that repeats `chain` until something else ends the turn: `max_tokens`, the context or a disconnect.

    Items and errors as in `write_scripted_gguf`.
    """
    vocabulary = _vocabulary(tuple(chain))
    _write(path, vocabulary, _transitions(vocabulary, endless=True), context_length=context_length)
    return path


def _byte_symbols() -> tuple[str, ...]:
    """GPT-2's printable character for each byte: itself where it prints, else the next of U+0100 and up."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    symbols: list[str] = []
    stand_in = 256
    for byte in range(256):
        symbols.append(chr(byte) if byte in printable else chr(stand_in))
        stand_in += byte not in printable
    return tuple(symbols)


def _vocabulary(chain: tuple[str, ...]) -> Vocabulary:
    symbols = _byte_symbols()
    ids = {token: number for number, token in enumerate((*symbols, *_CONTROL, *_USER_DEFINED))}
    kinds = [gguf.TokenType.NORMAL] * 256
    kinds += [gguf.TokenType.CONTROL] * len(_CONTROL) + [gguf.TokenType.USER_DEFINED] * len(_USER_DEFINED)
    numbers: list[int] = []
    for text in chain:
        token = text if text in ids else "".join(symbols[byte] for byte in text.encode())
        if not token:
            raise ValueError("A chain may not hold an empty text.")
        if token not in ids:
            ids[token] = len(ids)
            kinds.append(gguf.TokenType.NORMAL)
        if ids[token] in numbers:
            raise ValueError(f"{text!r} is in the chain twice; the model could not know which one it is at.")
        numbers.append(ids[token])
    if ids[symbols[10]] in numbers:
        raise ValueError("A chain may not hold a bare newline: the prompt ends with one.")
    if "ab" not in ids:  # llama.cpp wants at least one merge, and its product must be a token
        ids["ab"] = len(ids)
        kinds.append(gguf.TokenType.NORMAL)
    return Vocabulary(tuple(ids), tuple(kinds), tuple(numbers))


def _transitions(vocabulary: Vocabulary, *, endless: bool) -> Weights:
    """`[next, current]`: which token follows which. Rows are padded to a multiple of 32."""
    size = len(vocabulary.tokens)
    weights: Weights = np.zeros((size, _width(vocabulary)), np.float32)
    chain = vocabulary.chain
    following = dict(zip(chain, chain[1:] + chain[:1] if endless else chain[1:], strict=False))
    for current in range(size):
        weights[following.get(current, chain[0]), current] = _CERTAIN
    return weights


def _width(vocabulary: Vocabulary) -> int:
    return -(-len(vocabulary.tokens) // 32) * 32


def _write(
    path: Path,
    vocabulary: Vocabulary,
    output: Weights,
    *,
    context_length: int,
    tensors_per_shard: int = 0,
    template: Path = _TEMPLATE,
) -> None:
    writer = gguf.GGUFWriter(path, "qwen3", split_max_tensors=tensors_per_shard)
    _add_settings(writer, vocabulary, context_length)
    _add_tokenizer(writer, vocabulary, template)
    for name, tensor in _tensors(vocabulary, output).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_settings(writer: gguf.GGUFWriter, vocabulary: Vocabulary, context_length: int) -> None:
    writer.add_type("model")
    writer.add_name("scripted")
    writer.add_context_length(context_length)
    writer.add_embedding_length(_width(vocabulary))
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_key_length(32)
    writer.add_value_length(32)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e4)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _add_tokenizer(writer: gguf.GGUFWriter, vocabulary: Vocabulary, template: Path) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(["a b"])
    end_of_text, end_of_turn = vocabulary.tokens.index("<|endoftext|>"), vocabulary.tokens.index(END_OF_TURN)
    writer.add_bos_token_id(end_of_text)
    writer.add_eos_token_id(end_of_turn)
    writer.add_eot_token_id(end_of_turn)
    writer.add_pad_token_id(end_of_text)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template.read_text())


def _tensors(vocabulary: Vocabulary, output: Weights) -> dict[str, Weights]:
    size, width = len(vocabulary.tokens), _width(vocabulary)

    def zeros(*shape: int) -> Weights:
        return np.zeros(shape, np.float32)

    def ones(length: int) -> Weights:
        return np.ones(length, np.float32)

    return {
        "token_embd.weight": np.eye(size, width, dtype=np.float32),
        "output_norm.weight": ones(width),
        "output.weight": output,
        "blk.0.attn_norm.weight": ones(width),
        "blk.0.attn_q.weight": zeros(32, width),
        "blk.0.attn_k.weight": zeros(32, width),
        "blk.0.attn_v.weight": zeros(32, width),
        "blk.0.attn_output.weight": zeros(width, 32),
        "blk.0.attn_q_norm.weight": ones(32),
        "blk.0.attn_k_norm.weight": ones(32),
        "blk.0.ffn_norm.weight": ones(width),
        "blk.0.ffn_gate.weight": zeros(32, width),
        "blk.0.ffn_up.weight": zeros(32, width),
        "blk.0.ffn_down.weight": zeros(width, 32),
    }
