"""A malformed body always gives a `TurnFailure` that names the field, and nothing else."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.openai_chat.malformed_bodies import FIELDS, FULL, NOT_AN_OBJECT, NOT_JSON

from unsloth_studio.dialects.openai_chat.read import ChatCall, read
from unsloth_studio.turn.errors import TurnFailure


def test_the_table_has_at_least_a_hundred_bodies() -> None:
    assert len(FIELDS) + len(NOT_JSON) + len(NOT_AN_OBJECT) >= 100


@pytest.mark.parametrize(("name", "value", "param"), FIELDS, ids=[f"{f[2]}={str(f[1])[:60]}" for f in FIELDS])
def test_a_wrong_field_is_named(name: str, value: object, param: str) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], name: value}
    with pytest.raises(TurnFailure) as caught:
        read(json.dumps(body).encode())
    assert caught.value.error.kind == "invalid_request"
    assert caught.value.error.param == param
    assert caught.value.error.message.startswith(param)


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(TurnFailure) as caught:
        read(body)
    assert (caught.value.error.kind, caught.value.error.code) == ("invalid_request", "invalid_json")


@pytest.mark.parametrize("body", NOT_AN_OBJECT.values(), ids=NOT_AN_OBJECT)
def test_what_is_not_an_object_is_refused(body: bytes) -> None:
    with pytest.raises(TurnFailure, match="The request body"):
        read(body)


def test_messages_are_required() -> None:
    with pytest.raises(TurnFailure, match="messages: this field is required"):
        read(b"{}")


def test_the_full_body_is_well_formed() -> None:
    assert isinstance(read(json.dumps(FULL).encode()), ChatCall)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def keys_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return sorted(cast("dict[str, Any]", value))
    return list(range(len(cast("list[Any]", value)))) if isinstance(value, list) else []


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """The full body with one place in it replaced, removed or doubled, or with bytes cut out."""
    body: Any = json.loads(json.dumps(FULL))
    place: Any = body
    key: str | int = draw(st.sampled_from(sorted(body)))
    while (keys := keys_of(place[key])) and draw(st.booleans()):
        place = place[key]
        key = draw(st.sampled_from(keys))
    match draw(st.sampled_from(["replace", "remove", "double", "cut"])):
        case "replace":
            place[key] = draw(values)
        case "remove":
            del place[key]
        case "double":
            place[key] = [place[key], place[key]]
        case _:
            text = json.dumps(body).encode()
            at = draw(st.integers(0, len(text)))
            return text[:at] + text[at + draw(st.integers(1, 40)) :]
    return json.dumps(body).encode()


@settings(max_examples=400)
@given(mutations() | st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()))
def test_any_body_gives_a_call_or_a_failure(body: bytes) -> None:
    outcome = outcome_of(body)
    if isinstance(outcome, TurnFailure):
        assert outcome.error.kind == "invalid_request"
        assert outcome.error.message.endswith(".")


def outcome_of(body: bytes) -> ChatCall | TurnFailure:
    try:
        return read(body)
    except TurnFailure as failure:
        return failure
