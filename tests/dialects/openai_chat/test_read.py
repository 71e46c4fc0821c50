"""What a Chat Completions body means."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from unsloth_studio.dialects.openai_chat.read import ChatCall, read
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    ReasoningConfig,
    ReasoningPart,
    SamplingParams,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
TIME: dict[str, Any] = {"type": "function", "function": {"name": "get_time", "description": None}}


def call_of(**fields: Any) -> ChatCall:
    return read(json.dumps({"messages": [HELLO], **fields}).encode())


def conversation_of(**fields: Any) -> Conversation:
    prompt = call_of(**fields).request.prompt
    assert isinstance(prompt, Conversation)
    return prompt


def messages_of(*messages: dict[str, Any]) -> tuple[Message, ...]:
    return conversation_of(messages=list(messages)).messages


def test_the_least_body_leaves_everything_to_the_server() -> None:
    call = call_of()
    assert (call.stream, call.include_usage, call.n) == (False, False, 1)
    assert call.request.prompt == Conversation((Message("user", (TextPart("Hello"),)),))
    assert call.request.sampling == SamplingParams()
    assert (call.request.model, call.request.max_tokens, call.request.top_logprobs) == (None, None, None)
    assert call.request.engine_extras == {}


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        pytest.param("a", (TextPart("a"),), id="a string"),
        pytest.param([{"type": "text", "text": "a"}], (TextPart("a"),), id="one text part reads like a string"),
        pytest.param(
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], (TextPart("a\nb"),), id="texts are joined"
        ),
        pytest.param([{"type": "text", "text": ""}, {"type": "text", "text": "b"}], (TextPart("b"),), id="empty text"),
        pytest.param(None, (), id="null"),
        pytest.param("", (), id="an empty string"),
        pytest.param([], (), id="an empty list"),
        pytest.param([{"type": "refusal", "refusal": "no"}], (TextPart("no"),), id="a refusal"),
        pytest.param(
            [{"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}],
            (ImagePart("https://x/y.png", "low"),),
            id="an image by address",
        ),
        pytest.param(
            [{"type": "image_url", "image_url": "data:image/png;base64,AA=="}],
            (ImagePart("data:image/png;base64,AA=="),),
            id="an image as a bare string",
        ),
        pytest.param(
            [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "http://x"}},
                {"type": "text", "text": "b"},
            ],
            (TextPart("a"), ImagePart("http://x"), TextPart("b")),
            id="an image between texts",
        ),
        pytest.param(
            [
                {
                    "type": "file",
                    "file": {
                        "filename": "n.txt",
                        "file_data": "data:text/plain;base64," + base64.b64encode("é".encode()).decode(),
                    },
                }
            ],
            (DocumentPart("é", "n.txt"),),
            id="a plain text file",
        ),
    ],
)
def test_content_of_a_user_message(content: object, parts: tuple[Part, ...]) -> None:
    assert messages_of({"role": "user", "content": content}) == (Message("user", parts),)


@pytest.mark.parametrize("role", ["system", "developer"])
def test_developer_messages_are_system_messages_and_may_stand_alone(role: str) -> None:
    assert messages_of({"role": role, "content": "Be brief."}) == (Message("system", (TextPart("Be brief."),)),)


@pytest.mark.parametrize("content", [{"content": None}, {"content": ""}, {"content": []}, {}], ids=str)
def test_an_assistant_that_only_calls_reads_the_same_in_every_spelling(content: dict[str, Any]) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "tool_calls": [call], **content}
    assert messages_of(HELLO, message)[1] == Message("assistant", (ToolCallPart("c1", "f", "{}"),))


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        pytest.param(
            {"content": "x", "reasoning_content": "hm"}, (ReasoningPart("hm"), TextPart("x")), id="reasoning_content"
        ),
        pytest.param({"content": "x", "reasoning": "hm"}, (ReasoningPart("hm"), TextPart("x")), id="reasoning"),
        pytest.param(
            {"content": "x", "reasoning": {"effort": "low"}}, (TextPart("x"),), id="reasoning of another kind"
        ),
        pytest.param({"content": None, "refusal": "no"}, (TextPart("no"),), id="a refusal"),
        pytest.param(
            {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
            (ToolCallPart("call_1_0", "f", "{}"),),
            id="a legacy function call",
        ),
        pytest.param(
            {"content": "x", "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1]}}}]},
            (TextPart("x"), ToolCallPart("call_1_0", "f", '{"a":[1]}')),
            id="arguments as an object, no id",
        ),
        pytest.param(
            {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"broken'}}]},
            (ToolCallPart("a", "f", '{"broken'),),
            id="broken arguments stay as they are",
        ),
        pytest.param({"content": None}, (), id="nothing"),
    ],
)
def test_what_an_assistant_said(fields: dict[str, Any], parts: tuple[Part, ...]) -> None:
    assert messages_of(HELLO, {"role": "assistant", **fields})[1] == Message("assistant", parts)


@pytest.mark.parametrize(
    ("results", "ids"),
    [
        pytest.param(
            [{"tool_call_id": "b"}, {"tool_call_id": "a"}], ["b", "a"], id="ids are kept in the client's order"
        ),
        pytest.param([{"tool_call_id": "zz"}], ["zz"], id="an id that was rewritten is kept"),
        pytest.param([{"name": None}, {}], ["a", "b"], id="no ids: in order"),
        pytest.param([{"name": "g"}, {"name": "f"}], ["b", "a"], id="no ids: by name"),
        pytest.param([{"tool_call_id": "a"}, {}], ["a", "b"], id="no id for the one that is left"),
        pytest.param([{"role": "function", "name": "g"}], ["b"], id="the legacy role"),
    ],
)
def test_results_belong_to_calls(results: list[dict[str, Any]], ids: list[str]) -> None:
    calls = [{"id": i, "function": {"name": name, "arguments": "{}"}} for i, name in (("a", "f"), ("b", "g"))]
    said = {"role": "assistant", "tool_calls": calls}
    read_back = messages_of(HELLO, said, *({"role": "tool", "content": "ok", **result} for result in results))
    assert read_back[2:] == tuple(Message("tool", (ToolResultPart(i, (TextPart("ok"),)),)) for i in ids)


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
        pytest.param({"reasoning_effort": "high"}, ReasoningConfig(effort="high"), id="an effort"),
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
