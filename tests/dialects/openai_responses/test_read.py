"""What a request body means."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.openai_responses.requests import (
    HI,
    call,
    conversation,
    system,
    user,
)

from unsloth_studio.dialects.openai_responses.read import read
from unsloth_studio.turn.messages import (
    Conversation,
    OutputFormat,
    ReasoningConfig,
    SamplingParams,
)


def test_instructions_come_first() -> None:
    assert conversation(instructions="Be brief.", input=[{"role": "system", "content": "S"}, HI]).messages == (
        system("Be brief."),
        system("S"),
        user("Hi"),
    )


def test_sampling_parameters_and_limits() -> None:
    request = call(
        model="m", temperature=0.2, top_p=0.9, top_k=20, min_p=0.1, repetition_penalty=1.1, presence_penalty=0.5,
        frequency_penalty=-1, seed=7, stop=["a", ""], max_output_tokens=30, mirostat=2, unknown_field=1,
    ).request  # fmt: skip
    assert request.sampling == SamplingParams(
        temperature=0.2,
        top_p=0.9,
        top_k=20,
        min_p=0.1,
        repeat_penalty=1.1,
        presence_penalty=0.5,
        frequency_penalty=-1,
        seed=7,
        stop=("a",),
    )
    assert (request.model, request.max_tokens, request.engine_extras) == ("m", 30, {"mirostat": 2})


def test_nothing_asked_is_nothing_set() -> None:
    found = read(b'{"input": "Hi"}')
    assert found.request.sampling == SamplingParams()
    assert found.request.reasoning == ReasoningConfig()
    assert found.request.output == OutputFormat()
    assert (found.stream, found.request.max_tokens, found.request.top_logprobs) == (False, None, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning": {"effort": "high", "summary": "auto"}}, ReasoningConfig(enabled=True, effort="high")),
        ({"reasoning": {"effort": "none"}}, ReasoningConfig(enabled=False)),
        ({"reasoning": {"effort": None}}, ReasoningConfig()),
        ({"enable_thinking": False}, ReasoningConfig(enabled=False)),
        ({"enable_thinking": True, "reasoning": {"effort": "none"}}, ReasoningConfig(enabled=True)),
    ],
    ids=["effort", "none turns it off", "null effort", "enable_thinking off", "enable_thinking wins"],
)
def test_reasoning(fields: dict[str, Any], expected: ReasoningConfig) -> None:
    assert call(**fields).request.reasoning == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"type": "text"}, OutputFormat()),
        ({"type": "json_object"}, OutputFormat("json_object")),
        (
            {"type": "json_schema", "name": "person", "strict": True, "schema": {"type": "object"}},
            OutputFormat("json_schema", {"type": "object"}, "person"),
        ),
    ],
    ids=["text", "json_object", "json_schema"],
)
def test_text_format(wanted: dict[str, Any], expected: OutputFormat) -> None:
    assert call(text={"format": wanted, "verbosity": "low"}).request.output == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"top_logprobs": 3}, 3),
        ({"include": ["message.output_text.logprobs"]}, 0),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 2}, 2),
        ({"include": ["reasoning.encrypted_content"]}, None),
    ],
    ids=["alternatives", "included", "both", "not asked"],
)
def test_log_probabilities(fields: dict[str, Any], expected: int | None) -> None:
    assert call(**fields).request.top_logprobs == expected


def test_what_codex_sends_is_read() -> None:
    found = call(
        model="m",
        input=[{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You are."}]}, HI],
        tools=[{"type": "web_search", "external_web_access": True}],
        tool_choice="auto",
        parallel_tool_calls=True,
        reasoning={"summary": "auto"},
        store=False,
        stream=True,
        include=["reasoning.encrypted_content"],
        prompt_cache_key="k",
        client_metadata={"turn_id": "t"},
    )
    assert found.stream
    assert found.request.prompt == Conversation((system("You are."), user("Hi")))


def test_fields_of_no_consequence_are_accepted() -> None:
    call(
        store=True, metadata={"a": "b"}, user="u", service_tier="auto", truncation="auto", background=False,
        stream_options={"include_obfuscation": False}, previous_response_id=None, conversation=None, prompt=None,
        safety_identifier="s", max_tool_calls=3, prompt_cache_retention="24h", context_management=[{"type": "x"}],
    )  # fmt: skip
