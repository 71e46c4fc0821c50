"""What is narrowed for a second try: whatever fits it fits the schema that was given."""

from __future__ import annotations

from typing import Any

from unsloth_studio.schemas.lower import narrow_output, narrow_tool
from unsloth_studio.schemas.validate import first_violation

Json = dict[str, Any]


def of(part: Json, written: str = "{}") -> Json:
    """`part` as the narrowed schema of one required argument."""
    schema = {"type": "object", "properties": {"v": part}, "required": ["v"]}
    return dict(narrow_tool(schema, written)["properties"]["v"])


def test_bounded_fraction_becomes_whole() -> None:
    assert of({"type": "number", "minimum": 0.5, "maximum": 9.5}) == {"type": "integer", "minimum": 1, "maximum": 9}
    assert of({"type": ["number", "null"], "maximum": 3})["type"] == ["integer", "null"]


def test_bounds_without_a_whole_number_between_become_steps() -> None:
    part = {"type": "number", "minimum": 0.25, "maximum": 0.75}
    values = of(part)["enum"]
    assert len(values) > 3
    assert all(first_violation({"v": value}, {"properties": {"v": part}}) is None for value in values)


def test_free_number_stays_unless_its_exponent_was_endless() -> None:
    assert of({"type": "number"}) == {"type": "number"}
    assert of({"type": "number"}, '{"v": 2.0e2222}') == {"type": "integer"}


def test_huge_enum_keeps_what_is_near() -> None:
    names = [f"Europe/City_{at}" for at in range(2000)]
    kept = of({"type": "string", "enum": names}, '{"v": "City 1234"}')["enum"]
    assert "Europe/City_1234" in kept
    assert set(kept) < set(names)


def test_nothing_becomes_much_longer_than_it_was() -> None:
    assert of({"type": "string"})["maxLength"] == 64
    assert of({"type": "string"}, "x" * 400)["maxLength"] == 800
    assert "maxLength" not in of({"type": "string", "format": "date"})
    assert of({"type": "array", "items": {"type": "boolean"}}) == {
        "type": "array",
        "items": {"type": "boolean"},
        "maxItems": 4,
    }
    assert of({"type": "array", "items": {"type": "boolean"}, "minItems": 6})["maxItems"] == 6


def test_only_named_keys() -> None:
    narrowed = narrow_output({"type": "object", "properties": {"a": {"type": "boolean"}}}, "")
    assert narrowed["additionalProperties"] is False
    patterned = of({"type": "object", "patternProperties": {"^x-": {"type": "string"}}})
    assert patterned == {"type": "object", "properties": {}, "additionalProperties": False}


def test_integer_beyond_what_is_counted_is_its_bound() -> None:
    assert of({"type": "integer", "minimum": 10**17})["enum"] == [10**17]


def test_what_refers_to_itself_ends() -> None:
    either = [
        {"type": "object", "properties": {"and": {"type": "array", "items": {"$ref": "#/$defs/F"}}}},
        {"type": "null"},
    ]
    schema = {"$defs": {"F": {"anyOf": either}}, "type": "object", "properties": {"where": {"$ref": "#/$defs/F"}}}
    narrowed = narrow_tool(schema, "")
    assert "not" not in str(narrowed)
    inner = narrowed["properties"]["where"]["anyOf"][0]["properties"]["and"]["items"]["anyOf"][0]["properties"]["and"]
    assert inner["maxItems"] == 0
    node = {"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"type": "boolean"}}, "required": ["v"]}
    assert "next" not in str(narrow_tool(node, "")["properties"]["next"]["properties"]["next"]["properties"])


def test_what_is_asked_for_under_a_condition_is_always_asked_for() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["file", "url"]}, "path": {"type": "string"}, "url": {"type": "string"}},
        "required": ["kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": "file"}}}, "then": {"required": ["path"]}},
            {
                "if": {"properties": {"kind": {"const": "url"}}},
                "then": {"required": ["url"]},
                "else": {"minProperties": 1},
            },
        ],
        "dependentRequired": {"path": ["kind"]},
    }
    assert narrow_tool(schema, "{}")["required"] == ["kind", "path", "url"]
