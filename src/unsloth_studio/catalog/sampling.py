"""Which sampling settings hold for a request, and why: one answer per field.

The rule: the first source that names a usable value wins, field by field: the operator's pin, the request, the user's
flags, the GGUF file's metadata, the family's row in `sampling.toml`, the engine's default. Pure, but for reading the table.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.turn.messages import SamplingParams

Source = Literal["pin", "request", "flag", "metadata", "family", "engine"]

FIELDS = (
    "temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty", "seed",
)  # fmt: skip

_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 1e6),
    "top_p": (0, 1),
    "top_k": (-1, 1_000_000),
    "min_p": (0, 1),
    "repeat_penalty": (0, 1e6),
    "presence_penalty": (-100, 100),
    "frequency_penalty": (-100, 100),
    "seed": (-(2**63), 2**63 - 1),
}
"""What the dialects accept in a request (`dialects/body.py`), so that nothing accepted there is dropped here."""

_WHOLE = frozenset({"top_k", "seed"})

ENGINE_DEFAULTS = SamplingParams(
    temperature=0.8, top_p=0.95, top_k=40, min_p=0.05, repeat_penalty=1.0, presence_penalty=0.0, frequency_penalty=0.0
)
"""llama.cpp b11434, tools/server/README.md, sampling params; its seed is random. Shown to people, never sent."""


class Family(Struct, frozen=True):
    """One row of the table; `source` is the page its numbers come from. See `sampling.toml`."""

    name: str
    match: tuple[str, ...]
    source: str
    values: Mapping[str, float]
    thinking: Mapping[str, float]
    instruct: Mapping[str, float]
    tools: Mapping[str, float]
    note: str = ""
    checked: bool = True

    def recommended(self, *, thinking: bool, tools: bool) -> SamplingParams:
        mode = self.thinking if thinking else self.instruct
        chosen: dict[str, Any] = {**self.values, **mode, **(self.tools if tools else {})}
        return SamplingParams(**chosen)


class Setting(Struct, frozen=True):
    """One field: what holds (None: the engine's own, unknown here), whose word it is, and a sentence that says why."""

    field: str
    value: float | int | None
    source: Source
    reason: str


class Resolved(Struct, frozen=True):
    """`params` is what to send: fields that the engine decides stay None; stop sequences and biases are the request's."""

    params: SamplingParams
    settings: tuple[Setting, ...]


@cache
def families() -> tuple[Family, ...]:
    """All rows of the table. Raises `ValueError` when it is broken (a test reads it)."""
    text = Path(__file__).with_name("sampling.toml").read_text(encoding="utf-8")
    return tuple(_family(row) for row in tomllib.loads(text)["family"])


def family_of(name: str, rows: Sequence[Family] | None = None) -> Family | None:
    """The family of a model by its name or repository: the longest `match` that is part of it."""
    plain = re.sub(r"[_\s]+", "-", re.split(r"[\\/]", name.rstrip("/\\"))[-1].lower())
    rows = families() if rows is None else rows
    found = [(len(match), row) for row in rows for match in row.match if _occurs(match, plain)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _occurs(match: str, name: str) -> bool:
    end = r"(?!\d|b(?:[^a-z]|$))" if match[-1].isdigit() else ""
    return re.search(re.escape(match) + end, name) is not None


def resolve(
    fields: Sequence[str] = FIELDS,
    *,
    pins: SamplingParams | None = None,
    request: SamplingParams | None = None,
    flags: SamplingParams | None = None,
    metadata: SamplingParams | None = None,
    family: Family | None = None,
    thinking: bool = False,
    tools: bool = False,
) -> Resolved:
    """Settle `fields`. `thinking` says whether the model will think in this turn, `tools` whether tools are offered.

    A value that is not finite or out of range is passed over, and the reason says so.
    """
    nothing = SamplingParams()
    request = request or nothing
    row = family.recommended(thinking=thinking, tools=tools) if family else nothing
    sources: tuple[tuple[Source, SamplingParams, str], ...] = (
        ("pin", pins or nothing, "pinned by the operator"),
        ("request", request, "asked for in the request"),
        ("flag", flags or nothing, "set by a flag of this server"),
        ("metadata", metadata or nothing, "recommended by the model file (general.sampling)"),
        ("family", row, _family_reason(family, thinking=thinking, tools=tools)),
    )
    settings = tuple(_settle(field, sources) for field in fields)
    sent: dict[str, Any] = {s.field: s.value for s in settings if s.source != "engine"}
    kept = replace(nothing, stop=request.stop, logit_bias=request.logit_bias)
    return Resolved(replace(kept, **sent), settings)


def _settle(field: str, sources: Sequence[tuple[Source, SamplingParams, str]]) -> Setting:
    passed_over: list[str] = []
    for source, params, reason in sources:
        value: object = getattr(params, field)
        if value is None:
            continue
        usable, fault = _usable(field, value)
        if usable is not None:
            return Setting(field, usable, source, "; ".join([reason, *passed_over]))
        passed_over.append(f"passed over {value!r} ({reason}): {fault}")
    default: float | None = getattr(ENGINE_DEFAULTS, field)
    return Setting(field, default, "engine", "; ".join(["the engine's default", *passed_over]))


def _usable(field: str, value: object) -> tuple[float | int | None, str]:
    """The value if it can be sent, else what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, "not a number"
    if isinstance(value, float) and not math.isfinite(value):
        return None, "not a finite number"
    if field in _WHOLE:
        if value != int(value):
            return None, "not a whole number"
        value = int(value)
    low, high = _RANGES[field]
    return (value, "") if low <= value <= high else (None, f"not between {low:g} and {high:g}")


def _family_reason(family: Family | None, *, thinking: bool, tools: bool) -> str:
    if family is None:
        return ""
    modes = [("with thinking" if thinking else "without thinking")] if family.thinking or family.instruct else []
    modes += ["with tools"] if tools and family.tools else []
    return f"recommended for {family.name}{' ' + ' and '.join(modes) if modes else ''}: {family.source}"


def _family(row: Mapping[str, Any]) -> Family:
    unknown = [
        key for part in ("values", "thinking", "instruct", "tools") for key in row.get(part, {}) if key not in FIELDS
    ]
    if unknown or not row["match"] or not row["source"]:
        raise ValueError(f"sampling.toml, {row['name']}: a row needs a match and a source, and no field {unknown}")
    return Family(
        name=row["name"],
        match=tuple(row["match"]),
        source=row["source"],
        values=row.get("values", {}),
        thinking=row.get("thinking", {}),
        instruct=row.get("instruct", {}),
        tools=row.get("tools", {}),
        note=row.get("note", ""),
        checked=row.get("checked", True),
    )
