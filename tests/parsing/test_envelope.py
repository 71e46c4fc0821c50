"""A JSON value is a call of an offered tool under whatever keys, or it is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsing.offered import FORECAST, TOOLS

from unsloth_studio.parsing.envelope import RawCall, calls_of
from unsloth_studio.parsing.names import ToolNames

NAMES = ToolNames(TOOLS)
OSLO = {"placeName": "Oslo"}
OSLO_TEXT = '{"placeName": "Oslo"}'

CALLS: dict[str, tuple[Any, str | None]] = {
    "name and arguments": ({"name": "get_forecast", "arguments": OSLO}, None),
    "name and parameters": ({"name": "get_forecast", "parameters": OSLO}, None),
    "tool_name and parameters": ({"tool_name": "get_forecast", "parameters": OSLO, "tool_call_id": "0"}, None),
    "a type beside": ({"type": "function", "name": "get_forecast", "parameters": OSLO}, None),
    "tool and args": ({"tool": "get_forecast", "args": OSLO}, "envelope_keys"),
    "action and action_input": ({"action": "get_forecast", "action_input": OSLO}, "envelope_keys"),
    "function_name and input": ({"function_name": "get_forecast", "input": OSLO}, "envelope_keys"),
    "function as the name": ({"function": "get_forecast", "arguments": OSLO}, "envelope_keys"),
    "a nested function": ({"type": "function", "function": {"name": "get_forecast", "arguments": OSLO}}, "unwrapped"),
    "a list of OpenAI's": (
        {"tool_calls": [{"function": {"name": "get_forecast", "arguments": OSLO_TEXT}}]},
        "unwrapped",
    ),
    "arguments as text": ({"name": "get_forecast", "arguments": OSLO_TEXT}, "string_arguments"),
    "arguments as text twice": (
        {"name": "get_forecast", "arguments": '"{\\"placeName\\": \\"Oslo\\"}"'},
        "string_arguments",
    ),
    "arguments as damaged text": ({"name": "get_forecast", "arguments": "{'placeName': 'Oslo'}"}, "single_quotes"),
    "the call as text": ('{"name": "get_forecast", "arguments": {"placeName": "Oslo"}}', "string_call"),
    "the name as key": ({"get_forecast": OSLO}, "name_as_key"),
    "flat arguments": ({"name": "get_forecast", "placeName": "Oslo"}, "flat_arguments"),
    "an envelope in the arguments": (
        {"name": "get_forecast", "arguments": {"name": "get_forecast", "arguments": OSLO}},
        "unwrapped",
    ),
    "another spelling of the name": ({"name": "getForecast", "arguments": OSLO}, "folded_name"),
    "keys in capitals": ({"Name": "get_forecast", "Arguments": OSLO}, "envelope_keys"),
    "toolName and toolInput": ({"toolName": "get_forecast", "toolInput": OSLO}, "envelope_keys"),
    "a list of one": ([{"name": "get_forecast", "arguments": OSLO}], None),
}


@pytest.mark.parametrize(("value", "repair"), CALLS.values(), ids=CALLS)
def test_a_call_is_found(value: Any, repair: str | None) -> None:
    found = calls_of(value, NAMES)
    assert found is not None
    (call,) = found
    assert (call.name, call.arguments) == ("get_forecast", OSLO)
    assert (repair in call.repairs) if repair else call.repairs == ()


@pytest.mark.parametrize(
    "value",
    [
        None, 5, "text", [], {}, [5], {"name": "get_forecast"}, {"name": "unknown", "arguments": {}}, {"arguments": OSLO},
        {"name": "get_forecast", "answer": 42}, {"name": "get_forecast", "arguments": "Oslo"}, OSLO,
        {"name": "get_forecast", "arguments": OSLO, "population": 7}, {"get_forecast": {"answer": 42}},
        {"get_forecast": "Oslo"}, {"name": "get_forecast", "arguments": [1, 2]},
        [{"name": "get_forecast", "arguments": OSLO}, {"name": "unknown", "arguments": {}}],
        {"name": "get_forecast", "parameters": FORECAST}, {"get_forecast": FORECAST},
        {"name": "get_forecast", "description": "A forecast.", "parameters": FORECAST},
        {"type": "function", "function": {"name": "get_forecast", "description": "A forecast.", "parameters": FORECAST}},
        {"name": "get_forecast", "description": "A forecast.", "input_schema": FORECAST}, TOOLS,
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_is_no_call_stays(value: Any) -> None:
    assert calls_of(value, NAMES) is None


@pytest.mark.parametrize(
    ("value", "arguments"),
    [
        ({"name": "run_tool", "input": "ls"}, {"input": "ls"}),
        ({"name": "run_tool", "arguments": {"name": "x", "input": "y"}}, {"name": "x", "input": "y"}),
        ({"name": "run_tool", "arguments": {"arguments": {"a": 1}}}, {"arguments": {"a": 1}}),
        ({"name": "run_tool", "parameters": {"input": '{"input": "x"}'}}, {"input": '{"input": "x"}'}),
        ({"name": "run_tool", "arguments": {"a": 1}}, {"arguments": {"a": 1}}),
    ],
)
def test_a_key_of_the_tool_itself_is_not_unwrapped(value: Any, arguments: dict[str, Any]) -> None:
    found = calls_of(value, NAMES)
    assert found is not None
    assert found[0].arguments == arguments


def test_ids_and_raw_arguments_are_kept() -> None:
    value = {"id": "c9", "type": "function", "function": {"name": "get_forecast", "arguments": OSLO_TEXT}}
    assert calls_of(value, NAMES) == [
        RawCall("get_forecast", OSLO, ("string_arguments", "unwrapped"), "c9", OSLO_TEXT),
    ]


def test_behind_a_marker_more_is_a_call() -> None:
    found = calls_of([{"name": "tide-now"}, {"name": "get_forecast", "arguments": OSLO, "mood": 1}], NAMES, marked=True)
    assert found is not None
    assert [(call.name, call.arguments) for call in found] == [("tide-now", {}), ("get_forecast", OSLO)]
    assert calls_of({"name": "get_forecast"}, NAMES, marked=True) is None


WORDS = st.sampled_from(
    [
        "name",
        "get_forecast",
        "run_tool",
        "arguments",
        "parameters",
        "function",
        "input",
        "type",
        "placeName",
        "id",
        OSLO_TEXT,
        "tool_calls",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)


@given(VALUES, st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_value_raises(value: Any, marked: bool) -> None:
    for call in calls_of(value, NAMES, marked=marked) or []:
        assert call.name in NAMES
