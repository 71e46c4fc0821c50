"""Tool and answer schemas become what the engine's grammar compiler takes."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.schemas.accepted import complaints
from tests.support.tool_schemas import BY_HAND, tool_schemas

from unsloth_studio.schemas.lower import lower_output, lower_tool

Json = dict[str, Any]
ANY: Json = {"description": "Any JSON value."}
TEXT: Json = {"type": "string"}

PARTS: dict[str, tuple[Any, Any]] = {
    "true takes anything": (True, ANY),
    "an empty schema takes anything, not only objects": ({}, ANY),
    "a number is no schema": (5, ANY),
    "a constant stays": ({"const": {"a": None}}, {"const": {"a": None}}),
    "an empty enum goes": ({"type": "string", "enum": []}, TEXT),
    "a huge enum goes": ({"type": "integer", "enum": list(range(2000))}, {"type": "integer"}),
    "null stands apart from an enum": (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"anyOf": [{"enum": ["a"]}, {"type": "null"}]},
    ),
    "values of another type leave an enum": ({"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}),
    "nullable adds null": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "an unknown type goes": ({"type": "file2", "description": "x"}, {"description": "x"}),
    "other names of types are known": ({"type": ["STRING", "int"]}, {"type": ["string", "integer"]}),
    "a type is read from the words": ({"minLength": 1}, {"type": "string", "minLength": 1}),
    "a description that is null goes": ({"type": "string", "description": None}, TEXT),
    "formats stay": ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
    "a format that is no text goes": ({"type": "string", "format": 3}, TEXT),
    "not goes": ({"type": "string", "not": {"const": "x"}}, TEXT),
    "a default that is null stays": ({"type": "string", "default": None}, {"type": "string", "default": None}),
    "a default with a reference goes": ({"type": "object", "default": {"$ref": "#"}}, {"type": "object"}),
    "digits are written out": ({"type": "string", "pattern": r"^\d{3}$"}, {"type": "string", "pattern": "^[0-9]{3}$"}),
    "look-ahead goes": ({"type": "string", "pattern": "^(?=x)x$"}, TEXT),
    "a length moves into the pattern": (
        {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9},
        {"type": "string", "pattern": "^[a-z]{1,9}$", "maxLength": 9},
    ),
    "a length beyond measure goes": ({"type": "string", "maxLength": 10**9}, TEXT),
    "lengths that contradict go": ({"type": "string", "minLength": 5, "maxLength": 2}, TEXT),
    "exclusive bounds become inclusive": (
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9.5},
        {"type": "integer", "minimum": 1, "maximum": 9},
    ),
    "exclusive bounds of draft 4": (
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        {"type": "integer", "minimum": 1},
    ),
    "bounds beyond fifteen digits go": ({"type": "integer", "minimum": -(2**53), "maximum": 2**53}, {"type": "integer"}),
    "a lone high minimum gets a partner": (
        {"type": "integer", "minimum": 100},
        {"type": "integer", "minimum": 100, "maximum": 999999999999999},
    ),
    "a tuple of draft 4 stays one": (
        {"type": "array", "items": [TEXT, True]},
        {"type": "array", "items": [TEXT, ANY]},
    ),
    "a tuple is filled up to its least length": (
        {"type": "array", "prefixItems": [TEXT], "items": {"type": "null"}, "minItems": 2},
        {"type": "array", "prefixItems": [TEXT, {"type": "null"}], "minItems": 2},
    ),
    "a boolean for items": ({"type": "array", "items": True, "minItems": 1}, {"type": "array", "items": ANY, "minItems": 1}),
    "what is required is there": (
        {"type": "object", "required": ["a"]},
        {"type": "object", "required": ["a"], "properties": {"a": ANY}},
    ),
    "a map of anything": (
        {"type": "object", "additionalProperties": {}},
        {"type": "object", "additionalProperties": True},
    ),
    "values by the pattern of their name": (
        {"type": "object", "patternProperties": {"^x": TEXT}, "additionalProperties": False},
        {"type": "object", "additionalProperties": TEXT},
    ),
    "odd names close an object": (
        {"type": "object", "properties": {"a]": TEXT}, "additionalProperties": True},
        {"type": "object", "properties": {"a]": TEXT}},
    ),
    "a property called $ref opens it": (
        {"type": "object", "properties": {"$ref": TEXT, "b": TEXT}},
        {"type": "object", "properties": {"b": TEXT}, "additionalProperties": True},
    ),
    "a union with everything is everything": ({"anyOf": [TEXT, True], "title": "x"}, {"title": "x"}),
    "a union of one is that one": ({"oneOf": [TEXT, False], "description": "x"}, {"type": "string", "description": "x"}),
    "what stands around a union is in each branch": (
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {
            "oneOf": [
                {"required": ["a"], "type": "object", "properties": {"a": TEXT, "b": TEXT}},
                {"required": ["b"], "type": "object", "properties": {"a": TEXT, "b": TEXT}},
            ]
        },
    ),
    "allOf is merged": (
        {"allOf": [{"type": "object", "properties": {"a": TEXT}}, {"required": ["a"], "description": "both"}]},
        {"type": "object", "properties": {"a": TEXT}, "required": ["a"], "description": "both"},
    ),
    "then and else name properties": (
        {"type": "object", "properties": {"a": TEXT}, "if": {}, "then": {"properties": {"b": TEXT}}},
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}},
    ),
    "a foreign reference takes anything": ({"$ref": "https://example.invalid/x"}, ANY),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_construct(name: str) -> None:
    part, lowered = PARTS[name]
    tool = lower_tool({"type": "object", "properties": {"p": part}})
    assert tool["properties"]["p"] == lowered
    assert orjson.dumps(tool["properties"]["p"]) == orjson.dumps(lowered), "the order of the words"


ROOTS: dict[str, tuple[Json, Json]] = {
    "nothing": ({}, {"type": "object", "properties": {}}),
    "a text": ({"type": "string"}, {"type": "object", "properties": {}}),
    "either of two objects": (
        {"anyOf": [{"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"b": TEXT}, "required": ["a", "b"]}]},
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
    ),
    "its own root": (
        {"type": "object", "properties": {"p": {"$ref": "#"}}},
        {
            "type": "object",
            "properties": {
                "p": {"type": "object", "properties": {"p": {"type": "object", "properties": {"p": {"type": "object"}}}}}
            },
        },
    ),
    "definitions are written out": (
        {"$defs": {"a/b": TEXT}, "type": "object", "properties": {"x": {"$ref": "#/$defs/a~1b", "description": "X"}}},
        {"type": "object", "properties": {"x": {"description": "X", "type": "string"}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROOTS)
def test_root_of_a_tool_is_an_object_with_properties(name: str) -> None:
    given_schema, lowered = ROOTS[name]
    assert lower_tool(given_schema) == lowered


@pytest.mark.parametrize("name", BY_HAND)
def test_schema_from_the_wild_ends_in_the_subset(name: str) -> None:
    for lowered in (lower_tool(BY_HAND[name]), lower_output(BY_HAND[name])):
        assert complaints(lowered) == []
    assert lower_tool(BY_HAND[name]).get("type") == "object"


@pytest.mark.parametrize("name", ["no parameters", "read a file", "edits", "a search", "a map of headers", "sorting"])
def test_schema_that_needs_nothing_is_the_same_object(name: str) -> None:
    assert lower_tool(BY_HAND[name]) is BY_HAND[name]


def test_lowering_is_the_same_every_time_and_changes_nothing_twice() -> None:
    for name, schema in tool_schemas(300).items():
        once = lower_tool(schema)
        assert orjson.dumps(lower_tool(orjson.loads(orjson.dumps(schema)))) == orjson.dumps(once), name
        assert lower_tool(once) is once, name


def test_no_description_is_lost() -> None:
    schema = BY_HAND["allOf around one reference"]
    assert lower_tool(schema)["properties"]["mode"]["description"] == "How"


def test_references_that_double_stay_small() -> None:
    began = time.perf_counter()
    lowered = lower_tool(BY_HAND["references that double"])
    assert len(orjson.dumps(lowered)) < 20_000
    assert time.perf_counter() - began < 2


def test_numbers_beyond_64_bits_do_not_stop_a_request() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 2**70, "default": 2**70, "enum": [2**70]}},
    }
    assert orjson.dumps(lower_tool(schema)) == b'{"type":"object","properties":{"n":{"type":"integer"}}}'


WORDS = (
    "type properties required items enum const anyOf oneOf allOf $ref $defs not if then pattern format minLength maxLength "
    "minimum maximum exclusiveMinimum minItems additionalProperties patternProperties prefixItems nullable description "
    "default a"
)
STRINGS = "object string integer array null # #/$defs/a #/properties/a ^[a-z]+$ ( ^\\d$ x"
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.sampled_from(STRINGS.split()),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=25,
)
SCHEMAS = st.dictionaries(st.sampled_from(WORDS.split()), ANYTHING, max_size=6)


@given(SCHEMAS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_given_ends_in_the_subset(schema: Json) -> None:
    for lower in (lower_tool, lower_output):
        lowered = lower(schema)
        assert complaints(lowered) == []
        orjson.dumps(lowered)
        assert lower(lowered) == lowered
