"""Bodies that are wrong: each is refused with the field's name, and none with anything but `TurnFailure`."""

from __future__ import annotations

from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_responses.examples import NAMESPACED
from tests.dialects.openai_responses.malformed import NOT_AN_OBJECT, NOT_JSON, WRONG_FIELDS, WRONG_ITEMS
from tests.dialects.openai_responses.requests import HI, answered, called, said, thought

from unsloth_studio.dialects.openai_responses.errors import error_body
from unsloth_studio.dialects.openai_responses.read import ResponsesCall, read
from unsloth_studio.dialects.openai_responses.write import ResponsesStreamWriter
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import TurnEnd, TurnStart, Usage

DEEP = b"[" * 250 + b"]" * 250


def refused(body: bytes) -> TurnFailure:
    with pytest.raises(TurnFailure) as caught:
        read(body)
    error = caught.value.error
    assert error.kind == "invalid_request"
    assert orjson.loads(error_body(error))["error"]["type"] == "invalid_request_error"
    return caught.value


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refused(body).error.code == "invalid_json"


@pytest.mark.parametrize("body", NOT_AN_OBJECT.values(), ids=NOT_AN_OBJECT)
def test_what_is_not_an_object_is_refused(body: bytes) -> None:
    refused(body)


@pytest.mark.parametrize(("fields", "param"), WRONG_FIELDS, ids=[str(fields)[:70] for fields, _ in WRONG_FIELDS])
def test_a_wrong_field_is_named(fields: dict[str, Any], param: str) -> None:
    error = refused(orjson.dumps({"input": "Hi"} | _with_big_numbers(fields))).error
    assert error.param == param
    assert error.message.startswith(param)


@pytest.mark.parametrize(("item", "param"), WRONG_ITEMS, ids=[str(item)[:70] for item, _ in WRONG_ITEMS])
def test_a_wrong_item_is_named(item: Any, param: str) -> None:
    assert refused(orjson.dumps({"input": [HI, item]})).error.param == param


def test_a_missing_input_is_named() -> None:
    assert refused(b"{}").error.param == "input"


@pytest.mark.parametrize(
    "body",
    [
        b'{"input": "Hi", "tools": [{"type": "function", "name": "f", "parameters": {"x": %b}}]}',
        b'{"input": "Hi", "text": {"format": {"type": "json_schema", "schema": {"x": %b}}}}',
        b'{"input": "Hi", "chat_template_kwargs": {"x": %b}}',
    ],
    ids=["a tool", "a schema", "an engine setting"],
)
def test_what_is_nested_too_deeply_to_be_written_again_is_refused(body: bytes) -> None:
    assert "nested too deeply" in refused(body % DEEP).error.message


def test_a_hosted_call_nested_too_deeply_is_passed_on_without_it() -> None:
    item = b'{"type": "shell_call", "call_id": "c", "action": %b}' % DEEP
    assert isinstance(read(b'{"input": [{"role": "user", "content": "Hi"}, %b]}' % item), ResponsesCall)


GOOD: dict[str, Any] = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [
        HI,
        thought("Hm."),
        said("Looking."),
        called("c"),
        answered("c", "1"),
        {"type": "shell_call", "call_id": "d"},
    ],
    "tools": NAMESPACED,
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_weather"}]},
    "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}},
    "reasoning": {"effort": "low", "summary": "auto"},
    "stream": True,
    "temperature": 1,
    "stop": ["x"],
    "metadata": {"a": "b"},
}
_words = st.sampled_from(["function", "message", "custom", "namespace", "auto", "x"])
_keys = st.sampled_from(["type", "name", "role", "content", "tools", "text", "call_id"])
_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | _words
_junk = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=3), max_leaves=6
)


@given(st.data())
def test_no_mutation_of_a_good_body_gives_anything_but_a_call_or_a_refusal(data: st.DataObject) -> None:
    body = orjson.loads(orjson.dumps(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        _mutate(body, data)
    _read_and_answer(orjson.dumps(body))


@given(st.binary(max_size=30), st.integers(0, 400), st.integers(0, 30))
def test_no_damage_to_the_bytes_gives_anything_but_a_call_or_a_refusal(junk: bytes, at: int, cut: int) -> None:
    good = orjson.dumps(GOOD)
    _read_and_answer(good[:at] + junk + good[at + cut :])


def _read_and_answer(body: bytes) -> None:
    try:
        call = read(body)
    except TurnFailure as failure:
        error_body(failure.error)
        return
    frames = ResponsesStreamWriter(call, created=1).feed([TurnStart("0", "m"), TurnEnd("stop", Usage())])
    assert b"response.completed" in frames


def _mutate(value: Any, data: st.DataObject) -> None:
    """Walk down a random way, and replace or remove what is found at its end."""
    keys: list[Any] = sorted(cast("dict[str, Any]", value)) if isinstance(value, dict) else list(range(len(value)))
    key = data.draw(st.sampled_from(keys))
    inner = cast("object", value[key])
    if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
        _mutate(cast("Any", inner), data)
    elif len(keys) > 1 and data.draw(st.booleans()):
        del value[key]
    else:
        value[key] = data.draw(_junk)


def _with_big_numbers(fields: dict[str, Any]) -> dict[str, Any]:
    """Integers beyond 64 bits as the floating point numbers that they are read as."""
    return {key: float(value) if isinstance(value, int) and value > 2**64 else value for key, value in fields.items()}
