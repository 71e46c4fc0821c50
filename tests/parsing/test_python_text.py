"""Python literals and calls are read without evaluating anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsloth_studio.parsing.python_text import CALL_LIMIT, PyCall, read_calls, read_literal

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True),
        ("null", None),
        ("-17", -17),
        ("0042", 42),
        ("2.50", 2.5),
        ("(1, 'two')", [1, "two"]),
        ("{'a': {'b': (3,)}}", {"a": {"b": [3]}}),
        (r"'it\'s'", "it's"),
        ("{'note': 'it's late'}", {"note": "it's late"}),
        ("'one\ntwo'", "one\ntwo"),
        ("'''a 'b' c'''", "a 'b' c"),
        (r"r'\d+'", r"\d+"),
        (r"'\x41'", "A"),
        ("'one' 'two'", "onetwo"),
    ],
)
def test_a_literal_is_read(text: str, value: Any) -> None:
    found = read_literal(text)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "text", ["", "f(1)", "__import__('os')", "1 + 1", "x", "nan", "1e999", "9" * 2000, "(" * 97 + ")" * 97]
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    assert read_literal(text) is None


@given(LITERALS)
@settings(max_examples=150, deadline=None)
def test_what_python_writes_is_read_back(value: Any) -> None:
    found = read_literal(repr(value))
    assert found is not None
    assert found.value == value
    assert found.repairs == () or "\\ud" in repr(value)


CALLS: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ('[tide(at="Bodø", days=-3), now()]', [("tide", {"at": "Bodø", "days": -3}), ("now", {})]),
    ("tide(at='Bodø')", [("tide", {"at": "Bodø"})]),
    ("tide(a=1)\nnow()", [("tide", {"a": 1}), ("now", {})]),
    ("tide(a=1); now(b=[])", [("tide", {"a": 1}), ("now", {"b": []})]),
    ("print(default_api.tide(a={'b': None}))", [("default_api.tide", {"a": {"b": None}})]),
    ("result = tide(a=1)", [("tide", {"a": 1})]),
    ('sea.tide.call(a="b")', [("sea.tide.call", {"a": "b"})]),
    ('tide(class="x", from=007)', [("tide", {"class": "x", "from": 7})]),
    ("tide(text='it's late', b=1)", [("tide", {"text": "it's late", "b": 1})]),
    ('tide(text="the "blue" one")', [("tide", {"text": 'the "blue" one'})]),
    ("tide(text='one\ntwo', span=(1, 2))", [("tide", {"text": "one\ntwo", "span": [1, 2]})]),
    ("tide(text='f(x), y=2')", [("tide", {"text": "f(x), y=2"})]),
    ("tide(**{'a': 1})", [("tide", {"a": 1})]),
    ('tide({"a": 1})', [("tide", {"a": 1})]),
    ("[tide(a=1,)", [("tide", {"a": 1})]),
]


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_calls_are_read(text: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    found = read_calls(text)
    assert found is not None
    assert [(call.name, call.arguments) for call in found] == calls
    assert not any(call.positional for call in found)


def test_what_is_usual_in_python_is_no_repair() -> None:
    assert read_calls("[tide(a='b', c=True, d=(1, 2),)]") == [PyCall("tide", {"a": "b", "c": True, "d": [1, 2]})]


def test_an_argument_without_a_name_is_told() -> None:
    assert read_calls('tide("Bodø", days=2)') == [PyCall("tide", {"days": 2}, positional=True)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "tide",
        "tide(a=f(x))",
        "tide(a=b)",
        "tide(a=1) and so on",
        "see tide(a=1)",
        "tide(a=1 + 2)",
        "a(b=1e999)",
    ],
)
def test_what_is_no_call_is_refused(text: str) -> None:
    assert read_calls(text) is None


def test_too_many_calls_are_refused() -> None:
    assert read_calls("a();" * CALL_LIMIT) is not None
    assert read_calls("a();" * (CALL_LIMIT + 1)) is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [('[tide(a="x"', True), ('[tide(a="x")', True), ("[tide(a=1", False), ('tide(a="x", ', False), ("tide(", False)],
)
def test_a_cut_call_is_closed_only_after_a_value_that_ended(text: str, whole: bool) -> None:
    assert (read_calls(text, cut=True) is not None) is whole


@given(st.text(alphabet="abf()[]{}='\",.;\\ \n*#:-1x", max_size=50), st.booleans())
@settings(max_examples=600, deadline=None)
def test_no_text_raises(text: str, cut: bool) -> None:
    read_calls(text, cut=cut)
    read_literal(text)
