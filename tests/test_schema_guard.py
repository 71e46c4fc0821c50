"""What hangs or crashes the engine's grammar compiler is refused in an answer's schema, and taken out of a tool's."""

from __future__ import annotations

from typing import Any

import pytest

from unsloth_studio.schema_guard import check_grammar, check_schema
from unsloth_studio.schemas.lower import lower_tool
from unsloth_studio.turn.errors import TurnFailure

Json = dict[str, Any]


def deep(levels: int) -> Json:
    schema: Json = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


BAD: dict[str, tuple[Json, str]] = {
    "a minimum above its maximum": ({"type": "string", "minLength": 5, "maxLength": 2}, "s.minLength"),
    "more items than allowed": ({"properties": {"a": {"minItems": 3, "maxItems": 1}}}, "s.properties.a.minItems"),
    "numbers the wrong way round": ({"minimum": 2.5, "maximum": 1}, "s.minimum"),
    "a negative length": ({"minLength": -1}, "s.minLength"),
    "a length beyond measure": ({"minLength": 10**9}, "s.minLength"),
    "a repetition the wrong way round": ({"pattern": "^a{5,2}$"}, "s.pattern"),
    "a repetition beyond measure": ({"pattern": "a{1,9999999}"}, "s.pattern"),
    "open brackets": ({"pattern": "(((("}, "s.pattern"),
    "a bad range": ({"items": [{"pattern": "^[z-a]$"}]}, "s.items[0].pattern"),
    "a pattern beyond measure": ({"pattern": "a" * 5000}, "s.pattern"),
    "a reference to itself": ({"allOf": [{"$ref": "#/allOf/0"}]}, "s.allOf[0].$ref"),
    "two references to each other": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
        "s.$ref",
    ),
}

GOOD: dict[str, Json] = {
    "nothing": {},
    "equal bounds": {"minLength": 3, "maxLength": 3, "pattern": "^[a-z]{2,4}$"},
    "a tree": {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    },
    "a reference to nowhere": {"$ref": "#/$defs/none"},
    "a foreign reference": {"$ref": "https://example.com/schema"},
    "patterns of another dialect": {"pattern": "^\\\\p{L}+$", "items": {"pattern": "(?<year>[0-9]+)"}},
    "a property called pattern": {"properties": {"pattern": {"type": "string"}, "minLength": {"type": "integer"}}},
    "booleans for numbers": {"minimum": True, "maximum": False},
    "as deep as allowed": deep(60),
}


@pytest.mark.parametrize("name", BAD)
def test_schema_that_cannot_work_is_refused_with_its_place(name: str) -> None:
    schema, param = BAD[name]
    with pytest.raises(TurnFailure) as caught:
        check_schema(schema, "s")
    assert caught.value.error.param == param


@pytest.mark.parametrize("name", GOOD)
def test_other_schemas_are_left_alone(name: str) -> None:
    check_schema(GOOD[name], "s")


def test_depth_is_bounded() -> None:
    with pytest.raises(TurnFailure, match="nested too deeply"):
        check_schema(deep(200), "s")


@pytest.mark.parametrize("name", BAD)
def test_tool_loses_only_what_is_harmful(name: str) -> None:
    schema = {"type": "object", "properties": {"kept": {"type": "string"}, "odd": BAD[name][0]}}
    check_schema(lowered := lower_tool(schema), "s")
    assert lowered["properties"]["kept"] == {"type": "string"}


@pytest.mark.parametrize("grammar", ["root ::= " + "(" * 50_000, "x" * 300_000, 'root ::= "a"{9,2}'])
def test_grammar_that_cannot_work_is_refused(grammar: str) -> None:
    with pytest.raises(TurnFailure) as caught:
        check_grammar(grammar, "grammar")
    assert caught.value.error.param == "grammar"


def test_usual_grammar_is_taken() -> None:
    check_grammar('root ::= ("yes" | "no") ws\nws ::= [ \\t]{0,20}', "grammar")
