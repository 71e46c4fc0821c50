"""Responses through the official SDK (strict validation on) against the real engine."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

pytestmark = pytest.mark.e2e

HELLO = "Hello! I'm a tiny demo model. How can I help?"


def test_whole_answer(openai_client: Any) -> None:
    response = openai_client.responses.create(model="m", input="Hello", reasoning={"effort": "low"})
    assert response.output_text == HELLO
    assert [item.type for item in response.output] == ["reasoning", "message"]
    assert response.status == "completed"
    assert response.usage
    assert response.usage.input_tokens > 0


def test_streamed_answer_through_the_sdks_accumulator(openai_client: Any) -> None:
    with openai_client.responses.stream(model="m", input="Hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.output_text == HELLO
    assert events[-1].type == "response.completed"


def test_answer_that_is_cut_is_incomplete(openai_client: Any) -> None:
    whole = openai_client.responses.create(model="m", input="Hello", max_output_tokens=3)
    assert whole.status == "incomplete"
    assert whole.incomplete_details
    assert whole.incomplete_details.reason == "max_output_tokens"
    events = [
        event.type
        for event in openai_client.responses.create(model="m", input="Hello", max_output_tokens=3, stream=True)
    ]
    assert events[-1] == "response.incomplete"


def test_conversation_with_instructions_and_history(openai_client: Any) -> None:
    first = openai_client.responses.create(model="m", input="Hello", instructions="Be kind.")
    history: list[Any] = [
        {"role": "user", "content": "Hello"},
        *first.output,
        {"role": "user", "content": "What can you do?"},
    ]
    second = openai_client.responses.create(model="m", input=history, instructions="Be kind.")
    assert second.output_text.startswith("I can chat a little")


def test_json_schema(openai_client: Any) -> None:
    schema = {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": False}
    response = openai_client.responses.create(
        model="m",
        input="Give me a number",
        text={"format": {"type": "json_schema", "name": "number", "schema": schema, "strict": True}},
        reasoning={"effort": "none"},
        max_output_tokens=60,
    )
    assert json.loads(response.output_text)["n"] in (1, 2)


def test_function_call_round_trip(openai_client: Any) -> None:
    tool: Any = {
        "type": "function",
        "name": "get_weather",
        "description": "Get the current weather for a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": False,
    }
    history: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    fields: dict[str, Any] = {"model": "m", "tools": [tool], "reasoning": {"effort": "none"}}
    with openai_client.responses.stream(input=history, **fields) as stream:
        first = stream.get_final_response()
    (call,) = first.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Oslo"})
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "7 degrees, rain"}
    second = openai_client.responses.create(input=[*history, *first.output, output], **fields)
    assert "7 degrees" in second.output_text


def test_context_overflow(openai_client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.responses.create(model="m", input="word " * 20000)
    assert caught.value.code == "context_length_exceeded"
