"""Tool schemas as MCP servers send them: written by hand after what is seen in the wild, and made from a seed.

`tool_schemas(300)` is the same list on every machine; the first are the hand-written ones, from usual to hostile.
"""

from __future__ import annotations

import random
from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
SCHEMA_07 = "http://json-schema.org/draft-07/schema#"


def obj(properties: Json, *required: str, **more: Any) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


def one(schema: Any) -> Json:
    """A tool with one required argument."""
    return obj({"value": schema}, "value")


def deep(levels: int) -> Json:
    schema: Json = TEXT
    for _ in range(levels):
        schema = obj({"next": schema})
    return schema


USUAL: dict[str, Json] = {
    "no parameters": {"type": "object"},
    "no parameters, closed": {"type": "object", "properties": {}, "additionalProperties": False},
    "empty": {},
    "read a file": obj({"path": {"type": "string", "description": "Absolute path"}}, "path"),
    "zod": obj(
        {"path": TEXT, "head": {"type": "number", "description": "First N lines"}},
        "path",
        additionalProperties=False,
        **{"$schema": SCHEMA_07},
    ),
    "edits": obj(
        {
            "path": TEXT,
            "edits": {"type": "array", "items": obj({"oldText": TEXT, "newText": TEXT}, "oldText", "newText")},
            "dryRun": {"type": "boolean", "default": False},
        },
        "path",
        "edits",
    ),
    "whole numbers of zod": obj(
        {"page": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
         "offset": {"type": "integer", "minimum": -9007199254740991, "maximum": 9007199254740991}}, "page"
    ),
    "a search": obj(
        {"query": {"type": "string", "minLength": 1, "maxLength": 400},
         "count": {"type": "integer", "minimum": 1, "maximum": 20}},
        "query",
    ),
    "sorting": obj({"sort": {"enum": ["created", "updated"], "type": "string"}, "direction": {"enum": ["asc", "desc"]}}),
    "optional by union": obj({"after": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "A"}}),
    "optional by type list": obj({"limit": {"type": ["integer", "null"], "minimum": 0}}, "limit"),
    "a map of headers": obj({"headers": {"type": "object", "additionalProperties": TEXT}}, "headers"),
    "any object": obj({"arguments": {"type": "object", "additionalProperties": True}}, "arguments"),
    "formats": obj(
        {"url": {"type": "string", "format": "uri"}, "at": {"type": "string", "format": "date-time"},
         "id": {"type": "string", "format": "uuid"}, "mail": {"type": "string", "format": "email"}}, "at", "id"
    ),
    "temperature": obj({"city": TEXT, "threshold": {"type": "number", "minimum": -90, "maximum": 60}}, "city"),
}  # fmt: skip

