"""A tool's JSON Schema as the repair layer reads it: local references followed, unions listed, a value lightly checked.

The rule: whatever a client sends as a schema is read without raising, and within a budget. What is not understood
allows everything, because the full check comes later (`jsonschema` in the serving layer).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

Schema = Mapping[str, Any]

NOTHING_SAID: Schema = {}
_HOPS = 16
_DEPTH = 32
_BUDGET = 50_000
_SCALARS = frozenset({"string", "boolean", "integer", "number"})
_UNIONS = frozenset({"anyOf", "oneOf", "allOf"})
_PROPERTIES = 2_000
_RULES = frozenset({"enum", "const", "anyOf", "oneOf", "allOf", "$ref"})
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list, tuple),
    "object": (dict,),
}


def as_schema(value: Any) -> Schema:
    if isinstance(value, dict):  # much cheaper than the question for any Mapping, and than a cast
        return value  # pyright: ignore[reportUnknownVariableType]
    return cast("Schema", value) if isinstance(value, Mapping) else NOTHING_SAID


def as_schemas(value: object) -> list[Schema]:
    return [as_schema(each) for each in cast("Sequence[object]", value)] if isinstance(value, list | tuple) else []


def is_kind(value: object, kind: str) -> bool:
    """Whether a value is of one of JSON Schema's types; an unknown type accepts all."""
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)  # 5.0 would break most tools: it becomes 5
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, _KINDS[kind]) if kind in _KINDS else True


def kinds(schema: Schema) -> list[str]:
    """The types named by `type`, whether it is one or a list; OpenAPI's `nullable` counts."""
    named = schema.get("type")
    if isinstance(named, str) and "nullable" not in schema:
        return [named.lower()]
    found: list[str] = [named.lower()] if isinstance(named, str) else []
    if isinstance(named, list):
        found = [each.lower() for each in cast("list[object]", named) if isinstance(each, str)]
    if found and schema.get("nullable") is True:
        found.append("null")
    if not found and isinstance(schema.get("properties"), Mapping):
        found = ["object"]
    return found


def choices(schema: Schema) -> list[Any] | None:
    """The values of `enum` or `const`."""
    listed = schema.get("enum")
    if isinstance(listed, list) and listed:
        return cast("list[Any]", listed)
    return [schema["const"]] if "const" in schema else None


