"""What a Messages request means: fields, tools, choices, thinking, format, threads."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from unsloth_studio.dialects.anthropic.errors import error_body
from unsloth_studio.dialects.anthropic.read import MessagesCall, read, read_count
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    NamedTool,
    Origin,
    OutputFormat,
    ReasoningConfig,
    Request,
    SamplingParams,
    ServerTools,
    TextPart,
    ToolChoice,
    ToolDefinition,
)

HELLO = Message("user", (TextPart("Hello"),))
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL: dict[str, Any] = {"name": "get_weather", "description": "Weather of a city.", "input_schema": SCHEMA}
ANYTHING: dict[str, Any] = {}
SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}


def call(**fields: Any) -> MessagesCall:
    return read(orjson.dumps({"messages": [{"role": "user", "content": "Hello"}], **fields}))


def request(**fields: Any) -> Request:
    return call(**fields).request


def conversation(**fields: Any) -> Conversation:
    prompt = request(**fields).prompt
    assert isinstance(prompt, Conversation)
    return prompt


def test_smallest_request() -> None:
    assert call() == MessagesCall(Request(Conversation((HELLO,))), stream=False)


def test_documented_request_without_model_and_max_tokens_is_read() -> None:
    asked = call(stream=True, enable_tools=True, enabled_tools=["python", "web_search"], session_id="my-session")
    tools = ServerTools(("python", "web_search", "web_fetch"), "my-session", tells_live=True)
    request = Request(Conversation((HELLO,)), server_tools=tools, origin=Origin("my-session"))
    assert asked == MessagesCall(request, stream=True)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"temperature": 0.5}, SamplingParams(temperature=0.5), id="temperature"),
        pytest.param({"temperature": 1}, SamplingParams(temperature=1.0), id="whole number as temperature"),
        pytest.param({"temperature": 1e-30}, SamplingParams(temperature=0.0), id="vanishing temperature is greedy"),
        pytest.param({"top_p": 0.9, "top_k": 40}, SamplingParams(top_p=0.9, top_k=40), id="top_p and top_k"),
        pytest.param({"min_p": 0.05, "seed": -1}, SamplingParams(min_p=0.05, seed=-1), id="min_p and seed"),
        pytest.param({"repetition_penalty": 1.1}, SamplingParams(repeat_penalty=1.1), id="repetition_penalty"),
        pytest.param(
            {"repeat_penalty": 1.2, "repetition_penalty": 1.1}, SamplingParams(repeat_penalty=1.2), id="our name wins"
        ),
        pytest.param(
            {"presence_penalty": 0.5, "frequency_penalty": -0.5},
            SamplingParams(presence_penalty=0.5, frequency_penalty=-0.5),
            id="presence and frequency penalty",
        ),
        pytest.param(
            {"stop_sequences": ["END", ""]}, SamplingParams(stop=("END",)), id="empty stop sequences stop nothing"
        ),
        pytest.param({"temperature": None, "stop_sequences": None}, SamplingParams(), id="null is absent"),
    ],
)
def test_sampling(fields: dict[str, Any], expected: SamplingParams) -> None:
    assert request(**fields).sampling == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ReasoningConfig()),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, ReasoningConfig(True, None, 2048)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, ReasoningConfig(True)),
        ({"thinking": {"type": "disabled"}}, ReasoningConfig(False)),
        ({"output_config": {"effort": "high"}}, ReasoningConfig(None, "high")),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
            ReasoningConfig(True, "medium"),
        ),
        ({"enable_thinking": False, "thinking": {"type": "enabled", "budget_tokens": 9}}, ReasoningConfig(False)),
        ({"reasoning_effort": "low", "output_config": {"effort": "high"}}, ReasoningConfig(None, "low")),
        ({"reasoning_effort": "none"}, ReasoningConfig(False)),
    ],
    ids=[
        "silent",
        "enabled with a budget",
        "adaptive is on",
        "disabled",
        "effort alone",
        "adaptive with effort",
        "enable_thinking wins over thinking",
        "reasoning_effort wins over effort",
        "effort none is off",
    ],
)
def test_thinking(fields: dict[str, Any], expected: ReasoningConfig) -> None:
    assert request(**fields).reasoning == expected


@pytest.mark.parametrize("field", ["output_config", "output_format"])
def test_output_format(field: str) -> None:
    wanted: dict[str, Any] = {"type": "json_schema", "schema": SCHEMA}
    fields = {field: {"format": wanted} if field == "output_config" else wanted}
    assert request(**fields).output == OutputFormat("json_schema", SCHEMA)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"tools": []}, (), id="an empty list"),
        pytest.param(
            {"tools": [TOOL]}, (ToolDefinition("get_weather", "Weather of a city.", SCHEMA),), id="a tool of the client"
        ),
        pytest.param(
            {
                "tools": [
                    {"type": "custom", "name": "f", "input_schema": ANYTHING, "strict": True, "defer_loading": True}
                ]
            },
            (ToolDefinition("f", "", {}, True),),
            id="custom, strict and deferred",
        ),
        pytest.param(
            {"tools": [{**TOOL, "cache_control": {"type": "ephemeral"}, "eager_input_streaming": True}]},
            (ToolDefinition("get_weather", "Weather of a city.", SCHEMA),),
            id="a tool with fields that say nothing to a model",
        ),
        pytest.param(
            {
                "tools": [
                    {"name": "z", "input_schema": ANYTHING},
                    SEARCH,
                    {"name": "a", "input_schema": ANYTHING, "description": None},
                ]
            },
            (ToolDefinition("z"), ToolDefinition("a")),
            id="server tools are left out and the order is kept",
        ),
        pytest.param({"tools": [{"type": "mcp_toolset", "mcp_server_name": "x"}]}, (), id="a toolset without a name"),
        pytest.param(
            {"tools": [{"type": "bash_20250124", "name": "bash", "input_schema": SCHEMA}]},
            (ToolDefinition("bash", "", SCHEMA),),
            id="a dated type that brings its schema",
        ),
    ],
)
def test_tools(fields: dict[str, Any], expected: tuple[ToolDefinition, ...]) -> None:
    assert conversation(**fields).tools == expected


@pytest.mark.parametrize(
    ("choice", "expected", "parallel"),
    [
        ({"type": "auto"}, "auto", True),
        ({"type": "any"}, "required", True),
        ({"type": "any", "disable_parallel_tool_use": True}, "required", False),
        ({"type": "auto", "disable_parallel_tool_use": True}, "auto", False),
        ({"type": "tool", "name": "get_weather"}, NamedTool("get_weather"), True),
        ({"type": "none"}, "none", True),
        (None, "auto", True),
    ],
)
def test_tool_choice(choice: Any, expected: ToolChoice, parallel: bool) -> None:
    read_as = conversation(tools=[TOOL], tool_choice=choice)
    assert (read_as.tool_choice, read_as.parallel_tool_calls) == (expected, parallel)


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "memory"}])
def test_choice_of_a_left_out_server_tool_is_auto(choice: Any) -> None:
    memory = {"type": "memory_20250818", "name": "memory"}
    assert conversation(tools=[memory], tool_choice=choice).tool_choice == "auto"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [({"type": "any"}, "required"), ({"type": "tool", "name": "web_search"}, NamedTool("web_search"))],
)
def test_choice_of_a_tool_that_runs_here(choice: Any, expected: Any) -> None:
    assert conversation(tools=[SEARCH], tool_choice=choice).tool_choice == expected


def test_model_and_limit_and_engine_fields_are_kept() -> None:
    asked = request(model="m", max_tokens=32000, mirostat=2, context_management={"edits": []}, service_tier="auto")
    assert (asked.model, asked.max_tokens, asked.engine_extras) == ("m", 32000, {"mirostat": 2})


def test_count_tokens_reads_the_same_request() -> None:
    body = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}], "tools": [], "stream": True})
    assert read_count(body) == MessagesCall(read(body).request, stream=False)


@pytest.mark.parametrize(
    ("thread", "kind", "details"),
    [
        (
            {"type": "create"},
            "invalid_request",
            {"error_code": "thread_unsupported_request", "unsupported": ["thread"]},
        ),
        ({"type": "continue", "previous_message_id": "msg_1"}, "not_found", {"error_code": "thread_not_found"}),
    ],
    ids=["create", "continue"],
)
def test_threads_are_refused_so_that_the_sdk_goes_on_without(thread: Any, kind: str, details: Any) -> None:
    with pytest.raises(TurnFailure) as failure:
        call(thread=thread)
    assert failure.value.error.kind == kind
    assert orjson.loads(error_body(failure.value.error))["error"]["details"] == details
