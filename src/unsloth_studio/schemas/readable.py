"""A schema in words of one draft (2020-12), for the check after generation: older forms are translated, what has the wrong
form, leads nowhere or cannot be run in time is left out. The rule: nothing is made stricter than its author wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from unsloth_studio.schemas.patterns import checked_length
from unsloth_studio.schemas.places import Places
from unsloth_studio.schemas.words import TYPES, type_names

Json = Mapping[str, Any]
Words = dict[str, Any]

_MAX_DEPTH = 120
_SCHEMA = frozenset(
    {"additionalProperties", "items", "contains", "propertyNames", "not", "if", "then", "else", "unevaluatedProperties"}
    | {"unevaluatedItems"}
)
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})


def readable(root: Any) -> Any:
    """A copy of `root` that the checker can work with."""
    return _schema(root, Places(root), 0)


def _schema(raw: Any, places: Places, depth: int) -> Any:
    if not isinstance(raw, Mapping):
        return raw if isinstance(raw, bool) else True
    if depth > _MAX_DEPTH:
        return True
    part = cast("Json", raw)
    words: Words = {}
    for key, value in part.items():
        kept = _word(key, value, places, depth + 1)
        if kept is not None:
            words[key] = kept
    if "const" in part:
        words["const"] = part["const"]
    _older_forms(part, words, places, depth + 1)
    _closed_for_siblings(part, words)
    return _or_null(words) if part.get("nullable") is True else words


def _word(key: str, value: Any, places: Places, depth: int) -> Any:
    """The value of one word; None leaves it out."""
    if key in _SCHEMA and isinstance(value, Mapping | bool):
        return _schema(value, places, depth)
    if key in _LISTS and isinstance(value, list) and value:
        return [_schema(one, places, depth) for one in cast("list[Any]", value)]
    if key in _MAPS and isinstance(value, Mapping):
        return {name: _schema(one, places, depth) for name, one in cast("Json", value).items()}
    if key == "patternProperties" and isinstance(value, Mapping):
        known = {name: one for name, one in cast("Json", value).items() if checked_length(name) > 0}
        return {name: _schema(one, places, depth) for name, one in known.items()}
    if key == "$ref":
        return value if _leads(value, places) else None
    if key == "type":
        return _types(value)
    if key == "required":
        return _names(value)
    if key == "enum":
        return value if isinstance(value, list) and value else None
    if key == "pattern":
        return value if isinstance(value, str) and checked_length(value) > 0 else None
    if key in _COUNTS:
        return value if _number(value) and value >= 0 else None
    if key in _NUMBERS:
        return value if _number(value) and (key != "multipleOf" or value > 0) else None
    return value if key == "uniqueItems" and isinstance(value, bool) else None


def _types(value: Any) -> Any:
    names = type_names(value)
    named = set(names) | ({"integer"} if "number" in names else set[str]())
    return list(names) if names and named <= set(TYPES) else None


def _names(value: Any) -> Any:
    return [n for n in cast("list[Any]", value) if isinstance(n, str)] if isinstance(value, list) else None


def _leads(reference: Any, places: Places) -> bool:
    """Only references to the document itself, by a pointer: names would need the words that give them."""
    return isinstance(reference, str) and reference[:2] in ("#", "#/") and places.find(reference) is not None


def _older_forms(part: Json, words: Words, places: Places, depth: int) -> None:
    items = part.get("items")
    if isinstance(items, list) and items:
        words["prefixItems"] = [_schema(one, places, depth) for one in cast("list[Any]", items)]
        if isinstance(rest := part.get("additionalItems"), Mapping | bool):
            words["items"] = _schema(rest, places, depth)
    for bound, beyond in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if part.get(beyond) is True and bound in words:
            words[beyond] = words.pop(bound)


def _closed_for_siblings(part: Json, words: Words) -> None:
    """`additionalProperties: false` beside a reference and without properties: older drafts ignore it."""
    if words.get("additionalProperties") is False and not words.get("properties") and {"$ref", "allOf"} & part.keys():
        del words["additionalProperties"]


def _or_null(words: Words) -> Words:
    return {"anyOf": [words, {"type": "null"}]}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0
