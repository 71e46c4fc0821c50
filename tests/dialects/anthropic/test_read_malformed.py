"""Whatever the bytes, a body is read or refused with the path of the field at fault; nothing else happens."""

from __future__ import annotations

import json
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.anthropic.malformed import BLOCKS, FIELDS, MESSAGES, NOT_JSON, NOT_OBJECTS, PNG, TEXT, TOOL, nested

from unsloth_studio.dialects.anthropic.errors import error_body
from unsloth_studio.dialects.anthropic.read import MessagesCall, read, read_count
from unsloth_studio.turn.errors import TurnFailure

FULL: dict[str, Any] = {
    "model": "m",
    "max_tokens": 64,
    "stream": True,
    "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [TEXT, {"type": "image", "source": PNG}]},
        {"role": "system", "content": "env"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "t", "signature": "s"},
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": [1, {"b": None}]}},
                {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "srvtoolu_1",
                    "content": [{"title": "t", "url": "u"}],
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [TEXT], "is_error": False},
                {"type": "document", "source": {"type": "content", "content": [TEXT]}, "title": "t"},
                {"type": "search_result", "source": "s", "title": "t", "content": [TEXT]},
            ],
        },
    ],
    "tools": [TOOL, {"type": "web_search_20250305", "name": "web_search"}],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 20,
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u"},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "chat_template_kwargs": {"a": 1},
}


def refused(body: bytes) -> TurnFailure:
    """The refusal, the same from both endpoints, and one that can be sent."""
    with pytest.raises(TurnFailure) as failure:
        read(body)
    with pytest.raises(TurnFailure) as count_failure:
        read_count(body)
    assert count_failure.value.error == failure.value.error
    assert orjson.loads(error_body(failure.value.error))["error"]["type"] == "invalid_request_error"
    return failure.value


def raw(value: Any) -> bytes:
    """JSON of any depth, which `orjson` would not write."""
    return json.dumps(value).encode()


def with_message(message: Any) -> bytes:
    return raw({"messages": [message]})


def name_of(case: Any) -> str:
    return f"{case[0]} = {str(case[1])[:60]}"


def test_valid_body_is_read() -> None:
    assert isinstance(read(raw(FULL)), MessagesCall)


def test_table_is_as_long_as_promised() -> None:
    assert len(NOT_JSON) + len(NOT_OBJECTS) + len(FIELDS) + len(BLOCKS) + len(MESSAGES) >= 160


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    error = refused(body).error
    assert (error.code, error.param) == ("invalid_json", None)


@pytest.mark.parametrize("body", NOT_OBJECTS.values(), ids=NOT_OBJECTS)
def test_what_is_not_an_object_is_refused(body: bytes) -> None:
    assert "The request body" in refused(body).error.message


@pytest.mark.parametrize("case", FIELDS, ids=name_of)
def test_wrong_field_is_named(case: tuple[str, Any, str]) -> None:
    field, value, param = case
    error = refused(raw({"messages": [{"role": "user", "content": "x"}], field: value})).error
    assert error.param == param
    assert error.message.startswith(f"{param}: ")


@pytest.mark.parametrize("case", BLOCKS, ids=name_of)
def test_wrong_block_is_named(case: tuple[str, Any, str]) -> None:
    role, block, path = case
    error = refused(with_message({"role": role, "content": [block]})).error
    assert error.param == f"messages[0].content{path}"
    assert error.message.startswith(f"{error.param}: ")


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: str(case[0])[:60])
def test_wrong_message_is_named(case: tuple[Any, str]) -> None:
    message, param = case
    assert refused(with_message(message)).error.param == param


def test_missing_messages_are_named() -> None:
    assert refused(b"{}").error.param == "messages"


@pytest.mark.parametrize("field", ["metadata", "cache_control", "unknown_field", "context_management"])
def test_depth_of_what_is_dropped_does_not_matter(field: str) -> None:
    assert isinstance(read(raw({"messages": [{"role": "user", "content": "x"}], field: nested(900)})), MessagesCall)


_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
_JUNK = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside of `value`."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        items = list(enumerate(cast("list[Any]", value)))
    inner = [path for key, item in items for path in _paths(item, (*here, key))]
    return [here, *inner] if here else inner


PATHS = _paths(FULL)


def mutated(path: tuple[Any, ...], value: Any, *, delete: bool) -> bytes:
    body: Any = orjson.loads(orjson.dumps(FULL))
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    if delete:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return raw(body)


def read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except TurnFailure as failure:
        orjson.loads(error_body(failure.error))


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(PATHS), _JUNK, st.booleans())
def test_any_mutation_of_a_valid_body_is_read_or_refused(path: tuple[Any, ...], value: Any, delete: bool) -> None:
    read_or_refused(mutated(path, value, delete=delete))


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(PATHS), st.sampled_from(PATHS))
def test_any_exchange_of_two_values_is_read_or_refused(path: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    value: Any = FULL
    for key in other:
        value = value[key]
    read_or_refused(mutated(path, value, delete=False))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_damage_to_the_bytes_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(raw(FULL))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(body[: data.draw(st.integers(0, len(body)))]))


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_refused(body: bytes) -> None:
    read_or_refused(body)
