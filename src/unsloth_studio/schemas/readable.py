"""A schema in the words of one draft (2020-12), for the check after generation.

The rule: nothing becomes stricter than its author wrote it. Older forms are translated; what has the wrong form, leads
nowhere or cannot be run in time is left out, and with it the negation or condition in which it stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from unsloth_studio.schemas.patterns import checked_length
from unsloth_studio.schemas.places import Places
from unsloth_studio.schemas.values import is_one
from unsloth_studio.schemas.words import type_names

Json = Mapping[str, Any]
Words = dict[str, Any]

_MAX_DEPTH = 120
_LINEAR = 1000  # characters that a pattern for names, or in a negation, must be able to match
_SCHEMAS = frozenset({"additionalProperties", "items", "contains", "propertyNames"})
_LISTS = frozenset({"allOf", "anyOf", "prefixItems"})
_MAPS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("minProperties", "maxProperties"),
)
_ABOUT = frozenset({"title", "description", "default", "examples", "format", "deprecated", "readOnly", "writeOnly"})
_HERE = frozenset({"const", "not", "if", "then", "else", "oneOf", "patternProperties", "nullable", "additionalItems"})


def readable(root: Any) -> Any:
    """A copy of `root` that the checker can work with."""
    return _Reading(Places(root)).schema(root, 0)


class _Reading:
    """`lost` is set when something was left out: it can no longer be negated. `strict` is more than 0 in negations."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._strict = 0
        self.lost = False

    def schema(self, raw: Any, depth: int) -> Any:
        if not isinstance(raw, Mapping):
            self.lost = self.lost or not isinstance(raw, bool)
            return raw if isinstance(raw, bool) else True
        if depth > _MAX_DEPTH:
            self.lost = True
            return True
        part = cast("Json", raw)
        words: Words = {}
        for key, value in part.items():
            kept = self._word(key, value, depth + 1)
            if kept is not None:
                words[key] = kept
            elif key not in _ABOUT and key not in _HERE and not key.startswith(("$", "x-")):
                self.lost = True
        if "const" in part:
            words["const"] = part["const"]
        self._older_forms(part, words, depth + 1)
        _without_contradictions(words)
        self._conditions(part, words, depth + 1)
        self._names_by_pattern(part, words, depth + 1)
        return {"anyOf": [words, {"type": "null"}]} if part.get("nullable") is True else words

    def _word(self, key: str, value: Any, depth: int) -> Any:
        """The value of one word; None leaves it out."""
        if key in _SCHEMAS and isinstance(value, Mapping | bool):
            return self.schema(value, depth)
        if key in _LISTS and isinstance(value, list) and value:
            return self._each(cast("list[Any]", value), depth)
        if key in _MAPS and isinstance(value, Mapping):
            return {name: self.schema(one, depth) for name, one in cast("Json", value).items()}
        if key == "$ref":
            return self._reference(value)
        if key == "type":
            return list(type_names(value)) or None
        if key == "required" and isinstance(value, list):
            return [name for name in cast("list[Any]", value) if isinstance(name, str)]
        if key == "enum" and isinstance(value, list):
            return cast("list[Any]", value) or None
        if key == "pattern" and isinstance(value, str):
            return value if checked_length(value) >= (_LINEAR if self._strict else 1) else None
        if (key in _COUNTS or key in _NUMBERS) and _number(value := cast("object", value)):
            return value if _in_reach(key, cast("float", value)) else None
        return value if key == "uniqueItems" and isinstance(value, bool) else None

    def _each(self, values: list[Any], depth: int) -> list[Any]:
        return [self.schema(one, depth) for one in values]

    def _reference(self, value: Any) -> Any:
        """Only pointers into the document itself: names would need the words that give them, and nothing is fetched."""
        if isinstance(value, str) and (value == "#" or value.startswith("#/")) and self._places.find(value) is not None:
            self.lost = self.lost or self._strict > 0  # what it leads to may lose something later
            return value
        self.lost = True
        return None

    def _whole(self, raw: Any, depth: int) -> Any:
        """A schema to be negated: None when something in it was left out."""
        before, self.lost = self.lost, False
        self._strict += 1
        kept = self.schema(raw, depth)
        self._strict -= 1
        lost, self.lost = self.lost, self.lost or before
        return None if lost else kept

    def _conditions(self, part: Json, words: Words, depth: int) -> None:
        if "not" in part and (kept := self._whole(part["not"], depth)) is not None:
            words["not"] = kept
        if "if" in part and (kept := self._whole(part["if"], depth)) is not None:
            words |= {"if": kept, **{key: self.schema(part[key], depth) for key in ("then", "else") if key in part}}
        if isinstance(ways := part.get("oneOf"), list) and ways:
            exact = [self._whole(way, depth) for way in cast("list[Any]", ways)]
            if None not in exact:
                words["oneOf"] = exact
            else:  # one of them at least: more cannot be said
                either = {"anyOf": self._each(cast("list[Any]", ways), depth)}
                words["allOf"] = [*words.get("allOf", []), either]

    def _names_by_pattern(self, part: Json, words: Words, depth: int) -> None:
        """A pattern that is left out must not turn its names into additional ones."""
        given = part.get("patternProperties")
        patterned: Json = cast("Json", given) if isinstance(given, Mapping) else {}
        kept = {name: one for name, one in patterned.items() if checked_length(name) >= _LINEAR}
        if kept:
            words["patternProperties"] = {name: self.schema(one, depth) for name, one in kept.items()}
        if len(kept) < len(patterned):
            words.pop("additionalProperties", None)
        elif (
            words.get("additionalProperties") is False
            and not words.get("properties")
            and {"$ref", "allOf"} & part.keys()
        ):
            del words["additionalProperties"]  # beside a reference older drafts ignore it, and lowering does

    def _older_forms(self, part: Json, words: Words, depth: int) -> None:
        items = part.get("items")
        if isinstance(items, list) and items:
            words["prefixItems"] = self._each(cast("list[Any]", items), depth)
            if isinstance(rest := part.get("additionalItems"), Mapping | bool):
                words["items"] = self.schema(rest, depth)
        for bound, beyond in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if part.get(beyond) is True and bound in words:
                words[beyond] = words.pop(bound)


def _without_contradictions(words: Words) -> None:
    """What no value can satisfy is not worth a complaint."""
    for low, high in _PAIRS:
        if low in words and high in words and words[low] > words[high]:
            del words[low], words[high]
    if "enum" in words and "type" in words and not any(is_one(value, tuple(words["type"])) for value in words["enum"]):
        del words["type"]


def _in_reach(key: str, value: float) -> bool:
    return value > 0 if key == "multipleOf" else value >= 0 or key in _NUMBERS


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0
