"""Scalars written as another type: `"5"` for 5, `"false"` for false.

The rule: a word stands for a value only when it is that value's own spelling. `"yes"` is no boolean, `1` is none
either, and no truth is taken from a string not being empty.
"""

from __future__ import annotations

import math
from typing import Any, Final

from unsloth_studio.patterns import pattern

_NUMERIC = pattern(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DIGITS = 300
_BOOLEANS = {"true": True, "false": False}
UNCHANGED: Final = object()
"""No scalar of the wanted type is meant."""


def alike(left: Any, right: Any) -> bool:
    return left == right and (left is True or left is False) == (right is True or right is False)


def json_word(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return str(value) if isinstance(value, int | float) else ""


def as_scalar(value: Any, kind: str) -> Any:
    """The one scalar of a type that a value stands for."""
    if isinstance(value, str):
        return _from_word(value.strip(), kind)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "string" and isinstance(value, int | float):
        return json_word(value)
    return UNCHANGED


def _from_word(word: str, kind: str) -> Any:
    if kind == "boolean":
        return _BOOLEANS.get(word.lower(), UNCHANGED)
    if kind == "null":
        return None if word in ("null", "None", "NULL") else UNCHANGED
    if kind not in ("integer", "number") or len(word) > _DIGITS or not _NUMERIC.fullmatch(word):
        return UNCHANGED
    if word.lstrip("+-").isdecimal():
        return int(word)
    number = float(word)
    if not math.isfinite(number) or (kind == "integer" and not number.is_integer()):
        return UNCHANGED
    return int(number) if kind == "integer" else number
