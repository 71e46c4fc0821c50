"""Turns and calls that several tests look at."""

from __future__ import annotations

from typing import Any

import orjson

from unsloth_studio.dialects.openai_responses.read import ResponsesCall, read
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    ArgumentsDelta,
    Event,
    FinishReason,
    PartEnd,
    PartStart,
    PromptProgress,
    ReasoningDelta,
    ResultImage,
    TextDelta,
    TokenLogprob,
    ToolResultReady,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart
from unsloth_studio.turn.sources import Source

USAGE = Usage(prompt_tokens=20, completion_tokens=9, cached_tokens=12, reasoning_tokens=4)
START = TurnStart("0a1b", "demo")
LOST = TurnError("engine_lost", "The connection to the model server was lost. It is being restarted; try again.")


def end(reason: FinishReason = "stop") -> TurnEnd:
    return TurnEnd(reason, USAGE)


def text(index: int, *pieces: str) -> list[Event]:
    return [PartStart(index, TextPart()), *(TextDelta(index, piece) for piece in pieces), PartEnd(index)]


def reasoning(index: int, *pieces: str) -> list[Event]:
    return [
        PartStart(index, ReasoningPart()),
        *(ReasoningDelta(index, piece) for piece in pieces),
        PartEnd(index, "sig"),
    ]


def tool_call(index: int, call_id: str, name: str, *pieces: str) -> list[Event]:
    deltas = [ArgumentsDelta(index, piece) for piece in pieces]
    return [PartStart(index, ToolCallPart(call_id, name)), *deltas, PartEnd(index)]


def scored_text(index: int) -> list[Event]:
    no = TokenLogprob(" no", -2.5, (32, 110, 111))
    yes = TokenLogprob("Oh", -0.25, (79, 104), top=(no,))
    return [
        PartStart(index, TextPart()),
        TextDelta(index, "Oh", (yes,)),
        TextDelta(index, " no", (no,)),
        PartEnd(index),
    ]


def server_call(
    index: int, call_id: str = "call_s", name: str = "web_search", *pieces: str, result: str = "found"
) -> list[Event]:
    """The call and its result, which is the last of the events."""
    deltas = [ArgumentsDelta(index, piece) for piece in pieces or ('{"query":"x"}',)]
    part = ToolCallPart(call_id, name, runs_on="server")
    return [PartStart(index, part), *deltas, PartEnd(index), ToolResultReady(call_id, result, name=name)]


TURNS: dict[str, list[Event]] = {
    "text": [START, PromptProgress(10, 20), *text(0, "Hel", "lo", "!"), end()],
    "empty": [START, end()],
    "empty text": [START, *text(0), end()],
    "reasoning and text": [START, *reasoning(0, "Let me ", "think.\n"), *text(1, "42"), end()],
    "text and two parallel calls": [
        START,
        *text(0, "Looking."),
        *tool_call(1, "call_a", "get_weather", '{"city":', ' "Łódź"}'),
        *tool_call(2, "toolu_b", "get_time", "{}"),
        end("tool_calls"),
    ],
    "a call without arguments": [START, *tool_call(0, "", "ping"), end("tool_calls")],
    "cut in a text": [START, *text(0, "Once upon"), end("length")],
    "cut in a call": [START, *tool_call(0, "call_a", "get_weather", '{"ci'), end("length")],
    "cut before the first token": [START, end("length")],
    "filtered": [START, *text(0, "I"), end("content_filter")],
    "a call run by the server": [START, *text(0, "Searching."), *server_call(1), *text(2, "Found."), end()],
    "cut after a server's call": [START, *text(0, "Searching."), *server_call(1), end("length")],
    "awkward characters": [START, *text(0, '"\\\n\r\n\u2028', "data: x\n\n", "🦥\x00"), end()],
    "log probabilities": [START, *scored_text(0), end()],
}

FOUND = ToolResultReady(
    "call_s",
    "[1] A page",
    name="web_search",
    sources=(Source("A page", "https://example.org/", number=1), Source("B", "https://b.example/", number=2)),
)
RAN = ToolResultReady("call_p", "42", name="python", images=(ResultImage("image/png", "iVBO"),))

NATIVE: dict[str, list[Event]] = {
    "native": [
        START,
        *text(0, "[1] is nothing yet."),
        *server_call(1)[:3],
        *server_call(2, "call_p", "python", '{"code": "6*', '7"}')[:4],
        FOUND,
        RAN,
        *server_call(3, "call_f", "web_fetch", '{"url": "https://x.org/"}')[:3],
        ToolResultReady("call_f", "No.", is_error=True, name="web_fetch", failure="not_accessible"),
        *text(4, "It is [", "1], and 🦥 [1,2]. Not `a[1]`."),
        end(),
    ],
    "native_cut": [START, *server_call(0, "call_t", "terminal", '{"command": "ls"}')[:3], end("length")],
    "native_failed": [START, *server_call(0)[:3], TurnFailed(LOST)],
}
"""Turns of requests that ask for hosted tools."""

FAILURES: dict[str, list[Event]] = {
    "before it began": [TurnFailed(LOST)],
    "before the first part": [START, TurnFailed(LOST)],
    "inside a text": [START, PartStart(0, TextPart()), TextDelta(0, "Hal"), TurnFailed(LOST)],
    "inside reasoning": [START, PartStart(0, ReasoningPart()), ReasoningDelta(0, "Hm"), TurnFailed(LOST)],
    "inside a call": [START, PartStart(0, ToolCallPart("call_a", "f")), ArgumentsDelta(0, '{"a'), TurnFailed(LOST)],
    "after a part": [START, *text(0, "Done."), TurnFailed(LOST)],
    "inside a server's call": [START, *server_call(0)[:2], TurnFailed(LOST)],
}


def call_for(**fields: Any) -> ResponsesCall:
    return read(orjson.dumps({"input": "Hi", "stream": True, **fields}))


NAMESPACED: list[dict[str, Any]] = [
    {
        "type": "namespace",
        "name": "multi_agent_v1",
        "description": "Agents.",
        "tools": [{"type": "function", "name": "close_agent", "parameters": {"type": "object"}, "strict": False}],
    },
    {"type": "custom", "name": "apply_patch", "description": "Edits files.", "format": {"type": "text"}},
    {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}, "strict": True},
    {"type": "web_search", "external_web_access": True},
]

HOSTED = call_for(
    tools=[{"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}],
    include=["web_search_call.action.sources", "code_interpreter_call.outputs"],
)
"""Asks for hosted tools, and to see all of what they do."""

CALLS: dict[str, ResponsesCall] = {
    "plain": call_for(),
    "all asked": call_for(
        instructions="Be brief.",
        tools=NAMESPACED,
        tool_choice="auto",
        parallel_tool_calls=True,
        reasoning={"effort": "low", "summary": "auto"},
        text={"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": True}},
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        top_logprobs=1,
        metadata={"a": "b"},
        store=False,
        temperature=0.5,
        top_p=1,
        max_output_tokens=50,
        user="me",
        truncation="auto",
        prompt_cache_key="k",
    ),
}
