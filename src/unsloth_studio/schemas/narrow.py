"""Schemas for a second try: constraints that no grammar can hold become ones that it can, at the price of some values.

The rule: whatever fits the narrowed schema fits the given one. Integers are numbers, some values of an enum are values of
it, an object without further keys has none that are wrong. And nothing may become much longer than it was: a weak model
that is told of a mistake likes to go on until its limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, cast

import orjson

from unsloth_studio.schemas.shapes import WIDEST, least_and_most
from unsloth_studio.schemas.values import MAX_VALUES, MAX_VALUES_TEXT
from unsloth_studio.schemas.words import EITHER, NUMBER_BOUNDS, is_number, type_names

Json = Mapping[str, Any]

_ENDLESS = re.compile(r"\d[eE]\+?\d{3}")
"""An exponent that no reader of JSON takes for a number."""
_SHAPED = frozenset({"maxLength", "minLength", "pattern", "enum", "const"})
_FORMATS = ("date", "time", "date-time", "uuid")  # the compiler writes these, and takes others for any text
_SHORT = 64  # characters
_SHORT_LIST = 4  # items
_FEW = 64  # values of a huge enum
_COMPARED = 4096  # values that are compared at all
_STEPS = 8  # between the bounds of a fraction


def narrowed(flat: Json, written: str) -> dict[str, Any]:
    """`flat`, one schema without references and unions, narrowed where the lowering would lose something."""
    words: dict[str, Any] = dict(flat)
    values = flat.get("enum")
    if isinstance(values, list):
        plain = cast("list[Any]", values)
        if len(plain) > MAX_VALUES or len(orjson.dumps(plain, default=str)) > MAX_VALUES_TEXT:
            words["enum"] = _nearest(plain, written)
    names = type_names(flat.get("type"))
    bounded = any(is_number(flat.get(word)) for word in NUMBER_BOUNDS)
    if "number" in names and (bounded or _ENDLESS.search(written)):
        words |= _whole_or_steps(flat, names)
    elif "integer" in names and isinstance(low := flat.get("minimum"), int | float) and low > WIDEST:
        words["enum"] = [low]
    if "object" in names and flat.get("properties"):
        words["additionalProperties"] = False
    elif isinstance(flat.get("patternProperties"), Mapping) and flat.get("additionalProperties") in (None, False):
        del words["patternProperties"]
        words |= {"properties": flat.get("properties", {}), "additionalProperties": False}
    if "string" in names and not _SHAPED & flat.keys() and flat.get("format") not in _FORMATS:
        words["maxLength"] = max(_SHORT, 2 * len(written))
    if "array" in names and "maxItems" not in flat:
        words["maxItems"] = max(_SHORT_LIST, 2 * written.count(","), _whole(flat.get("minItems")))
    return words


def conditions(part: Json) -> list[Any]:
    """What `part` asks for under conditions, to be asked for always: a value that meets both `then` and `else`, and has
    whatever something else would need beside it, fits whichever holds."""
    found = [part[key] for key in EITHER if isinstance(part.get(key), Mapping)]
    needs = part.get("dependentRequired", part.get("dependencies"))
    if isinstance(needs, Mapping):
        lists = cast("Mapping[str, Any]", needs).values()
        found += [{"required": one} for one in lists if isinstance(one, list)]
    return found


def _whole(value: Any) -> int:
    return int(value) if is_number(value) else 0


def _nearest(values: list[Any], written: str) -> list[Any]:
    texts = [value for value in values[:_COMPARED] if isinstance(value, str)]
    ranked = sorted(texts, key=lambda text: SequenceMatcher(None, text, written).quick_ratio(), reverse=True)
    return ranked[:_FEW] or values[:_FEW]


def _whole_or_steps(flat: Json, names: tuple[str, ...]) -> dict[str, Any]:
    """The type `integer`; between bounds that hold no whole number, a few values in even steps."""
    least, most = least_and_most(flat)
    low, high = flat.get("minimum"), flat.get("maximum")
    if (least is None or most is None or least <= most) and not is_number(flat.get("multipleOf")):
        return {"type": ["integer" if name == "number" else name for name in names]}
    if not isinstance(low, float | int) or not isinstance(high, float | int) or low >= high or "multipleOf" in flat:
        return {}
    return {"enum": [low + (high - low) * step / _STEPS for step in range(1, _STEPS)]}
