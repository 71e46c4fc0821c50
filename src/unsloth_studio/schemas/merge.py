"""Several schemas that hold at once, as one: `allOf`, and what stands beside a `$ref` or around an `anyOf`.

The rule: parts are combined, not judged: children that meet become an `allOf` of the two, merged when they are reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from unsloth_studio.schemas.words import is_number, type_names

Json = Mapping[str, Any]

_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_BOTH = ("items", "additionalProperties")
_MAPS = ("properties", "patternProperties")


def merged(first: Json, second: Json) -> dict[str, Any]:
    """Both at once. Where they cannot be combined (two patterns, two descriptions), the first stays."""
    result = dict(first)
    for key, value in second.items():
        if key not in result or result[key] is None:
            result[key] = value
        elif value is not None and result[key] != value:
            result[key] = _both(key, result[key], value)
    return _closed(result, first, second)


def _both(key: str, first: Any, second: Any) -> Any:
    if key in _LARGER or key in _SMALLER:
        return _bound(key, first, second)
    if key in _MAPS and isinstance(first, Mapping) and isinstance(second, Mapping):
        return _maps(cast("Json", first), cast("Json", second))
    if key in _BOTH:
        return _children(cast("object", first), cast("object", second))
    if key == "required" and isinstance(first, list) and isinstance(second, list):
        return _joined(cast("list[Any]", first), cast("list[Any]", second))
    if key == "enum" and isinstance(first, list) and isinstance(second, list):
        return _common(cast("list[Any]", first), cast("list[Any]", second))
    return _types(first, second) if key == "type" else cast("Any", first)


def _bound(key: str, first: Any, second: Any) -> Any:
    if not is_number(second) or not is_number(first):
        return first if is_number(first) else second
    return max(first, second) if key in _LARGER else min(first, second)


def _maps(first: Json, second: Json) -> dict[str, Any]:
    shared = {name: _children(schema, second[name]) if name in second else schema for name, schema in first.items()}
    return shared | {name: schema for name, schema in second.items() if name not in first}


def _children(first: object, second: object) -> object:
    if first is False or second is False:
        return False
    if first in (True, {}, second):
        return second
    return first if second in (True, {}) else {"allOf": [first, second]}


def _common(first: list[Any], second: list[Any]) -> list[Any]:
    return [value for value in first if value in second] or first


def _joined(first: list[Any], second: list[Any]) -> list[Any]:
    return first + [name for name in second if name not in first]


def _types(first: Any, second: Any) -> Any:
    ours, theirs = type_names(first), type_names(second)
    if not ours or not theirs:
        return first if ours else second
    wide = {*theirs, "integer"} if "number" in theirs else {*theirs}
    common = [name for name in ours if name in wide]
    if "number" in ours and "integer" in theirs:
        common.append("integer")
    return first if not common else common[0] if len(common) == 1 else common


def _closed(result: dict[str, Any], first: Json, second: Json) -> dict[str, Any]:
    """A part that allows no further properties takes away what only the other part knows, unless it is required."""
    for ours, theirs in ((first, second), (second, first)):
        known, other = ours.get("properties"), theirs.get("properties")
        if ours.get("additionalProperties") is not False or not known or not isinstance(other, Mapping):
            continue
        names: Json = cast("Json", known) if isinstance(known, Mapping) else {}
        required = result.get("required")
        kept = cast("list[Any]", required) if isinstance(required, list) else []
        properties = cast("dict[str, Any]", result["properties"])
        result["properties"] = {name: part for name, part in properties.items() if name in names or name in kept}
    return result