PYDANTIC: dict[str, Json] = {
    "definitions": {
        "$defs": {"Item": obj({"sku": TEXT, "count": {"type": "integer", "default": 1}}, "sku", title="Item")},
        **obj({"items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "title": "Items"}}, "items"),
    },
    "the same name for something else": {
        "$defs": {"Item": {"type": "string", "enum": ["red", "blue"]}},
        **obj({"item": {"$ref": "#/$defs/Item"}}, "item"),
    },
    "allOf around one reference": {
        "definitions": {"Mode": {"enum": ["fast", "slow"], "type": "string"}},
        **obj({"mode": {"allOf": [{"$ref": "#/definitions/Mode"}], "default": "fast", "description": "How"}}, "mode"),
    },
    "told apart by a constant": {
        "$defs": {
            "Cat": obj({"kind": {"const": "cat", "type": "string"}, "lives": {"type": "integer"}}, "kind"),
            "Dog": obj({"kind": {"const": "dog", "type": "string"}, "name": TEXT}, "kind"),
        },
        **one(
            {
                "discriminator": {"mapping": {"cat": "#/$defs/Cat"}, "propertyName": "kind"},
                "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
            }
        ),
    },
    "a tuple": one({"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "minItems": 2, "maxItems": 2}),
    "a tree": {
        "$defs": {"Node": obj({"name": TEXT, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}, "name")},
        **obj({"root": {"$ref": "#/$defs/Node"}}, "root"),
    },
    "a filter in itself": {
        "$defs": {"F": {"anyOf": [obj({"and": {"type": "array", "items": {"$ref": "#/$defs/F"}}}, "and"),
                                  obj({"field": TEXT, "equals": {"type": ["string", "number", "boolean"]}}, "field")]}},
        **obj({"where": {"$ref": "#/$defs/F"}}, "where"),
    },
    "its own root": obj({"name": TEXT, "parent": {"$ref": "#"}}, "name"),
    "a reference into properties": obj({"from": obj({"city": TEXT}, "city"), "to": {"$ref": "#/properties/from"}}, "to"),
}  # fmt: skip

ODD: dict[str, Json] = {
    "either of two required": obj({"id": TEXT, "name": TEXT}, anyOf=[{"required": ["id"]}, {"required": ["name"]}]),
    "either of two required, inside": one(
        obj({"id": TEXT, "name": TEXT}, oneOf=[{"required": ["id"]}, {"required": ["name"]}])
    ),
    "a union at the root": {"anyOf": [obj({"a": TEXT}, "a"), obj({"b": {"type": "integer"}}, "b")]},
    "allOf at the root": {"allOf": [obj({"a": TEXT}, "a"), obj({"b": {"type": "integer"}}, "b")]},
    "conditions": obj(
        {"kind": {"enum": ["a", "b"]}},
        "kind",
        **{"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["kind"]}},
        **{"else": {"properties": {"b": TEXT}}},
    ),
    "not": one({"type": "string", "not": {"enum": ["", "null"]}}),
    "names by pattern": one({"type": "object", "patternProperties": {"^x-": TEXT}, "additionalProperties": False}),
    "nullable": one({"type": "string", "nullable": True, "enum": ["a", "b"]}),
    "upper case types": obj({"q": {"type": "STRING"}, "n": {"type": "INTEGER"}}, "q"),
    "types of Python": obj({"q": {"type": "str"}, "n": {"type": "int"}, "l": {"type": "list"}, "d": {"type": "dict"}}, "q"),
    "an unknown type": one({"type": "file"}),
    "a type for anything": one({"type": "any"}),
    "no type": one({"description": "whatever"}),
    "no type, but bounds": one({"minLength": 1}),
    "true": one(True),
    "false beside": obj({"value": TEXT, "never": False}, "value"),
    "an empty schema": one({}),
    "an empty enum": one({"type": "string", "enum": []}),
    "an enum of another type": one({"type": "string", "enum": [1, 2, 3]}),
    "an enum with null": one({"type": ["string", "null"], "enum": ["a", None]}),
    "a huge enum": one({"type": "string", "enum": [f"Europe/City_{number}" for number in range(2000)]}),
    "digits": one({"type": "string", "pattern": r"^\d{3}-\d{4}$"}),
    "a slug": one({"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$"}),
    "a slug with a length": one({"type": "string", "pattern": "^[a-z0-9-]+$", "minLength": 3, "maxLength": 20}),
    "not anchored": one({"type": "string", "pattern": "^https?://"}),
    "no slash": one({"type": "string", "pattern": r"^[^/\s]+\.py$"}),
    "look-ahead": one({"type": "string", "pattern": r"^(?!-)[a-z-]+(?<!-)$"}),
    "unicode classes": one({"type": "string", "pattern": r"^\p{L}+$"}),
    "no regular expression": one({"type": "string", "pattern": "(((["}),
    "a pattern of anything": one({"type": "string", "pattern": "^.*$"}),
    "a pattern that backtracks": one({"type": "string", "pattern": "^(a+)+$"}),
    "a long text": one({"type": "string", "minLength": 1, "maxLength": 100000}),
    "a minimum of a hundred": one({"type": "integer", "minimum": 100}),
    "below nought": one({"type": "integer", "maximum": -5}),
    "odd bounds": one({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 10.5}),
    "bounds of draft 4": one({"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 9}),
    "many items": one({"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 5}),
    "an array of anything": one({"type": "array"}),
    "an array of true": one({"type": "array", "items": True}),
    "a tuple of draft 4": one({"type": "array", "items": [TEXT, {"type": "boolean"}]}),
    "a description that is null": one({"type": "string", "description": None, "title": None}),
    "a null among the words": {"type": "object", "properties": {"a": TEXT}, "required": None, "additionalProperties": None},
    "required of draft 3": obj({"a": {"type": "string", "required": True}}),
    "required without a property": {"type": "object", "required": ["path"]},
    "odd names": obj({"a]b": TEXT, "ü": TEXT, '"': TEXT, "a\\b": TEXT, "": TEXT}, additionalProperties=True),
    "a property called $ref": obj({"$ref": TEXT, "path": TEXT}, "path"),
    "a property called type": obj({"type": {"enum": ["a"]}, "properties": {"type": "object"}, "enum": TEXT}, "type"),
    "a default with a reference": one({"type": "object", "default": {"$ref": "#/nowhere"}}),
    "examples": one({"type": "string", "examples": ["a", "b"], "x-order": 3}),
    "one constant": obj({"version": {"const": 2}, "text": {"const": 'a "quote" \\ and\nline'}}, "version", "text"),
    "dependent": obj({"a": TEXT, "b": TEXT}, dependentRequired={"a": ["b"]}, dependencies={"a": ["b"]}),
    "a number of either kind": one({"type": ["number", "string"]}),
    "everything by list": one({"type": ["string", "number", "boolean", "object", "array", "null"]}),
}  # fmt: skip

HOSTILE: dict[str, Json] = {
    "a reference in a circle": {"$ref": "#"},
    "two references in a circle": {
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        **one({"$ref": "#/$defs/a"}),
    },
    "a foreign reference": one({"$ref": "https://example.invalid/schema.json"}),
    "a reference to nowhere": one({"$ref": "#/$defs/none"}),
    "a reference that is no text": one({"$ref": 5}),
    "references that double": {
        "$defs": {f"d{n}": obj({"a": {"$ref": f"#/$defs/d{n + 1}"}, "b": {"$ref": f"#/$defs/d{n + 1}"}}) for n in range(30)},
        **one({"$ref": "#/$defs/d0"}),
    },
    "no object at the root": {"type": "string"},
    "a list of types at the root": {"type": ["object", "null"], "properties": {"a": TEXT}},
    "an enum at the root": {"enum": [1, 2]},
    "minimum above maximum": one({"type": "integer", "minimum": 5, "maximum": 2}),
    "length the wrong way round": one({"type": "string", "minLength": 9, "maxLength": 3}),
    "items the wrong way round": one({"type": "array", "items": TEXT, "minItems": 9, "maxItems": 3}),
    "a minimum beyond measure": one({"type": "integer", "minimum": 10**17}),
    "numbers beyond 64 bits": one({"type": "integer", "maximum": 10**18, "minimum": -(10**18), "default": 10**18}),
    "a length beyond measure": one({"type": "string", "minLength": 100000}),
    "a repetition beyond measure": one({"type": "string", "pattern": "^(a{1000}){1000}$"}),
    "negative counts": one({"type": "array", "items": TEXT, "minItems": -1, "maxItems": -5}),
    "counts as text": one({"type": "string", "minLength": "3", "maxLength": "x"}),
    "types in the wrong place": {"type": 5, "properties": [], "required": {"a": 1}, "anyOf": "x", "allOf": 3},
    "numbers as schemas": obj({"a": 5, "b": "text", "c": [TEXT], "d": None}),  # pyright: ignore[reportArgumentType]
    "fifty levels": deep(50),
    "a hundred properties": obj({f"field_{number}": {"type": "string"} for number in range(100)}, "field_7"),
    "an array in arrays": one({"type": "array", "items": {"type": "array", "items": {"type": "array", "minItems": 2}}}),
    "allOf that contradicts": one({"allOf": [{"type": "string"}, {"type": "integer"}]}),
    "an empty union": one({"anyOf": []}),
    "a union of nothing": one({"anyOf": [False, False]}),
    "unions in unions": one({"anyOf": [{"oneOf": [{"anyOf": [TEXT, {"type": "null"}]}, {"type": "integer"}]}, {}]}),
    "a format that is no text": one({"type": "string", "format": 7}),
}  # fmt: skip

BY_HAND = {**USUAL, **PYDANTIC, **ODD, **HOSTILE}


def tool_schemas(count: int, *, seed: int = 5) -> dict[str, Json]:
    """`count` schemas by name: those written by hand, then made ones."""
    made = dict(list(BY_HAND.items())[:count])
    choose = random.Random(seed)
    while len(made) < count:
        made[f"made {len(made)}"] = _Maker(choose).tool()
    return made


class _Maker:
    """One made schema: simple things often, odd ones now and then."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose
        self._names = [f"D{number}" for number in range(choose.randrange(4))]

    def tool(self) -> Json:
        tool = self.object(3)
        if self._names:
            tool["$defs"] = {name: self.object(1) | {"required": []} for name in self._names}  # else: without an end
        if self._choose.random() < 0.5:
            tool["$schema"] = SCHEMA_07
        return tool

    def object(self, depth: int) -> Json:
        names = self._choose.sample(
            ["path", "query", "owner", "repo", "limit", "filter", "body", "id", "tags", "x-y"], k=4
        )
        properties = {name: self.part(depth - 1) for name in names[: self._choose.randint(1, 4)]}
        required = [name for name in properties if self._choose.random() < 0.5]
        made = obj(properties, *required)
        if (chance := self._choose.random()) < 0.5:
            made["additionalProperties"] = chance < 0.15
        return made

    def part(self, depth: int) -> Json:
        kinds = [self.text, self.number, self.choice, self.flag, self.text, self.number, self.odd]
        if depth > 0:
            kinds += [lambda: self.object(depth), lambda: self.list(depth), lambda: self.union(depth)]
        part: Json = self._choose.choice(kinds)()
        if self._choose.random() < 0.6:
            part["description"] = self._choose.choice(
                ["The value to use.", "Optional filter (ISO 8601)", None, "Größe"]
            )
        return part

    def text(self) -> Json:
        return {"type": "string", **self._choose.choice(TEXTS)}

    def number(self) -> Json:
        low = self._choose.choice([-5, 0, 1, 10, 150])
        bounds = [
            {},
            {"minimum": low},
            {"minimum": low, "maximum": low + 90},
            {"exclusiveMinimum": low},
            {"maximum": low},
        ]
        return {"type": self._choose.choice(["integer", "integer", "number"]), **self._choose.choice(bounds)}

    def choice(self) -> Json:
        return {"type": "string", "enum": [f"option_{number}" for number in range(self._choose.randint(1, 12))]}

    def flag(self) -> Json:
        return {"type": "boolean", "default": self._choose.random() < 0.5}

    def list(self, depth: int) -> Json:
        sizes: list[Json] = [{}, {"minItems": 1}, {"maxItems": 3}, {"minItems": 1, "maxItems": 4}]
        return {"type": "array", "items": self.part(depth - 1), **self._choose.choice(sizes)}

    def union(self, depth: int) -> Json:
        word = self._choose.choice(["anyOf", "anyOf", "oneOf"])
        return {word: [self.part(depth - 1), self._choose.choice([{"type": "null"}, {"type": "array", "items": TEXT}])]}

    def odd(self) -> Json:
        if self._names and self._choose.random() < 0.7:
            return {"$ref": f"#/$defs/{self._choose.choice(self._names)}"}
        return dict(
            self._choose.choice(
                [{}, {"type": ["string", "null"]}, {"const": "fixed"}, {"type": "object"}, {"type": "any"}]
            )
        )


TEXTS: list[Json] = [
    {}, {}, {}, {"minLength": 1}, {"maxLength": 64}, {"format": "date"}, {"format": "uri"}, {"format": "ipv4"},
    {"pattern": "^[A-Z]{2,4}$"}, {"pattern": r"^\d{4}-\d{2}$"}, {"pattern": r"^[\w.-]+/[\w.-]+$"},
    {"pattern": "^(?=.*x).+$"}, {"minLength": 2, "maxLength": 8}, {"nullable": True}, {"default": "HEAD"},
    {"pattern": r"^#?[0-9a-fA-F]{6}$"},
]  # fmt: skip
