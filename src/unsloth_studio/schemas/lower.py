"""Tool and answer schemas as the engine's grammar compiler takes them (llama.cpp's json-schema-to-grammar).

The rule: lowering never fails and loses only constraints, never properties or descriptions; what it loses is checked after
generation (`validate.py`). The same schema always gives the same bytes, in the same order, and a schema that needs no
lowering is returned as it came. References are always written out: the compiler knows no `#`, and mixes up the `$defs` of
two tools that use one name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, cast

import orjson

from unsloth_studio.schemas.merge import merged
from unsloth_studio.schemas.narrow import conditions, narrowed
from unsloth_studio.schemas.places import Places
from unsloth_studio.schemas.shapes import array_words, number_words, object_words, string_words
from unsloth_studio.schemas.values import kept_enum, printable
from unsloth_studio.schemas.words import COMPUTED, DROPPED, EITHER, FAMILIES, STRING, UNIONS, type_names

Json = Mapping[str, Any]
Words = dict[str, Any]

MAX_DEPTH = 64  # of schemas in schemas
MAX_PARTS = 4000  # schemas in one lowered schema
MAX_WAYS = 24  # of an anyOf that is written out with what stands around it
_UNROLLED = (1, 0)  # how often a reference is followed inside itself; the first that does not grow too much is taken
_GROWTH = (300, 3)  # parts that may be written: so many, or so many for each that was given
_CACHED = 512  # schemas; agents send the same forty tools with every turn

_NOTHING: Words = {}
_NEVER: Words = {"not": {}}
"""What a narrowed schema says where a reference is not followed further: no value there."""


def any_value() -> Words:
    """Any JSON value, in words that the compiler takes so: an empty schema is an object to it."""
    return {"description": "Any JSON value."}


def lower_tool(parameters: Json) -> Json:
    """A tool's parameters: an object with `properties` at the root, whatever was given."""
    return _lowered(parameters, True)


def lower_output(schema: Json) -> Json:
    """The schema of an answer; its root may be any type. An empty one means an object, as to the compiler."""
    return schema if not schema else _lowered(schema, False)


def narrow_tool(parameters: Json, written: str) -> Json:
    """`lower_tool` for a second try: it loses values rather than constraints (whole numbers instead of bounded fractions, of
    a huge enum what is nearest to what was `written`, no keys but the named ones)."""
    return _lower_afresh(parameters, True, written)


def narrow_output(schema: Json, written: str) -> Json:
    """The same of `lower_output`."""
    return _lower_afresh(schema, False, written)


def _lowered(schema: Json, tool: bool) -> Json:
    try:
        key = orjson.dumps(schema)
    except (TypeError, ValueError, RecursionError):  # integers beyond 64 bits, lone surrogates, 250 levels
        return _lower_afresh(schema, tool)
    lowered = _from_bytes(key, tool)
    return schema if lowered is None else lowered


@lru_cache(maxsize=_CACHED)
def _from_bytes(key: bytes, tool: bool) -> Json | None:
    """None when the schema stays as it is."""
    lowered = _lower_afresh(orjson.loads(key), tool)
    return None if orjson.dumps(lowered) == key else lowered


def _lower_afresh(schema: Any, tool: bool, written: str | None = None) -> Json:
    places = Places(schema)
    parts = min(max(_GROWTH[0], _GROWTH[1] * places.size), MAX_PARTS)
    for unrolled in _UNROLLED:
        lowering = _Lowering(places, unrolled, parts, written)
        lowered = lowering.tool_root(schema) if tool else lowering.schema(schema, 0, _NOTHING)
        if not lowering.full:
            break
    return lowered  # pyright: ignore[reportPossiblyUnboundVariable] - the loop runs at least once