def same(left: object, right: object) -> bool:
    """Equality as JSON knows it: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def plainly_fits(members: dict[str, Any], schema: Schema) -> bool:
    """A quick yes for the most common case, declared scalars and nothing missing; no says nothing."""
    own = schema.get("properties")
    if not isinstance(own, dict) or not _RULES.isdisjoint(schema):
        return False
    properties = cast("dict[str, Any]", own)
    for key, value in members.items():
        each = as_schema(properties.get(key))
        kind = each.get("type")
        if not isinstance(kind, str) or kind not in _SCALARS or not _RULES.isdisjoint(each) or not is_kind(value, kind):
            return False
    required = schema.get("required", ())
    return isinstance(required, list | tuple) and all(key in members for key in cast("Sequence[object]", required))


class SchemaView:
    """`root` is what `#` means in its references."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.budget = _BUDGET

    def follow(self, schema: object) -> Schema:
        """The schema behind local `$ref`s; one that leads nowhere or round in circles says nothing."""
        found = as_schema(schema)
        for _ in range(_HOPS):
            reference = found.get("$ref") if "$ref" in found else None
            if not isinstance(reference, str):
                return found
            beside = {key: value for key, value in found.items() if key != "$ref"}
            target = self._target(reference)
            found = {**target, **beside} if beside else target
        return NOTHING_SAID

    def _target(self, reference: str) -> Schema:
        if not reference.startswith("#"):
            return NOTHING_SAID
        here: object = self.root
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, Mapping):
                return NOTHING_SAID
            here = as_schema(cast("object", here)).get(step)
        return as_schema(here)

    def branches(self, schema: Schema) -> list[Schema]:
        """What `anyOf` or `oneOf` offers."""
        return [self.follow(each) for key in ("anyOf", "oneOf") for each in as_schemas(schema.get(key))]

    def parts(self, schema: Schema) -> list[Schema]:
        """What `allOf` adds."""
        return [self.follow(each) for each in as_schemas(schema.get("allOf"))]

    def properties(self, schema: Schema) -> dict[str, Any]:
        """The declared keys with their schemas, those of `allOf` and of the branches of a union included."""
        first = self.follow(schema)
        own = as_schema(first.get("properties"))
        if _UNIONS.isdisjoint(first) and len(own) < _PROPERTIES:
            return dict(own)
        found: dict[str, Any] = {}
        pending = [(first, 0)]
        while pending and len(found) < _PROPERTIES and self.budget > 0:
            here, depth = pending.pop(0)
            self.budget -= 1
            for key, value in as_schema(here.get("properties")).items():
                found.setdefault(key, value)
            if depth < 4:
                pending += [(each, depth + 1) for each in (*self.parts(here), *self.branches(here))]
        return found

    def required(self, schema: Schema) -> list[str]:
        listed = schema.get("required")
        own = (
            [each for each in cast("list[object]", listed) if isinstance(each, str)] if isinstance(listed, list) else []
        )
        return own + [key for part in self.parts(schema) for key in self._own_required(part)]

    def _own_required(self, schema: Schema) -> list[str]:
        listed = schema.get("required")
        return (
            [each for each in cast("list[object]", listed) if isinstance(each, str)] if isinstance(listed, list) else []
        )

    def accepts(self, value: Any, schema: Schema) -> bool:
        return next(self.problems(value, schema), None) is None

    def problems(self, value: Any, schema: object, path: str = "", depth: int = 0) -> Iterator[str]:
        """What is wrong with a value, as `path: reason`. Silent once depth or budget are spent."""
        self.budget -= 1
        if depth > _DEPTH or self.budget < 0:
            return
        if schema is False:
            yield f"{path or '.'}: not allowed"
            return
        here = self.follow(schema)
        wanted = kinds(here)
        if len(wanted) == 1 and wanted[0] in _SCALARS and _RULES.isdisjoint(here) and is_kind(value, wanted[0]):
            return
        if wanted and not any(is_kind(value, kind) for kind in wanted):
            yield f"{path or '.'}: is not of type {' or '.join(wanted)}"
            return
        allowed = choices(here)
        if allowed is not None and not any(same(value, each) for each in allowed):
            yield f"{path or '.'}: is not one of the allowed values"
            return
        for key in ("anyOf", "oneOf"):
            listed = as_schemas(here[key]) if key in here else None
            if listed and all(next(self.problems(value, each, path, depth + 1), None) for each in listed):
                yield f"{path or '.'}: fits none of {key}"
                return
        for part in as_schemas(here.get("allOf")):
            yield from self.problems(value, part, path, depth + 1)
        if isinstance(value, dict):
            yield from self._members(cast("dict[str, Any]", value), here, path, depth)
        elif isinstance(value, list):
            items = here.get("items")
            if items is not None:
                for index, each in enumerate(cast("list[Any]", value)):
                    yield from self.problems(each, cast("object", items), f"{path}[{index}]", depth + 1)

    def _members(self, value: dict[str, Any], here: Schema, path: str, depth: int) -> Iterator[str]:
        own = as_schema(here.get("properties"))
        for key in self._own_required(here):
            if key not in value:
                yield f"{path}.{key}: is required"
        others = here.get("additionalProperties")
        patterned = isinstance(here.get("patternProperties"), Mapping)
        for key, each in value.items():
            if key in own:
                yield from self.problems(each, own[key], f"{path}.{key}", depth + 1)
            elif patterned:
                continue
            elif others is False:
                yield f"{path}.{key}: is not declared"
            elif isinstance(others, Mapping):
                yield from self.problems(each, cast("Schema", others), f"{path}.{key}", depth + 1)
