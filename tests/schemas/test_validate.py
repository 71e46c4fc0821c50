"""A value is checked against its full schema: the place is named, nothing is fetched, nothing raises, nothing takes long."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.tool_schemas import BY_HAND

from unsloth_studio.schemas.check import Fault, check_turn, complaint
from unsloth_studio.schemas.validate import Violation, first_violation
from unsloth_studio.turn.messages import OutputFormat, Part, TextPart, ToolCallPart, ToolDefinition

Json = dict[str, Any]
TEXT: Json = {"type": "string"}

WRONG: dict[str, tuple[Any, Json, str]] = {
    "a missing property": ({}, {"required": ["a"]}, ""),
    "a pattern inside a list": ({"a": ["x", "y"]}, {"properties": {"a": {"items": {"pattern": "^x$"}}}}, "a[1]"),
    "behind a reference": (
        {"a": {"b": 1}},
        {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"properties": {"b": TEXT}}}},
        "a.b",
    ),
    "its own root": ({"next": {"next": 5}}, {"type": "object", "properties": {"next": {"$ref": "#"}}}, "next.next"),
    "a fraction below its minimum": (0.5, {"type": "number", "minimum": 1}, ""),
    "exclusive bounds of draft 4": (3, {"minimum": 3, "exclusiveMinimum": True}, ""),
    "a tuple of draft 4": (["a", "b"], {"items": [TEXT, {"type": "integer"}]}, "[1]"),
    "a type by another name": (3, {"type": "str"}, ""),
    "not": ("", {"not": {"enum": [""]}}, ""),
    "a condition": ({"k": 1}, {"if": {"properties": {"k": {"const": 1}}}, "then": {"required": ["b"]}}, ""),
    "names by pattern": ({"y": 1}, {"patternProperties": {"^x": {}}, "additionalProperties": False}, ""),
    "more than one of them": (1, {"oneOf": [{"type": "integer"}, {"minimum": 0}]}, ""),
}  # fmt: skip

RIGHT: dict[str, tuple[Any, Any]] = {
    "nullable": (None, {"type": "string", "nullable": True}),
    "an unknown type": (3, {"type": "widget"}),
    "a foreign reference": (3, {"$ref": "http://127.0.0.1:9/schema.json"}),
    "a foreign base": (3, {"$id": "http://127.0.0.1:9/", "$ref": "x.json"}),
    "a foreign draft": (3, {"$schema": "http://127.0.0.1:9/meta", "type": "integer"}),
    "a reference to nowhere": (3, {"$ref": "#/$defs/x"}),
    "a circle": (3, {"$ref": "#"}),
    "words in the wrong form": ({}, {"required": True, "properties": [], "type": 5, "enum": None, "minLength": "x"}),
    "a pattern that is none": ("x", {"pattern": "((("}),
    "a pattern that cannot be read, negated": ("x", {"not": {"pattern": "(?=y)"}}),
    "a pattern of names that cannot be read": (
        {"y": 1},
        {"patternProperties": {"(?=y)": {}}, "additionalProperties": False},
    ),
    "either of two that cannot be told apart": ("x", {"oneOf": [{"pattern": "(?=y)"}, {"pattern": "(?=x)"}]}),
    "bounds that contradict": (3, {"minimum": 5, "maximum": 2}),
    "no schema": (3, None),
    "formats are not checked": ("x", {"format": "date"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_violation_names_its_place(name: str) -> None:
    value, schema, path = WRONG[name]
    found = first_violation(value, schema)
    assert found is not None
    assert found.path == path
    assert found.message


@pytest.mark.parametrize("name", RIGHT)
def test_what_cannot_be_judged_is_let_through(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    value, schema = RIGHT[name]
    assert first_violation(value, schema) is None


def test_long_values_are_shortened_in_the_message() -> None:
    found = first_violation("x" * 10_000, {"maxLength": 5})
    assert found is not None
    assert len(found.message) < 300


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a" * 60 + "!", {"pattern": "^(a+)+$"}),
        (
            1,
            {
                "$defs": {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)},
                "$ref": "#/$defs/d0",
            },
        ),
    ],
    ids=["a pattern that backtracks", "references that double"],
)
def test_hostile_schemas_take_no_time(value: Any, schema: Json) -> None:
    began = time.perf_counter()
    first_violation(value, schema)
    assert time.perf_counter() - began < 5


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "value", "path"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(sorted(BY_HAND)))
@settings(max_examples=300, deadline=None)
def test_nothing_raises(value: Any, name: str) -> None:
    assert isinstance(first_violation(value, BY_HAND[name]), Violation | None)


def test_the_library_is_loaded_by_the_first_check_only() -> None:
    code = (
        "import sys, unsloth_studio.schemas.check, unsloth_studio.engine.encode; sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


TOOLS = (ToolDefinition("add", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}),)
ANSWER = OutputFormat("json_schema", {"type": "object", "required": ["a"]})

TURNS: dict[str, tuple[list[Part], OutputFormat, list[str]]] = {
    "a good call": ([ToolCallPart("c1", "add", '{"n": 1}')], OutputFormat(), []),
    "no arguments are an empty object": ([ToolCallPart("c1", "add", "")], OutputFormat(), ["c1"]),
    "the second call": (
        [ToolCallPart("c1", "add", '{"n": 1}'), ToolCallPart("c2", "add", '{"n": "1"}')], OutputFormat(), ["c2"]
    ),
    "broken JSON": ([ToolCallPart("c1", "add", '{"n": 1')], OutputFormat(), ["c1"]),
    "a list for arguments": ([ToolCallPart("c1", "add", "[1]")], OutputFormat(), ["c1"]),
    "an unknown tool": ([ToolCallPart("c1", "sub", "{}")], OutputFormat(), ["c1"]),
    "a call before the answer": ([TextPart("hm"), ToolCallPart("c1", "add", '{"n": 1}')], ANSWER, []),
    "an answer that fits": ([TextPart('{"a"'), TextPart(": 1}")], ANSWER, []),
    "an answer that does not": ([TextPart("{}")], ANSWER, ["None"]),
    "an answer that is no object": ([TextPart("[]")], OutputFormat("json_object"), ["None"]),
    "text": ([TextPart("anything")], OutputFormat(), []),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_turn_is_checked(name: str) -> None:
    parts, output, at_fault = TURNS[name]
    assert [str(fault.call_id) for fault in check_turn(parts, TOOLS, output)] == at_fault


def test_tool_that_wants_no_object_is_not_held_to_it() -> None:
    tools = [ToolDefinition("add", "", {"type": "string"}), ToolDefinition("pick", "", {"enum": [1]})]
    assert check_turn([ToolCallPart("1", "add", "{}"), ToolCallPart("2", "pick", "{}")], tools, OutputFormat()) == ()


def test_complaint_names_the_tool_and_the_place() -> None:
    (fault,) = check_turn([ToolCallPart("c1", "add", '{"n": "x"}')], TOOLS, OutputFormat())
    assert "`add`" in complaint(fault)
    assert "at `n`: 'x' is not of type 'integer'" in complaint(fault)
    assert "answer" in complaint(Fault(Violation("", "no")))
