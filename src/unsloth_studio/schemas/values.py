"""Fixed values in schemas: `enum`, `const`, defaults and examples, and which of them can be handed on.

The rule: a value with `$ref` or `$defs` in it, or a number beyond the engine's, stops the whole request: it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import orjson

from unsloth_studio.schemas.words import is_number, type_names

Json = Mapping[str, Any]

MAX_VALUES = 512
MAX_VALUES_TEXT = 16 * 1024  # bytes of JSON
_MAX_DEPTH = 24
_POISON = frozenset({"$ref", "$defs"})


def printable(value: Any, depth: int = 0) -> bool:
    """Whether the engine reads `value` as plain data."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        part = cast("Json", value)
        return not _POISON & part.keys() and all(printable(inner, depth + 1) for inner in part.values())
    if isinstance(value, list):
        return all(printable(inner, depth + 1) for inner in cast("list[Any]", value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return is_number(value) and math.isfinite(value)
    return True


def kept_enum(flat: Json) -> dict[str, Any]:
    """`const` or `enum` as far as the type allows its values; neither when nothing or too much is left."""
    if "const" in flat and printable(flat["const"]):
        return {"const": flat["const"]}
    values = flat.get("enum")
    if not isinstance(values, list):
        return {}
    names = type_names(flat.get("type"))
    whole = [value for value in cast("list[Any]", values) if printable(value)]
    fitting = [value for value in whole if not names or is_one(value, names)] or whole
    if flat.get("nullable") is True and fitting and None not in fitting:
        fitting = [*fitting, None]
    if not fitting or len(fitting) > MAX_VALUES or len(orjson.dumps(fitting)) > MAX_VALUES_TEXT:
        return {}
    return _for_templates(fitting)


def _for_templates(values: list[Any]) -> dict[str, Any]:
    """Chat templates join the values of an `enum` as text; null, booleans, lists and objects stand apart."""
    plain = [value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)]
    apart = [value for value in values if not isinstance(value, str | int | float) or isinstance(value, bool)]
    other: list[dict[str, Any]] = []
    for value in apart:
        way = {"type": "null"} if value is None else {"const": value}
        if not any(orjson.dumps(way) == orjson.dumps(known) for known in other):
            other.append(way)
    if not other:
        return {"enum": plain}
    ways = [*([{"enum": plain}] if plain else []), *other]
    return {"anyOf": ways} if len(ways) > 1 else ways[0]


def is_one(value: Any, names: tuple[str, ...]) -> bool:
    """Whether `value` has one of the types."""
    match value:
        case None:
            return "null" in names
        case bool():
            return "boolean" in names
        case int():
            return "integer" in names or "number" in names
        case float():
            return "number" in names or ("integer" in names and value.is_integer())
        case str():
            return "string" in names
        case list():
            return "array" in names
        case _:
            return "object" in names
