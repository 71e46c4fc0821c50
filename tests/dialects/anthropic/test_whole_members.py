"""A stream of arguments that is cut anywhere holds no value that the model had not finished."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jiter import from_json
from tests.support.turns import argument_objects, pieces

from unsloth_studio.dialects.anthropic.whole_members import WholeMembers

WHOLE: dict[str, Any] = {
    "command": 'rm -rf "build" \\ {[1,2]}',
    "timeout": 12345,
    "ratio": -1.5e10,
    "force": True,
    "nothing": None,
    "paths": ["a", "b", {"c": [1, 2, {"d": "}"}]}],
    "deep": {"x": {"y": 12}},
    "last": 99,
}


def fed(text: str, cuts: list[str]) -> str:
    members = WholeMembers()
    return "".join(members.feed(piece) for piece in cuts or [text])


@pytest.mark.parametrize("indent", [None, 1])
def test_cut_at_every_letter_each_member_is_whole_or_missing(indent: int | None) -> None:
    text, seen = json.dumps(WHOLE, indent=indent), ""
    for end in range(1, len(text) + 1):
        seen = fed(text[:end], list(text[:end]))
        assert text.startswith(seen)
        assert seen == fed(text[:end], [text[: end // 2], text[end // 2 : end]]), "however it was cut before"
        value: dict[str, Any] = from_json(seen.encode() or b"{}", partial_mode=True)  # what the official SDK does
        assert {key: WHOLE[key] for key in value} == value
    assert fed(text, list(text)) == text


@given(argument_objects.map(json.dumps).flatmap(lambda text: st.tuples(st.just(text), pieces(text))))
def test_a_whole_object_goes_out_whole(cut: tuple[str, list[str]]) -> None:
    text, parts = cut
    assert fed(text, parts) == text


def test_a_long_text_is_not_held_back() -> None:
    members = WholeMembers()
    assert members.feed('{"content": "first line\\n') == '{"content": "first line\\n'
    assert members.feed("second 12") == "second 12"
