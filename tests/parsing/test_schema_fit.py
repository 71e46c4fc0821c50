"""Arguments fit their schema where there is no doubt what was meant, and stay as they are where there is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsing.offered import FORECAST

from unsloth_studio.parsing.schema_fit import declared, fit, fit_text, schema_of

PLACE = {"placeName": "Oslo"}

FITTED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a number written as text": ({"days": "5"}, {"days": 5}, "typed_by_schema"),
    "a negative number written as text": ({"days": " -5 "}, {"days": -5}, "typed_by_schema"),
    "an integral float": ({"days": 5.0}, {"days": 5}, "typed_by_schema"),
    "an integral float as text": ({"days": "5.0"}, {"days": 5}, "typed_by_schema"),
    "a decimal number as text": ({"limit": "0.5"}, {"limit": 0.5}, "typed_by_schema"),
    "false as text": ({"hourly": "false"}, {"hourly": False}, "typed_by_schema"),
    "True as text": ({"hourly": "True"}, {"hourly": True}, "typed_by_schema"),
    "a number where text is wanted": ({"placeName": 1040}, {"placeName": "1040"}, "typed_by_schema"),
    "an enum in another case": ({"unit": "Celsius"}, {"unit": "celsius"}, "enum_case"),
    "an enum of numbers as text": ({"level": "2"}, {"level": 2}, "enum_case"),
    "one text for a list": ({"tags": "sea"}, {"tags": ["sea"]}, "wrapped_list"),
    "one number as text for a list": ({"spans": "4"}, {"spans": [4]}, "wrapped_list"),
    "a list as JSON text": ({"tags": '["a", "b"]'}, {"tags": ["a", "b"]}, "json_text"),
    "a list as Python text": ({"spans": "(1, '2')"}, {"spans": [1, 2]}, "json_text"),
    "an object as JSON text": ({"area": '{"max_km": "3"}'}, {"area": {"max_km": 3}}, "json_text"),
    "items of a list": ({"spans": ["1", 2]}, {"spans": [1, 2]}, "typed_by_schema"),
    "members of an object": ({"area": {"maxKm": "3"}}, {"area": {"max_km": 3}}, "folded_keys"),
    "null as text in a union": ({"station": "null"}, {"station": None}, "typed_by_schema"),
    "a number as text in a union": ({"station": "7"}, {"station": 7}, "typed_by_schema"),
    "a part of allOf": ({"wind": "7"}, {"wind": 7}, "typed_by_schema"),
    "null for what is optional": ({"days": None}, {}, "dropped_nulls"),
}


@pytest.mark.parametrize(("written", "wanted", "repair"), FITTED.values(), ids=FITTED)
def test_a_value_becomes_what_the_schema_wants(written: dict[str, Any], wanted: dict[str, Any], repair: str) -> None:
    found = fit({**PLACE, **written}, FORECAST)
    assert found.arguments == {**PLACE, **wanted}
    assert [type(each) for each in found.arguments.values()] == [type(each) for each in {**PLACE, **wanted}.values()]
    assert repair in found.repairs
    assert found.problems == ()
    assert fit(found.arguments, FORECAST).repairs == ()


@pytest.mark.parametrize(
    "written",
    [
        {"placeName": "5"},
        {"placeName": "true"},
        {"placeName": '{"a": 1}'},
        {"placeName": " &amp; "},
        {"code": "5"},
        {"code": 5},
        {"station": None},
        {"days": True},
        {"days": "five"},
        {"days": "5.5"},
        {"hourly": "maybe"},
        {"hourly": 1},
        {"unit": "rankine"},
        {"tags": ""},
        {"placeName": ["Oslo"]},
        {"unknown": "5"},
    ],
    ids=str,
)
def test_a_value_that_fits_or_is_in_doubt_stays(written: dict[str, Any]) -> None:
    arguments = {**PLACE, **written}
    found = fit(arguments, FORECAST)
    assert found.arguments is arguments
    assert found.repairs == ()


@pytest.mark.parametrize("key", ["place_name", "PlaceName", "place-name", "placename", "Place Name"])
def test_a_key_in_another_spelling_is_the_declared_one(key: str) -> None:
    found = fit({key: "Oslo", "days": 1}, FORECAST)
    assert found.arguments == {"placeName": "Oslo", "days": 1}
    assert found.repairs == ("folded_keys",)


@pytest.mark.parametrize(
    ("arguments", "properties"),
    [
        ({"a_b": 1, "aB": 2}, ["ab"]),
        ({"a_b": 1}, ["aB", "a-b"]),
        ({"a_b": 1, "aB": 2}, ["aB"]),
        ({"place": 1}, ["place_name"]),
    ],
)
def test_a_key_that_fits_two_or_only_in_part_stays(arguments: dict[str, Any], properties: list[str]) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {key: {} for key in properties}}
    assert fit(arguments, schema).arguments == arguments


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, ".placeName: is required"),
        ({**PLACE, "days": "five"}, ".days: is not of type integer"),
        ({**PLACE, "unit": "rankine"}, ".unit: is not one of the allowed values"),
        ({**PLACE, "spans": [1, "x"]}, ".spans[1]: is not of type integer"),
        ({**PLACE, "station": "x"}, ".station: fits none of anyOf"),
    ],
)
def test_what_does_not_fit_is_a_problem(arguments: dict[str, Any], problem: str) -> None:
    assert fit(arguments, FORECAST).problems == (problem,)


def test_a_key_that_must_not_be_is_a_problem() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
    assert fit({"a": 1, "b": 2}, schema).problems == (".b: is not declared",)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.org/schema"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"properties": {"a": {"$ref": "#"}}, "required": 3},
        {"allOf": [{"$ref": "#"}] * 8},
        {"type": 5, "enum": 3, "properties": [], "anyOf": {}, "items": 3},
        {"type": "object", "properties": {"a": False}},
    ],
    ids=str,
)
def test_an_odd_schema_does_not_raise(schema: dict[str, Any]) -> None:
    assert fit({"a": {"a": {"a": "1"}}}, schema).arguments == {"a": {"a": {"a": "1"}}}
    assert fit_text("1", schema, schema) == "1"


def test_a_recursive_schema_types_all_levels() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "child": {"$ref": "#"}}}
    found = fit({"n": "1", "child": {"n": "2", "child": {"n": "3"}}}, schema)
    assert found.arguments == {"n": 1, "child": {"n": 2, "child": {"n": 3}}}


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("placeName", "5", "5"),
        ("placeName", " [1] ", " [1] "),
        ("placeName", "&lt;b&gt;", "&lt;b&gt;"),
        ("code", "5", "5"),
        ("days", " 5 ", 5),
        ("days", "five", "five"),
        ("limit", "1.5", 1.5),
        ("hourly", "False", False),
        ("hourly", "true", True),
        ("unit", "KELVIN", "kelvin"),
        ("level", "3", 3),
        ("station", "None", None),
        ("station", "12", 12),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("tags", "['it\\'s', 'b']", ["it's", "b"]),
        ("tags", "sea", ["sea"]),
        ("area", "{'max_km': 3}", {"max_km": 3}),
        ("area", "{broken", "{broken"),
        ("unknown", "5", "5"),
        ("unknown", '{"a": 1}', {"a": 1}),
    ],
)
def test_a_tagged_text_is_typed_by_its_schema(key: str, text: str, value: Any) -> None:
    found = fit_text(text, schema_of(FORECAST, key), FORECAST)
    assert found == value
    assert type(found) is type(value)


def test_keys_of_parts_and_branches_are_declared() -> None:
    schema: dict[str, Any] = {
        "allOf": [{"properties": {"a": {}}}],
        "anyOf": [{"properties": {"b": {}}}],
        "properties": {"c": {}},
    }
    assert set(declared(schema)) == {"a", "b", "c"}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["5", "true", "[1]", "null"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FORECAST["properties"], "place_name", "x"]), VALUES))
@settings(max_examples=200, deadline=None)
def test_fitting_does_not_raise_and_twice_is_once(arguments: dict[str, Any]) -> None:
    once = fit(arguments, FORECAST)
    twice = fit(once.arguments, FORECAST)
    assert twice.repairs == ()
    assert twice.problems == once.problems
