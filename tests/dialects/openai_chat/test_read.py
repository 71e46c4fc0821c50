"""What a Chat Completions body means."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.openai_chat.bodies import TIME, WEATHER, call_of, conversation_of

from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    NamedTool,
    OutputFormat,
    ReasoningConfig,
    SamplingParams,
    TextPart,
    ToolDefinition,
)


def test_the_least_body_leaves_everything_to_the_server() -> None:
    call = call_of()
    assert (call.stream, call.include_usage, call.n) == (False, False, 1)
    assert call.request.prompt == Conversation((Message("user", (TextPart("Hello"),)),))
    assert call.request.sampling == SamplingParams()
    assert (call.request.model, call.request.max_tokens, call.request.top_logprobs) == (None, None, None)
    assert call.request.engine_extras == {}


def test_tools_are_functions_and_hosted_ones_are_skipped() -> None:
    tools = conversation_of(tools=[WEATHER, {"type": "web_search"}, TIME]).tools
    assert tools == (
        ToolDefinition("get_weather", "", {"type": "object"}),
        ToolDefinition("get_time", "", {"type": "object", "properties": {}}),
    )


@pytest.mark.parametrize(
    ("choice", "read_as", "names"),
    [
        pytest.param("auto", "auto", ["get_weather", "get_time"], id="auto"),
        pytest.param("none", "none", ["get_weather", "get_time"], id="none"),
        pytest.param("required", "required", ["get_weather", "get_time"], id="required"),
        pytest.param("any", "required", ["get_weather", "get_time"], id="any"),
        pytest.param(None, "auto", ["get_weather", "get_time"], id="null"),
        pytest.param({"type": "auto"}, "auto", ["get_weather", "get_time"], id="a word as an object"),
        pytest.param(
            {"type": "function", "function": {"name": "get_time"}},
            NamedTool("get_time"),
            ["get_weather", "get_time"],
            id="a function by name",
        ),
        pytest.param(
            {"type": "function", "name": "get_time"},
            NamedTool("get_time"),
            ["get_weather", "get_time"],
            id="the flat form",
        ),
        pytest.param(
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TIME]}},
            "required",
            ["get_time"],
            id="allowed tools",
        ),
    ],
)
def test_tool_choice(choice: object, read_as: object, names: list[str]) -> None:
    conversation = conversation_of(tools=[WEATHER, TIME], tool_choice=choice)
    assert conversation.tool_choice == read_as
    assert [tool.name for tool in conversation.tools] == names


def test_legacy_functions_are_tools() -> None:
    conversation = conversation_of(functions=[WEATHER["function"]], function_call={"name": "get_weather"})
    assert conversation.tools == (ToolDefinition("get_weather", "", {"type": "object"}),)
    assert conversation.tool_choice == NamedTool("get_weather")
    assert conversation_of(functions=[WEATHER["function"]], function_call="none").tool_choice == "none"


def test_parallel_tool_calls_can_be_switched_off() -> None:
    assert conversation_of(parallel_tool_calls=False).parallel_tool_calls is False
    assert conversation_of(parallel_tool_calls=None).parallel_tool_calls is True


def test_sampling_fields_reach_the_request() -> None:
    request = call_of(
        temperature=0.5, top_p=0.9, top_k=-1, min_p=0.1, repetition_penalty=1.1, presence_penalty=0.2,
        frequency_penalty=-0.3, seed=7, stop=["a", ""], logit_bias={"50256": -100},
    ).request  # fmt: skip
    assert request.sampling == SamplingParams(0.5, 0.9, -1, 0.1, 1.1, 0.2, -0.3, 7, ("a",), {"50256": -100})
    assert call_of(stop="x").request.sampling.stop == ("x",)
    assert call_of(repeat_penalty=1.2, repetition_penalty=1.1).request.sampling.repeat_penalty == 1.2


@pytest.mark.parametrize(
    ("fields", "max_tokens"),
    [({"max_tokens": 5}, 5), ({"max_completion_tokens": 6}, 6), ({"max_tokens": 5, "max_completion_tokens": 6}, 6)],
    ids=["max_tokens", "its newer name", "the newer name wins"],
)
def test_the_limit_of_tokens(fields: dict[str, Any], max_tokens: int) -> None:
    assert call_of(**fields).request.max_tokens == max_tokens


@pytest.mark.parametrize(
    ("fields", "alternatives"),
    [({"logprobs": True}, 0), ({"logprobs": True, "top_logprobs": 3}, 3), ({"logprobs": False}, None)],
    ids=["logprobs alone", "with alternatives", "switched off"],
)
def test_log_probabilities(fields: dict[str, Any], alternatives: int | None) -> None:
    assert call_of(**fields).request.top_logprobs == alternatives


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("wanted", "output"),
    [
        pytest.param(None, OutputFormat(), id="nothing"),
        pytest.param({"type": "text"}, OutputFormat(), id="text"),
        pytest.param({"type": "json_object"}, OutputFormat("json_object"), id="any object"),
        pytest.param(
            {"type": "json_object", "schema": SCHEMA}, OutputFormat("json_schema", SCHEMA), id="llama.cpp's form"
        ),
        pytest.param(
            {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}},
            OutputFormat("json_schema", SCHEMA, "x"),
            id="a schema",
        ),
        pytest.param(
            {"type": "json_schema", "json_schema": {"name": "x"}}, OutputFormat("json_object"), id="a schema left out"
        ),
    ],
)
def test_response_format(wanted: object, output: OutputFormat) -> None:
    assert call_of(response_format=wanted).request.output == output


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        pytest.param({"reasoning_effort": "high"}, ReasoningConfig(enabled=True, effort="high"), id="an effort"),
        pytest.param({"reasoning_effort": "none"}, ReasoningConfig(enabled=False), id="an effort of none"),
        pytest.param({"enable_thinking": True}, ReasoningConfig(enabled=True), id="enable_thinking"),
        pytest.param(
            {"thinking": {"type": "enabled", "budget_tokens": 99}},
            ReasoningConfig(enabled=True, budget_tokens=99),
            id="thinking with a budget",
        ),
        pytest.param({"thinking": {"type": "adaptive"}}, ReasoningConfig(), id="adaptive leaves it to the template"),
        pytest.param(
            {"enable_thinking": False, "thinking": {"type": "enabled"}},
            ReasoningConfig(enabled=False),
            id="explicit wins",
        ),
        pytest.param(
            {"chat_template_kwargs": {"enable_thinking": False}},
            ReasoningConfig(enabled=False),
            id="the template's switch",
        ),
    ],
)
def test_reasoning(fields: dict[str, Any], config: ReasoningConfig) -> None:
    assert call_of(**fields).request.reasoning == config


def test_only_the_engines_own_settings_ride_along() -> None:
    extras = call_of(
        mirostat=2, grammar="root ::= [a-z]", chat_template_kwargs={"enable_thinking": True}, n_probs=None,
        user="u", metadata={"a": "b"}, store=True, service_tier="auto", prompt_cache_key="k", safety_identifier="s",
        verbosity="low", prediction={"type": "content"}, modalities=["text"], made_up=1, id_slot=3,
    ).request.engine_extras  # fmt: skip
    assert extras == {"mirostat": 2, "grammar": "root ::= [a-z]", "chat_template_kwargs": {"enable_thinking": True}}


def test_the_documented_extension_example_is_accepted() -> None:
    call = call_of(
        stream=True, enable_tools=True, enabled_tools=["python", "web_search", "terminal"], session_id="my-session",
        max_tool_calls_per_message=25, tool_call_timeout=300,
    )  # fmt: skip
    assert call.stream
    assert call.request.engine_extras == {}


def test_how_the_reply_is_wanted() -> None:
    call = call_of(model="demo", stream=True, stream_options={"include_usage": True}, n=3)
    assert (call.request.model, call.stream, call.include_usage, call.n) == ("demo", True, True, 3)


def test_null_means_not_sent() -> None:
    names = [
        "model", "stream", "stream_options", "n", "max_tokens", "stop", "seed", "temperature", "top_p", "top_k", "min_p",
        "repeat_penalty", "presence_penalty", "frequency_penalty", "logit_bias", "max_completion_tokens", "logprobs",
        "top_logprobs", "tools", "tool_choice", "functions", "function_call", "response_format", "modalities",
        "reasoning_effort", "enable_thinking", "thinking", "enable_tools", "mirostat", "chat_template_kwargs",
    ]  # fmt: skip
    assert call_of(**dict.fromkeys(names)) == call_of()
