"""Messages through the official SDK (strict validation on) against the real engine."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam

pytestmark = pytest.mark.e2e

HELLO = "Hello! I'm a tiny demo model. How can I help?"
OFF: Any = {"type": "disabled"}
ON: Any = {"type": "enabled", "budget_tokens": 1024}


def ask(text: str) -> list[MessageParam]:
    return [{"role": "user", "content": text}]


def text_of(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_whole_answer(anthropic_client: Any) -> None:
    message = anthropic_client.messages.create(model="claude-x", max_tokens=200, messages=ask("Hello"), thinking=ON)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert text_of(message) == HELLO
    assert message.stop_reason == "end_turn"
    assert message.model == "tiny-demo-model"


@pytest.mark.parametrize("question", ["Hello", "What can you do?"])
def test_streamed_answer_equals_the_whole_one(anthropic_client: Any, question: str) -> None:
    whole = anthropic_client.messages.create(model="m", max_tokens=200, messages=ask(question), thinking=ON)
    with anthropic_client.messages.stream(model="m", max_tokens=200, messages=ask(question), thinking=ON) as stream:
        events = [event.type for event in stream]
        final = stream.get_final_message()
    assert [block.model_dump() for block in final.content] == [block.model_dump() for block in whole.content]
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)
    assert events[0] == "message_start"
    assert events[-1] == "message_stop"


def test_input_tokens_are_in_message_start_and_agree_with_count_tokens(anthropic_client: Any) -> None:
    question = ask("How many tokens are in this question, counted twice?")
    counted = anthropic_client.messages.count_tokens(model="m", messages=question).input_tokens
    with anthropic_client.messages.stream(model="m", max_tokens=5, messages=question) as stream:
        start = next(event for event in stream if event.type == "message_start")
        usage = start.message.usage
        assert usage.input_tokens + (usage.cache_read_input_tokens or 0) == counted
        final = stream.get_final_message().usage
    assert final.input_tokens + (final.cache_read_input_tokens or 0) == counted
    assert counted > 10


def test_stop_sequence_is_named(anthropic_client: Any) -> None:
    message = anthropic_client.messages.create(
        model="m", max_tokens=99, messages=ask("Hello"), stop_sequences=["xyz", "tiny"], thinking=OFF
    )
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "tiny")
    assert text_of(message) == "Hello! I'm a "


def test_system_prompt_as_text_and_as_blocks_is_the_same_prompt(anthropic_client: Any) -> None:
    counts = {
        anthropic_client.messages.count_tokens(model="m", messages=ask("Hi"), system=system).input_tokens
        for system in (
            "You are terse.",
            [{"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}],
        )
    }
    assert len(counts) == 1


def test_tool_use_and_result(anthropic_client: Any) -> None:
    tool: Any = {
        "name": "get_weather",
        "description": "Get the current weather for a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    messages = ask("What is the weather in Oslo?")
    fields: dict[str, Any] = {"model": "m", "max_tokens": 200, "tools": [tool], "thinking": OFF}
    with anthropic_client.messages.stream(messages=messages, **fields) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use"
    (call,) = (block for block in first.content if block.type == "tool_use")
    assert (call.name, call.input) == ("get_weather", {"city": "Oslo"})
    result: Any = {
        "type": "tool_result",
        "tool_use_id": call.id,
        "content": [{"type": "text", "text": "7 degrees, rain"}],
    }
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = anthropic_client.messages.create(messages=messages, **fields)
    assert second.stop_reason == "end_turn"
    assert "7 degrees" in text_of(second)


def test_context_overflow_is_in_the_words_that_agents_know(anthropic_client: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r"prompt is too long: \d+ tokens > 8192 maximum"):
        anthropic_client.messages.create(model="m", max_tokens=5, messages=ask("word " * 20000))


def test_documented_body_without_model_and_max_tokens(http: Any) -> None:
    body = {
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
        "enable_tools": True,
        "enabled_tools": ["python", "web_search", "terminal"],
        "session_id": "my-session",
    }
    for path in ("/v1/messages", "/v1/chat/completions"):
        reply = http.post(path, json=body)
        assert reply.status_code == 200, reply.text
        assert HELLO in reply.text


def test_models_page(anthropic_client: Any) -> None:
    page = anthropic_client.models.list()
    assert [model.id for model in page.data] == ["tiny-demo-model"]