class _Lowering:
    """One pass over one schema. `full` is set once more parts were needed than are written; the rest became open.

    `written` narrows: it is what was written before and did not fit.
    """

    def __init__(self, places: Places, unrolled: int, most: int, written: str | None) -> None:
        self._written = written
        self._places = places
        self._unrolled = unrolled
        self._most = most
        self._parts = 0
        self.full = False

    def tool_root(self, raw: Any) -> Words:
        seen: Words = {}
        base, groups = self._flat(raw, seen, 0)
        unwanted = ("type", "enum", "const", "nullable")
        base = {"type": "object"} | {key: value for key, value in base.items() if key not in unwanted}
        if isinstance(raw, Mapping):
            base = {key: base[key] for key in cast("Json", raw) if key in base} | base  # `type` stays where it stood
        lowered = self._base(self._hull(base, groups, seen, 0), 0, seen)
        if lowered == {"type": "object"} != raw:
            lowered["properties"] = {}
        return lowered

    def schema(self, raw: Any, depth: int, seen: Json) -> Words:
        """`seen` counts the references that led here."""
        self._parts += 1
        if self._parts > self._most:
            self.full = True
        if not isinstance(raw, Mapping) or not raw:
            return any_value()
        if depth > MAX_DEPTH or self.full:
            return self._open(cast("Json", raw))
        counted = dict(seen)
        base, groups = self._flat(raw, counted, 0)
        if self._written is not None and base.get("not") == {}:
            return _NEVER
        if groups:
            return self._union(base, groups, depth, counted)
        return self._base(base, depth, counted) or any_value()

    def _flat(self, raw: Any, seen: Words, level: int) -> tuple[Words, list[tuple[str, list[Any]]]]:
        """`raw` with its references and `allOf` merged in, and its unions, which are left for the caller."""
        if not isinstance(raw, Mapping):
            return {}, []
        part = cast("Json", raw)
        base: Words = {key: value for key, value in part.items() if key not in ("$ref", "allOf", *UNIONS)}
        groups = [(key, self._ways(part[key])) for key in UNIONS if key in part]
        groups = [group for group in groups if group[1]]
        parts = [self._referred(part[key], seen) for key in ("$ref", "$dynamicRef", "$recursiveRef") if key in part]
        parts += cast("list[Any]", part["allOf"]) if isinstance(part.get("allOf"), list) else []
        parts += [] if self._written is None else conditions(part)
        for inner in parts:
            if level > MAX_DEPTH or self.full:
                break
            self._parts += 1
            self.full = self.full or self._parts > self._most
            other, more = self._flat(inner, seen, level + 1)
            base = merged(base, other)
            groups += more
        return base, groups

    def _referred(self, reference: Any, seen: Words) -> Any:
        """What a reference leads to; only its type once it was followed inside itself often enough."""
        target = self._places.find(reference)
        if not isinstance(target, Mapping):
            return {}
        part = cast("Json", target)
        times = seen.get(reference, 0)
        if times > self._unrolled:
            return self._open(part) if self._written is None else _NEVER
        seen[reference] = times + 1
        return part

    def _open(self, raw: Json) -> Words:
        """A schema's type and description, and nothing inside."""
        words: Words = {}
        if names := type_names(raw.get("type")) or tuple(name for name, keys in FAMILIES if keys & raw.keys())[:1]:
            words["type"] = names[0] if len(names) == 1 else list(names)
        if isinstance(text := raw.get("description"), str):
            words["description"] = text
        return words or any_value()

    def _ways(self, value: Any) -> list[Any]:
        """The branches of a union; none when one of them takes everything."""
        branches = cast("list[Any]", value) if isinstance(value, list) else []
        if True in branches or {} in branches:
            return []
        return [one for one in branches if isinstance(one, Mapping)]

    def _union(self, base: Words, groups: list[tuple[str, list[Any]]], depth: int, seen: Words) -> Words:
        """The first union is written out, with what stands around it in each branch; others only add their properties."""
        (word, ways), others = groups[0], groups[1:]
        around = {key: value for key, value in base.items() if key in COMPUTED or key in EITHER}
        about = {key: value for key, value in base.items() if key not in around}
        if others or (around and len(ways) > MAX_WAYS):
            hull = self._hull(base, groups, seen, depth)
            if "properties" in hull or len(ways) > MAX_WAYS:
                return self._base(hull, depth, seen) or any_value()
        branches: list[Words] = []
        for way in ways:
            lowered = self.schema({"allOf": [way, around]} if around else way, depth + 1, seen)
            if lowered not in (*branches, _NEVER):
                branches.append(lowered)
        wanted = self._base(about, depth, seen)
        if any(branch.keys() == {"description"} for branch in branches):
            return wanted or any_value()
        if len(branches) == 1:
            return {**branches[0], **wanted}
        return {**wanted, word: branches}

    def _hull(self, base: Words, groups: list[tuple[str, list[Any]]], seen: Words, depth: int) -> Words:
        """One object that takes what any of the branches takes."""
        properties: Words = (
            dict(cast("Json", base["properties"])) if isinstance(base.get("properties"), Mapping) else {}
        )
        own = set(properties)
        needed = list(cast("list[Any]", base["required"])) if isinstance(base.get("required"), list) else []
        for _, ways in groups:
            flat = [self._flat(way, dict(seen), depth) for way in ways[:200]]
            lists = [part.get("required") for part, _ in flat]
            first = cast("list[Any]", lists[0]) if lists and isinstance(lists[0], list) else []
            needed += [n for n in first if n not in needed and all(isinstance(one, list) and n in one for one in lists)]
            for part, deeper in flat:
                inner = self._hull(part, deeper, seen, depth + 1) if deeper and depth < MAX_DEPTH else part
                _add_properties(properties, own, inner.get("properties"))
        if not properties:
            return base
        return {**base, "properties": properties, **({"required": needed} if needed else {})}

    def _base(self, flat: Words, depth: int, seen: Words) -> Words:
        """One schema without references, unions and allOf: word by word, in the order in which they stand."""
        computed = self._computed(flat, depth, seen)
        words: Words = {}
        if "type" in computed and "type" not in flat:
            words["type"] = computed["type"]
        for key, value in flat.items():
            if key in COMPUTED:
                if key in computed:
                    words[key] = computed[key]
            elif key in ("title", "description"):
                if isinstance(value, str):
                    words[key] = value
            elif key not in DROPPED and (value is not None or key == "default") and printable(value):
                words[key] = value
        return words | {key: value for key, value in computed.items() if key not in words}

    def _computed(self, flat: Words, depth: int, seen: Words) -> Words:
        flat = flat if self._written is None else narrowed(flat, self._written)
        fixed = kept_enum(flat)
        names = list(type_names(flat.get("type")))
        if not names and not fixed and "type" not in flat:
            families = [name for name, keys in FAMILIES if keys & flat.keys()]
            names = families if len(families) == 1 else []
        if flat.get("nullable") is True and names and "null" not in names:
            names.append("null")
        words: Words = {"type": names[0] if len(names) == 1 else names} if names else {}
        if fixed:
            return fixed if "enum" not in fixed and "const" not in flat else words | fixed

        def child(raw: Any) -> Words:
            return self.schema(raw, depth + 1, seen)

        if "object" in names:
            words |= object_words(flat, child)
            if _NEVER in words.get("properties", _NOTHING).values():
                words["properties"] = _without_never(words["properties"], words.get("required", ()))
        if "array" in names:
            words |= array_words(flat, child)
            if words.get("items") == _NEVER:
                words |= {"items": any_value(), "maxItems": 0}
        if "string" in names:
            words |= string_words(flat)
        elif isinstance(flat.get("format"), str) and not names and not STRING & flat.keys():
            words["format"] = flat["format"]
        if "integer" in names or "number" in names:
            words |= number_words(flat, whole="integer" in names)
        return words


def _without_never(properties: Json, required: Collection[str]) -> Words:
    """What must be there may be anything: a check follows."""
    kept = {name: part for name, part in properties.items() if part != _NEVER or name in required}
    return {name: any_value() if part == _NEVER else part for name, part in kept.items()}


def _add_properties(properties: Words, own: set[str], more: Any) -> None:
    """A property that several branches know may be as in any of them; one that stands outside is as it is there."""
    known_here: Json = cast("Json", more) if isinstance(more, Mapping) else {}
    for name, part in known_here.items():
        known = properties.get(name)
        if name not in properties:
            properties[name] = part
        elif name not in own and known != part:
            union = cast("list[Any]", cast("Json", known)["anyOf"]) if _is_union(known) else [known]
            if part not in union:
                properties[name] = {"anyOf": [*union, part]}


def _is_union(part: Any) -> bool:
    return isinstance(part, Mapping) and list(cast("Json", part)) == ["anyOf"]
