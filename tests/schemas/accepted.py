"""What the engine's grammar compiler takes, as a predicate: the places of a schema at which it would stop or go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from unsloth_studio.schemas.patterns import engine_pattern
from unsloth_studio.schemas.words import DROPPED, TYPES

Json = dict[str, Any]


def complaints(schema: Any, place: str = "#") -> list[str]:
    """Nothing, for a schema that compiles to what it says."""
    return list(_complaints(schema, place))


def _complaints(schema: Any, place: str) -> Iterator[str]:
    if not isinstance(schema, dict) or (not schema and place != "#"):
        yield f"{place}: {schema!r} is no schema to the compiler"
        return
    part = cast("Json", schema)
    for word in DROPPED - {"anyOf", "oneOf"} & part.keys():
        if word in part:
            yield f"{place}: {word}"
    yield from _type(part, place)
    yield from _values(part, place)
    yield from _bounds(part, place)
    yield from _children(part, place)


def _type(part: Json, place: str) -> Iterator[str]:
    given = part.get("type", "object")
    names = cast("list[Any]", given if isinstance(given, list) else [given])
    if not names or any(name not in TYPES for name in names):
        yield f"{place}: type {given!r}"


def _values(part: Json, place: str) -> Iterator[str]:
    if "enum" in part:
        values = part["enum"]
        plain = isinstance(values, list) and all(
            isinstance(one, str | int | float) and not isinstance(one, bool) for one in cast("list[Any]", values)
        )
        if not values or not plain:
            yield f"{place}: enum {values!r}"
    for word in ("title", "description", "format"):
        if word in part and not isinstance(part[word], str):
            yield f"{place}: {word} {part[word]!r}"
    pattern = part.get("pattern")
    if pattern is not None and (not isinstance(pattern, str) or engine_pattern(pattern) != pattern):
        yield f"{place}: pattern {pattern!r}"


def _bounds(part: Json, place: str) -> Iterator[str]:
    for word in ("minLength", "maxLength", "minItems", "maxItems"):
        if word in part and not (isinstance(part[word], int) and 0 <= part[word] <= 1024):
            yield f"{place}: {word} {part[word]!r}"
    types = part.get("type")
    if types == "integer" or (isinstance(types, list) and "integer" in types):
        low, high = part.get("minimum"), part.get("maximum")
        if any(word in part for word in ("exclusiveMinimum", "exclusiveMaximum")):
            yield f"{place}: exclusive bound"
        if any(bound is not None and (not isinstance(bound, int) or abs(bound) >= 10**15) for bound in (low, high)):
            yield f"{place}: bounds {low!r} {high!r}"
        elif low is not None and high is not None and low > high:
            yield f"{place}: {low} > {high}"
        elif (high is None and (low or 0) >= 100) or (low is None and (high or 0) < 0):
            yield f"{place}: a lone bound that is compiled wrongly"


def _children(part: Json, place: str) -> Iterator[str]:
    for name, inner in part.get("properties", {}).items():
        if name in ("$ref", "$defs"):
            yield f"{place}: a property called {name}"
        yield from _complaints(inner, f"{place}/properties/{name}")
    for word in ("anyOf", "oneOf", "prefixItems"):
        if word in part:
            if not part[word]:
                yield f"{place}: {word} is empty"
            for number, inner in enumerate(part[word]):
                yield from _complaints(inner, f"{place}/{word}/{number}")
    items, rest = part.get("items"), part.get("additionalProperties")
    for number, inner in enumerate(cast("list[Any]", items) if isinstance(items, list) else [items]):
        if inner is not None:
            yield from _complaints(inner, f"{place}/items/{number}")
    if rest is not None and not isinstance(rest, bool):
        yield from _complaints(rest, f"{place}/additionalProperties")
