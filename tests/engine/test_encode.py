"""What the engine is asked: every request, however odd its history, becomes a body the engine can swallow."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from unsloth_studio.engine.encode import count_body, engine_body, engine_path
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    RawPrompt,
    ReasoningConfig,
    ReasoningPart,
    Request,
    SamplingParams,
    TextPart,
    ToolCallPart,
    ToolChoice,
    ToolDefinition,
    ToolResultPart,
)

TOOLS = (ToolDefinition("get_weather", "Weather", {"type": "object"}), ToolDefinition("get_time"))


def user(*parts: Part | str) -> Message:
    return Message("user", tuple(TextPart(p) if isinstance(p, str) else p for p in parts))


def system(text: str) -> Message:
    return Message("system", (TextPart(text),))


def assistant(*parts: Part) -> Message:
    return Message("assistant", parts)


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def body(request: Request, *, speaks_llama: bool = True) -> dict[str, Any]:
    return orjson.loads(engine_body(request, model="m", speaks_llama=speaks_llama))


def chat(*messages: Message, **fields: Any) -> dict[str, Any]:
    return body(Request(Conversation(messages), **fields))


HISTORIES: dict[str, tuple[list[Message], list[dict[str, Any]]]] = {
    "instructions in front are one message": (
        [system("a"), system("b"), user("hi")],
        [{"role": "system", "content": "a\n\nb"}, {"role": "user", "content": "hi"}],
    ),
    "instructions in the middle become user text in place": (
        [user("hi"), system("env"), user("more")],
        [{"role": "user", "content": "hi\n\nenv\n\nmore"}],
    ),
    "broken tool arguments are wrapped": (
        [user("hi"), assistant(ToolCallPart("c1", "f", '{"a": '))],
        [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "f", "arguments": '{"unparsed":"{\\"a\\": "}'},
                    }
                ],
            },
        ],
    ),
    "good tool arguments keep their bytes": (
        [assistant(ReasoningPart("hm"), TextPart("ok"), ToolCallPart("c1", "f", '{ "a" : 1 }'))],
        [
            {
                "role": "assistant",
                "content": "ok",
                "reasoning_content": "hm",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{ "a" : 1 }'}}],
            }
        ],
    ),
    "a failed tool result says so, images follow as a user message": (
        [
            Message(
                "tool", (ToolResultPart("c1", (TextPart("no"), ImagePart("data:image/png;base64,AA")), is_error=True),)
            )
        ],
        [
            {"role": "tool", "tool_call_id": "c1", "content": "Error: no"},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
        ],
    ),
    "images of neighbouring tool results follow the last of them, in front of what the user says": (
        [
            Message("tool", (ToolResultPart("c1", (ImagePart("data:1"),)),)),
            Message("tool", (ToolResultPart("c2", (TextPart("two"), ImagePart("data:2"))),)),
            user("compare"),
        ],
        [
            {"role": "tool", "tool_call_id": "c1", "content": "(The result is the image below.)"},
            {"role": "tool", "tool_call_id": "c2", "content": "two"},
            {"role": "user", "content": [image("data:1"), image("data:2"), {"type": "text", "text": "compare"}]},
        ],
    ),
    "images of a tool result inside a user message stand between the result and the text": (
        [user("and?", ToolResultPart("c1", (ImagePart("data:1"),), is_error=True))],
        [
            {"role": "tool", "tool_call_id": "c1", "content": "Error: (The result is the image below.)"},
            {"role": "user", "content": [image("data:1"), {"type": "text", "text": "and?"}]},
        ],
    ),
    "images of instructions and of the assistant are shown behind them": (
        [
            Message("system", (TextPart("like this:"), ImagePart("data:1"))),
            user("draw"),
            assistant(TextPart("here"), ImagePart("data:2")),
            user("again"),
        ],
        [
            {"role": "system", "content": "like this:"},
            {"role": "user", "content": [image("data:1"), {"type": "text", "text": "draw"}]},
            {"role": "assistant", "content": "here"},
            {"role": "user", "content": [image("data:2"), {"type": "text", "text": "again"}]},
        ],
    ),
    "text around an image keeps its place": (
        [user("before", ImagePart("data:1", "high"), "after")],
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "before"}, image("data:1"), {"type": "text", "text": "after"}],
            }
        ],
    ),
    "tool results inside a user message come before its text": (
        [user(ToolResultPart("c1", (TextPart("22"),)), "and now?")],
        [{"role": "tool", "tool_call_id": "c1", "content": "22"}, {"role": "user", "content": "and now?"}],
    ),
    "documents are text with their title": (
        [user(DocumentPart("body", "Report"), "sum up")],
        [{"role": "user", "content": "Report\n\nbody\n\nsum up"}],
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_history(name: str) -> None:
    messages, expected = HISTORIES[name]
    assert chat(*messages)["messages"] == expected


@pytest.mark.parametrize("name", HISTORIES)
def test_growing_history_keeps_its_prefix(name: str) -> None:
    messages, expected = HISTORIES[name]
    longer = chat(*messages, assistant(TextPart("done")), user("next"))["messages"]
    assert longer[: len(expected)] == expected


CHOICES: dict[str, tuple[ToolChoice, list[str] | None, str | None]] = {
    "auto offers all": ("auto", ["get_weather", "get_time"], "auto"),
    "required offers all": ("required", ["get_weather", "get_time"], "required"),
    "none offers none": ("none", None, None),
    "a named tool is the only one": (NamedTool("get_time"), ["get_time"], "required"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_tool_choice_is_enforced_by_what_is_offered(name: str) -> None:
    choice, offered, word = CHOICES[name]
    sent = body(Request(Conversation((user("x"),), TOOLS, choice)))
    assert [tool["function"]["name"] for tool in sent["tools"]] == offered if offered else "tools" not in sent
    assert sent.get("tool_choice") == word


def test_sampling_goes_through_by_the_engines_names() -> None:
    params = SamplingParams(0.5, 0.9, 40, 0.05, 1.1, 0.2, 0.3, seed=-1, stop=("END",), logit_bias={"5": 1.0})
    sent = chat(user("x"), sampling=params, max_tokens=7)
    expected = {
        "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "repeat_penalty": 1.1, "presence_penalty": 0.2,
        "frequency_penalty": 0.3, "seed": 2**32 - 1, "stop": ["END"], "logit_bias": {"5": 1.0}, "max_tokens": 7,
        "verbose": True,
    }  # fmt: skip
    assert expected.items() <= sent.items()


def test_what_is_not_said_is_not_sent() -> None:
    assert set(chat(user("x"))) == {"model", "messages", "stream", "stream_options", "return_progress"}


def test_foreign_upstream_gets_no_fields_of_llama_cpp() -> None:
    sent = body(
        Request(Conversation((user("x"),)), sampling=SamplingParams(repeat_penalty=1.1, stop=("a",))),
        speaks_llama=False,
    )
    assert "return_progress" not in sent
    assert "verbose" not in sent
    assert sent["repetition_penalty"] == 1.1


def test_reasoning_switch_keeps_the_other_template_arguments() -> None:
    reasoning = ReasoningConfig(enabled=False, effort="low", budget_tokens=10)
    sent = chat(user("x"), reasoning=reasoning, engine_extras={"chat_template_kwargs": {"a": 1}})
    assert sent["chat_template_kwargs"] == {"a": 1, "enable_thinking": False}
    assert (sent["reasoning_effort"], sent["reasoning_budget_tokens"]) == ("low", 10)


def test_extras_cannot_turn_streaming_off() -> None:
    sent = chat(user("x"), engine_extras={"stream": False, "mirostat": 1})
    assert (sent["stream"], sent["mirostat"]) == (True, 1)


def test_schema_is_passed_as_the_engine_reads_it() -> None:
    sent = chat(user("x"), output=OutputFormat("json_schema", {"type": "object"}, "city"))
    expected = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True}}
    assert sent["response_format"] == expected


def test_raw_prompt_goes_to_the_completion_route() -> None:
    request = Request(RawPrompt((1, 2)), top_logprobs=0)
    assert engine_path(request) == "/v1/completions"
    sent = body(request)
    assert (sent["prompt"], sent["logprobs"]) == ([1, 2], 1)


def test_counting_renders_the_same_messages_and_tools() -> None:
    request = Request(Conversation((user("x"),), TOOLS), reasoning=ReasoningConfig(enabled=False), max_tokens=5)
    counted, sent = orjson.loads(count_body(request, model="m")), body(request)
    assert set(counted) == {"model", "messages", "tools", "tool_choice", "parallel_tool_calls", "chat_template_kwargs"}
    assert counted.pop("tool_choice") == "none", "which makes no grammar and the same prompt"
    assert all(counted[name] == sent[name] for name in counted)
