"""Arguments as models write them."""

from __future__ import annotations

from typing import Any

import pytest

from unsloth_studio.tools import arguments as checked
from unsloth_studio.tools.arguments import BadArgument


@pytest.mark.parametrize(
    ("value", "number"), [(3, 3), ("4", 4), (2.0, 2), ("5.0", 5), (99, 10), (-1, 1), (None, 7), ("", 7)]
)
def test_numbers_are_brought_into_their_bounds(value: Any, number: int) -> None:
    assert checked.number({"n": value}, "n", default=7, lowest=1, highest=10) == number


@pytest.mark.parametrize("value", ["many", True, [], {}, "NaN", "inf", float("nan")])
def test_what_is_no_number_is_said(value: Any) -> None:
    with pytest.raises(BadArgument, match="`n` must be a whole number from 1 to 10"):
        checked.number({"n": value}, "n", default=7, lowest=1, highest=10)


@pytest.mark.parametrize("value", [None, "", "  ", 3, ["a"], {}])
def test_a_text_that_is_missing_is_said(value: Any) -> None:
    with pytest.raises(BadArgument, match="`t` must be a text"):
        checked.text({"t": value}, "t", longest=10)


def test_texts() -> None:
    assert checked.text({"t": " a "}, "t", longest=10) == "a"
    assert checked.text({}, "t", longest=10, default="d") == "d"
    assert checked.text({"t": ""}, "t", longest=10, default="") == ""
    assert checked.texts({"t": "a"}, "t", most=2, longest=5) == ["a"]
    assert checked.texts({"t": ["a", "b", "a"]}, "t", most=2, longest=5) == ["a", "b"]
    for value, said in (
        ([], "at least one"),
        (["a", 3], "must be a text"),
        (["a", "b", "c"], "names 3; at most 2"),
        (None, "text"),
    ):
        with pytest.raises(BadArgument, match=said):
            checked.texts({"t": value}, "t", most=2, longest=5)
    with pytest.raises(BadArgument, match="has 11 characters; at most 10"):
        checked.text({"t": "x" * 11}, "t", longest=10)


def test_choices_and_flags() -> None:
    assert checked.one_of({"c": " Basic "}, "c", ("basic", "deep"), default="deep") == "basic"
    assert checked.one_of({}, "c", ("basic", "deep"), default="deep") == "deep"
    assert [checked.flag({"f": value}, "f") for value in (True, "true", None, False, "False")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(BadArgument, match="one of basic, deep"):
        checked.one_of({"c": 3}, "c", ("basic", "deep"), default="deep")
    with pytest.raises(BadArgument, match="true or false"):
        checked.flag({"f": "yes please"}, "f")
