"""The words of JSON Schema, by what becomes of them on the way to the engine; and the names that people give to types."""

from __future__ import annotations

from typing import Any, cast

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

_ALIASES = {
    "str": "string", "text": "string", "char": "string", "date": "string", "datetime": "string", "uuid": "string",
    "file": "string", "binary": "string", "int": "integer", "int32": "integer", "int64": "integer", "long": "integer",
    "float": "number", "double": "number", "decimal": "number", "bool": "boolean", "dict": "object", "map": "object",
    "struct": "object", "record": "object", "list": "array", "tuple": "array", "set": "array", "none": "null",
    "nil": "null", "undefined": "null",
}  # fmt: skip

OBJECT = frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames"})
ARRAY = frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"})
STRING = frozenset({"minLength", "maxLength", "pattern"})
NUMBER_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
NUMBER = frozenset({*NUMBER_BOUNDS, "multipleOf"})
FAMILIES = (("object", OBJECT), ("array", ARRAY), ("string", STRING), ("number", NUMBER))

UNIONS = ("anyOf", "oneOf")
EITHER = ("then", "else")

DROPPED = frozenset(
    {
        *("$schema", "$id", "$anchor", "$defs", "definitions", "$ref", "$dynamicRef", "$dynamicAnchor", "$vocabulary"),
        *("$recursiveRef", "$recursiveAnchor", "$comment", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
        *("dependentSchemas", "dependencies", "propertyNames", "contains", "minContains", "maxContains", "nullable"),
        *("unevaluatedItems", "unevaluatedProperties", "additionalItems", "patternProperties", "contentSchema"),
        "discriminator",
    }
)
COUNTED = ("minProperties", "maxProperties", "multipleOf")
COMPUTED = frozenset({"type", "const", "enum", "format", *OBJECT, *ARRAY, *STRING, *NUMBER, *COUNTED})


def type_names(value: Any) -> tuple[str, ...]:
    """The types that `type` names, in its order and without doubles; empty when any type may be meant."""
    names = cast("list[Any]", value) if isinstance(value, list) else [value]
    found: list[str] = []
    for name in names:
        lower = name.strip().lower() if isinstance(name, str) else ""
        known = lower if lower in TYPES else _ALIASES.get(lower)
        if known is None:
            if isinstance(value, list) and isinstance(name, str):
                return ()
            continue
        if known not in found:
            found.append(known)
    if "number" in found and "integer" in found:
        found.remove("integer")
    return () if len(found) == len(TYPES) - 1 else tuple(found)


def is_number(value: Any) -> bool:
    """A finite number that the engine's JSON reader holds."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, float) and value - value == 0
