"""Which model a text means: a file, a repository of the hub, or a name that somebody gave to one.

The rule: what looks like a path is a path and is taken word for word; only what is left can carry a quantization after its
last colon. Pure: what lies on the disk is told by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from unsloth_studio.catalog.quantization import Variant, shard_of
from unsloth_studio.problem import OperatorProblem

PREFERENCE = (
    "UD-Q4_K_XL", "UD-Q4_K_L", "UD-Q5_K_XL", "UD-Q3_K_XL", "UD-Q6_K_XL", "UD-Q6_K_S", "UD-Q8_K_XL", "UD-Q2_K_XL",
    "UD-IQ4_NL", "UD-IQ4_XS", "UD-IQ3_S", "UD-IQ3_XXS", "UD-IQ2_M", "UD-IQ2_XXS", "UD-IQ1_M", "UD-IQ1_S",
    "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "Q3_K_M", "Q3_K_L", "Q3_K_S", "Q2_K", "Q2_K_L",
    "IQ4_NL", "IQ4_XS", "IQ3_M", "IQ3_XXS", "IQ2_M", "IQ1_M", "F16", "BF16", "F32",
)  # fmt: skip
"""Quantizations in the order in which one is taken when none is named."""

_PATH_START = re.compile(r"^(?:/|\.{1,2}(?:[/\\]|$)|~|\\\\|[A-Za-z]:)")
_HUB_HOST = re.compile(r"^(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)
_REPOSITORY = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*$", re.ASCII)
_NAME = re.compile(r"^[^\s/\\:][^/\\]*$")


class LocalPath(Struct, frozen=True):
    """A file or folder as it was written (`~` unexpanded); `variant` picks one of a folder's quantizations."""

    path: str
    variant: str | None = None


class HubModel(Struct, frozen=True):
    """`repo` is `organisation/repository`; `variant` a quantization as it was written, None to have one chosen."""

    repo: str
    variant: str | None = None


class Alias(Struct, frozen=True):
    """A name without a folder: an alias, or the last part of a model that is already here."""

    name: str
    variant: str | None = None


ModelReference = LocalPath | HubModel | Alias


class BadReference(OperatorProblem):
    """A model reference nobody can follow. The message is for the user; `exit_status` is what the command ends with."""

    exit_status = 2


class ReferenceMissing(BadReference):
    """No model was named."""


class ReferenceConflict(BadReference):
    """The quantization was named twice, differently."""

    exit_status = 1


class VariantChoice(Struct, frozen=True):
    """The variant to load, or None, and why. `too_big` are complete variants that were passed over."""

    variant: Variant | None
    reason: str
    too_big: tuple[Variant, ...] = ()


def parse_reference(
    text: str | None, *, variant: str | None = None, on_disk: Callable[[str], bool] = lambda _: False
) -> ModelReference:
    """Read what `--model` (or `-hf`) says; `variant` is what `--gguf-variant` says.

    `on_disk` answers whether a relative path exists: one that does wins over a repository of that name. Raises
    `ReferenceMissing` and `ReferenceConflict`.
    """
    text = (text or "").strip()
    variant = (variant or "").strip() or None
    if not text:
        raise ReferenceMissing(
            "No model was named. Give one with --model, for example --model unsloth/Qwen3-1.7B-GGUF:UD-Q4_K_XL."
        )
    if _PATH_START.match(text) or on_disk(text):
        return LocalPath(text, variant)
    text = _HUB_HOST.sub("", text)
    name, inline = _split(text)
    if inline and variant and inline.casefold() != variant.casefold():
        raise ReferenceConflict(
            f"Two quantizations were asked for: {inline} in '{text}' and {variant} by --gguf-variant. Name one of them."
        )
    chosen = inline or variant
    if name.lower().endswith(".gguf"):
        return LocalPath(name, chosen)
    if _REPOSITORY.match(name):
        return HubModel(name, chosen)
    return Alias(name, chosen) if _NAME.match(name) else LocalPath(text, variant)


def public_id(reference: ModelReference) -> str:
    """The name by which clients know a model: last part of the repository, stem of the GGUF file (without its shard
    number), or name of the folder; never a path. Give an absolute path: `.` has no name.
    """
    match reference:
        case Alias(name=name):
            return name
        case HubModel(repo=repo):
            return last_part(repo)
        case LocalPath(path=path):
            name = last_part(path)
            shard = shard_of(name)
            name = shard.stem if shard else re.sub(r"\.gguf$", "", name, flags=re.IGNORECASE)
            return name if name.strip(".~") else "local-model"


def preference(label: str | None) -> int:
    """The place of a quantization in `PREFERENCE`; unlisted ones share the place after the last."""
    upper = (label or "").upper()
    return PREFERENCE.index(upper) if upper in PREFERENCE else len(PREFERENCE)


def choose_variant(variants: Sequence[Variant], *, fits: Callable[[Variant], bool]) -> VariantChoice:
    """The first of `PREFERENCE` that is whole and fits this machine; failing that the largest other that does."""
    whole = sorted((v for v in variants if v.complete), key=lambda v: (preference(v.label), -v.size_bytes))
    if not whole:
        torn = ", ".join(v.label for v in variants)
        return VariantChoice(None, f"files are missing of {torn}" if torn else "there are no GGUF model files")
    too_big: list[Variant] = []
    for variant in whole:
        if fits(variant):
            place = "the first choice" if variant is whole[0] else "the first in the order of preference that fits"
            return VariantChoice(variant, f"{place} of {len(whole)}", tuple(too_big))
        too_big.append(variant)
    return VariantChoice(None, "none fits this machine", tuple(too_big))


def find_variant(asked: str, variants: Sequence[Variant]) -> Variant | None:
    """The variant of that label, without regard to case; `Q4_K_XL` also finds `UD-Q4_K_XL` when there is no plain one."""
    wanted = asked.casefold()
    by_label = {variant.label.casefold(): variant for variant in variants}
    return by_label.get(wanted) or by_label.get(f"ud-{wanted}")


def last_part(path: str) -> str:
    """What stands after the last slash or backslash."""
    return re.split(r"[\\/]", path.rstrip("/\\"))[-1]


def _split(text: str) -> tuple[str, str | None]:
    """Split at the last colon, unless that leaves nothing on one side or a slash on the right."""
    name, colon, variant = text.rpartition(":")
    name, variant = name.strip(), variant.strip()
    return (name, variant) if colon and name and variant and "/" not in variant else (text, None)
