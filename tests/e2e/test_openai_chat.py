"""Chat Completions and Completions through the official SDK (strict validation on) against the real engine."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

pytestmark = pytest.mark.e2e

HELLO = "Hello! I'm a tiny demo model. How can I help?"
ABILITIES = (
    "I can chat a little, call tools, echo text, spell words, count and write small JSON objects. "
    "For anything else, load a bigger model."
)
ANSWERS = {"Hello": HELLO, "What can you do?": ABILITIES}
PLAIN: dict[str, Any] = {"reasoning_effort": "none"}


def ask(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("question", ANSWERS)
def test_whole_answer(openai_client: Any, question: str) -> None:
    reply = openai_client.chat.completions.create(
        model="tiny-demo-model", messages=ask(question), reasoning_effort="low"
    )
    choice = reply.choices[0]
    assert choice.message.content == ANSWERS[question]
    assert choice.finish_reason == "stop"
    assert choice.message.model_extra
    assert choice.message.model_extra["reasoning_content"]
    assert reply.usage
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.prompt_tokens_details
    assert reply.usage.prompt_tokens_details.cached_tokens is not None


@pytest.mark.parametrize("question", ANSWERS)
def test_streamed_answer_through_the_sdks_accumulator(openai_client: Any, question: str) -> None:
    with openai_client.chat.completions.stream(
        model="tiny-demo-model", messages=ask(question), stream_options={"include_usage": True}
    ) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    assert final.choices[0].message.content == ANSWERS[question]
    assert final.usage
    assert final.usage.completion_tokens > 0


def test_stream_carries_usage_only_when_asked(openai_client: Any) -> None:
    chunks = list(openai_client.chat.completions.create(model="m", messages=ask("Hello"), stream=True, max_tokens=4))
    assert all(chunk.usage is None for chunk in chunks)
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices[0].finish_reason == "length"


def test_second_identical_prompt_comes_from_the_cache(openai_client: Any) -> None:
    question = ask("Repeat: the quick brown fox jumps over the lazy dog")
    openai_client.chat.completions.create(model="m", messages=question, max_tokens=2)
    reply = openai_client.chat.completions.create(model="m", messages=question, max_tokens=2)
    assert reply.usage
    assert reply.usage.prompt_tokens_details
    assert reply.usage.prompt_tokens_details.cached_tokens == reply.usage.prompt_tokens - 1


STOPS: dict[str, dict[str, Any]] = {
    "max_tokens": {"max_tokens": 3},
    "max_completion_tokens": {"max_completion_tokens": 3},
    "both: the newer one wins": {"max_tokens": 50, "max_completion_tokens": 3},
}


@pytest.mark.parametrize("limit", STOPS)
def test_limit_on_tokens(openai_client: Any, limit: str) -> None:
    reply = openai_client.chat.completions.create(model="m", messages=ask("Hello"), **PLAIN, **STOPS[limit])
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage
    assert reply.usage.completion_tokens == 3


@pytest.mark.parametrize("stop", ["tiny", ["nothing", "tiny"]], ids=["text", "list"])
def test_stop_sequence_ends_the_answer_before_itself(openai_client: Any, stop: str | list[str]) -> None:
    reply = openai_client.chat.completions.create(model="m", messages=ask("Hello"), stop=stop, **PLAIN)
    assert reply.choices[0].message.content == "Hello! I'm a "
    assert reply.choices[0].finish_reason == "stop"


def test_seed_makes_a_hot_answer_repeatable(openai_client: Any) -> None:
    def hot(seed: int) -> str | None:
        reply = openai_client.chat.completions.create(
            model="m", messages=ask("Tell me a story"), temperature=3.0, top_p=1.0, seed=seed, max_tokens=12,
            extra_body={"top_k": 0, "min_p": 0.0}, **PLAIN,
        )  # fmt: skip
        return reply.choices[0].message.content

    assert hot(7) == hot(7)
    assert len({hot(seed) for seed in range(4)}) > 1


def test_sampling_parameters_reach_the_engine(openai_client: Any) -> None:
    """A top_k of 1 beats any temperature; without it this temperature gives nonsense."""
    reply = openai_client.chat.completions.create(
        model="m", messages=ask("Hello"), temperature=5.0, extra_body={"top_k": 1, "repeat_penalty": 1.0}, **PLAIN
    )
    assert reply.choices[0].message.content == HELLO


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_n_choices(openai_client: Any, stream: bool) -> None:
    fields: dict[str, Any] = {"model": "m", "messages": ask("Hello"), "n": 3, **PLAIN}
    if not stream:
        reply = openai_client.chat.completions.create(**fields)
        texts = [choice.message.content for choice in reply.choices]
        usage = reply.usage
    else:
        pieces = ["", "", ""]
        usage = None
        for chunk in openai_client.chat.completions.create(
            stream=True, stream_options={"include_usage": True}, **fields
        ):
            for choice in chunk.choices:
                pieces[choice.index] += choice.delta.content or ""
            usage = chunk.usage or usage
        texts = pieces
    assert texts == [HELLO] * 3
    alone = openai_client.chat.completions.create(**{**fields, "n": 1}).usage
    assert usage
    assert alone
    assert usage.completion_tokens == 3 * alone.completion_tokens


@pytest.mark.parametrize("top", [0, 2], ids=["none besides", "two alternatives"])
def test_logprobs(openai_client: Any, top: int) -> None:
    reply = openai_client.chat.completions.create(
        model="m", messages=ask("Hello"), logprobs=True, top_logprobs=top, max_tokens=3, **PLAIN
    )
    logprobs = reply.choices[0].logprobs
    assert logprobs
    assert logprobs.content
    assert "".join(token.token for token in logprobs.content) == reply.choices[0].message.content
    assert all(len(token.top_logprobs) == top for token in logprobs.content)
    assert all(token.logprob <= 0 for token in logprobs.content)


def test_json_schema_is_enforced(openai_client: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}, "size": {"enum": ["small", "big"]}},
        "required": ["city", "size"],
        "additionalProperties": False,
    }
    reply = openai_client.chat.completions.create(
        model="m",
        messages=ask("Tell me about Oslo"),
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": schema, "strict": True}},
        max_tokens=120,
        **PLAIN,
    )
    answer = json.loads(reply.choices[0].message.content or "")
    assert set(answer) == {"city", "size"}
    assert answer["size"] in ("small", "big")


SWITCHES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),  # the demo model's default
    ({"enable_thinking": False, "reasoning_effort": "high"}, False),
    ({"chat_template_kwargs": {"enable_thinking": False}}, False),
    ({"reasoning_effort": "none"}, False),
    ({"enable_thinking": True}, True),
    ({"chat_template_kwargs": {"enable_thinking": True}}, True),
    ({"thinking": {"type": "enabled"}}, True),
    ({"reasoning_effort": "high"}, True),
]


@pytest.mark.parametrize(("extra", "thinks"), SWITCHES)
def test_reasoning_is_switched(openai_client: Any, extra: dict[str, Any], thinks: bool) -> None:
    reply = openai_client.chat.completions.create(model="m", messages=ask("Hello"), extra_body=extra)
    assert ("reasoning_content" in (reply.choices[0].message.model_extra or {})) == thinks
    assert reply.choices[0].message.content == HELLO


def test_tool_call_and_answer_from_its_result(openai_client: Any) -> None:
    tool: Any = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the current weather for a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    messages: list[Any] = ask("What is the weather in Oslo?")
    first = openai_client.chat.completions.create(model="m", messages=messages, tools=[tool], **PLAIN).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.tool_calls
    call = first.message.tool_calls[0]
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": "7 degrees, rain"}]
    second = openai_client.chat.completions.create(model="m", messages=messages, tools=[tool], **PLAIN).choices[0]
    assert second.finish_reason == "stop"
    assert "7 degrees" in (second.message.content or "")


def test_raw_completion(openai_client: Any) -> None:
    prompt = "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    reply = openai_client.completions.create(model="m", prompt=prompt, max_tokens=40, logprobs=1)
    assert reply.choices[0].text == HELLO
    assert reply.choices[0].logprobs
    # The SDK's type says that `finish_reason` is never null; the real API sends null until the last chunk, as we do.
    lenient = openai.OpenAI(base_url=openai_client.base_url, api_key=openai_client.api_key)
    texts = ["", ""]
    for chunk in lenient.completions.create(model="m", prompt=[prompt, prompt], max_tokens=40, stream=True, echo=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == [prompt + HELLO] * 2


def test_models(openai_client: Any) -> None:
    (listed,) = openai_client.models.list().data
    assert listed.id == "tiny-demo-model"
    assert openai_client.models.retrieve("unsloth/Tiny-Demo-Model") == listed
    with pytest.raises(openai.NotFoundError) as caught:
        openai_client.models.retrieve("nope")
    assert caught.value.code == "model_not_found"


def test_context_overflow_is_recognisable(openai_client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.chat.completions.create(model="m", messages=ask("word " * 20000))
    assert caught.value.code == "context_length_exceeded"
    assert "8192" in caught.value.message
