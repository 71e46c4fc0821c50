"""Which GGUF files belong together, and at which quantization: read from names and sizes alone.

The rule: one variant is one loadable model, however many shards it comes in; what is no main weights (projectors, draft
models, importance matrices, big-endian files) is never in a variant. Pure: works on a repository's listing and a folder's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

FileRole = Literal["weights", "projector", "draft", "imatrix", "other"]

_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4",
    40: "Q1_0", 41: "Q2_0",
}  # fmt: skip

_LABEL = re.compile(
    r"(?:UD[-_])?"  # Unsloth's dynamic quantizations
    r"(?:Q\d_(?:[01](?:_\d_\d)?|K(?:_(?:XXS|XS|S|M|L|XL|XXL|P))?)"
    r"|IQ\d_(?:XXXS|XXS|XS|S|M|L|XL|NL(?:_XL)?|K[STL]?|KSS)"
    r"|TQ\d_0|MXFP4(?:_MOE)?|NVFP4|BF16|FP?16|FP?32)",
    re.IGNORECASE,
)
_BOUNDED = re.compile(rf"(?:(?<=[-._/\s])|^)({_LABEL.pattern})(?=[-._\s]|$)", re.IGNORECASE)
_SHARD = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})$")
_PROJECTOR = re.compile(r"(?:^|[-._])mmproj(?:[-._]|$)", re.IGNORECASE)
_IMATRIX = re.compile(r"(?:^|[-._])imatrix(?:[-._]|$)", re.IGNORECASE)
_DRAFT = re.compile(r"^(?:mtp|dspark|dflash)-", re.IGNORECASE)
_BIG_ENDIAN = re.compile(rf"-be(?:[-.](?:{_LABEL.pattern}))?$", re.IGNORECASE)
_PROJECTOR_ORDER = ("F16", "BF16", "F32", "Q8_0")


class Shard(Struct, frozen=True):
    """One file of a split model, from llama.cpp's naming `<stem>-00001-of-00003.gguf`."""

    stem: str
    number: int
    count: int


class Variant(Struct, frozen=True):
    """One loadable model. `files` are the paths it was made from, shards in order; `size_bytes` is the sum of those there.

    `complete` is False when shards are missing. `label` is unique within its listing, in capitals, for example
    `UD-Q4_K_XL`; a file whose name says no quantization is labelled by its stem.
    """

    label: str
    files: tuple[str, ...]
    size_bytes: int
    complete: bool


def file_type_name(number: int) -> str | None:
    """llama.cpp's `llama_ftype` (include/llama.h; the values 4-6 and 33-35 were removed) as a label, None if unknown.

    Bit 10 (1024) says that llama.cpp guessed it; the rest is the same.
    """
    return _FILE_TYPES.get(number & ~1024)


def label_of(path: str) -> str | None:
    """The quantization in a file's name, else in the name of the nearest folder that has one (`BF16/model.gguf`)."""
    *folders, name = re.split(r"[\\/]", path)
    for part in (_stem(name), *reversed(folders)):
        if found := _BOUNDED.findall(part):
            label = found[-1].upper().replace("UD_", "UD-")
            return {"FP16": "F16", "FP32": "F32"}.get(label, label)
    return None


def shard_of(path: str) -> Shard | None:
    """Which shard of a split model `path` is, by its name; None for a file that is whole."""
    split = _SHARD.match(_stem(_name(path)))
    return Shard(split["stem"], int(split["number"]), int(split["count"])) if split else None


def shard_paths(path: str) -> tuple[str, ...]:
    """All shards of the model that `path` (any of its shards) belongs to, the first one first; `path` alone if whole.

    The engine is given the first and finds the others beside it.
    """
    shard = shard_of(path)
    if shard is None:
        return (path,)
    name = _name(path)
    folder, suffix = path[: len(path) - len(name)], name[len(_stem(name)) :]
    return tuple(f"{folder}{shard.stem}-{n:05d}-of-{shard.count:05d}{suffix}" for n in range(1, shard.count + 1))


def role_of(path: str) -> FileRole:
    """What a file is for. `other` is everything that is no GGUF, and big-endian GGUF, which no engine here can read."""
    name = _name(path)
    stem = _stem(name)
    if _IMATRIX.search(stem):
        return "imatrix"
    if stem == name:
        return "other"
    if _PROJECTOR.search(stem):
        return "projector"
    if _DRAFT.match(stem):
        return "draft"
    shard = _SHARD.match(stem)
    return "other" if _BIG_ENDIAN.search(shard["stem"] if shard else stem) else "weights"


def group_variants(sizes: Mapping[str, int]) -> tuple[Variant, ...]:
    """The variants among the files of a repository or folder (path -> bytes), complete ones first, then largest first."""
    groups: dict[tuple[str, int], list[str]] = {}
    for path in sorted(sizes):
        if role_of(path) == "weights":
            groups.setdefault(_group(path), []).append(path)
    variants: dict[str, Variant] = {}
    for stem, count in sorted(groups, key=lambda key: (len(key[0]), key)):  # the plainest keeps a label that two claim
        files = groups[stem, count]
        wanted = (label_of(files[0]) or _name(stem), stem, f"{stem}-of-{count:05d}")
        label = next(name for name in wanted if name not in variants)
        variants[label] = Variant(label, tuple(files), sum(sizes[f] for f in files), _is_complete(files))
    return tuple(sorted(variants.values(), key=lambda v: (not v.complete, -v.size_bytes, v.label)))


def choose_projector(paths: Iterable[str]) -> str | None:
    """The vision projector to load with a model: F16, then BF16, F32, Q8_0, then any; None when there is none.

    F16 is as good as the others for images and every backend computes it.
    """

    def rank(path: str) -> tuple[int, int, str]:
        label = label_of(path)
        order = _PROJECTOR_ORDER.index(label) if label in _PROJECTOR_ORDER else len(_PROJECTOR_ORDER)
        return order, len(path), path

    return min((path for path in paths if role_of(path) == "projector"), key=rank, default=None)


def _is_complete(files: list[str]) -> bool:
    shards = [shard for path in files if (shard := shard_of(path))]
    return not shards or {shard.number for shard in shards} == set(range(1, shards[0].count + 1))


def _group(path: str) -> tuple[str, int]:
    shard, name = shard_of(path), _name(path)
    folder = path[: len(path) - len(name)]
    return (folder + shard.stem, shard.count) if shard else (folder + _stem(name), 1)


def _name(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def _stem(name: str) -> str:
    return name[:-5] if name.lower().endswith(".gguf") else name
