"""Chat Completions replies, judged by the official SDK and by golden files."""

from __future__ import annotations

import json
import timeit
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from openai import APIError, OpenAI
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion
from tests.dialects.openai_chat.cases import CREATED, LOST, START, TURNS, call, text
from tests.dialects.openai_chat.sdk import accumulated, frames, function_calls, strict_chunk, strict_completion
from tests.support.turns import failed_turns, whole_turns

from unsloth_studio.dialects.openai_chat.write import ChatStreamWriter, write_whole
from unsloth_studio.turn.accumulate import Accumulator, Turn, accumulate
from unsloth_studio.turn.events import Event, TextDelta, TurnEnd, TurnFailed, TurnStart, Usage
from unsloth_studio.turn.messages import ToolCallPart

GOLDEN = Path(__file__).parents[2] / "golden" / "openai_chat"


def stream_of(events: list[Event], *, include_usage: bool = True) -> bytes:
    return ChatStreamWriter(created=CREATED, include_usage=include_usage).feed(events)


def assert_same_reply(completion: ChatCompletion, turn: Turn) -> None:
    """`completion` says what `turn` says."""
    choice = completion.choices[0]
    message = choice.message
    calls = [(c.name, c.arguments) for c in turn.tool_calls if c.runs_on == "client"]
    assert (message.content or "") == turn.text
    assert ((message.model_extra or {}).get("reasoning_content") or "") == turn.reasoning
    assert [(c.function.name, c.function.arguments) for c in function_calls(message)] == calls
    assert choice.finish_reason == turn.finish_reason
    tokens = (choice.logprobs.content or []) if choice.logprobs else []
    assert [entry.token for entry in tokens] == [entry.token for entry in turn.logprobs]
    assert completion.usage is not None
    assert_same_usage(completion.usage, turn.usage)


def assert_same_usage(written: CompletionUsage, usage: Usage) -> None:
    cached, details = written.prompt_tokens_details, written.completion_tokens_details
    assert written.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert (
        Usage(
            written.prompt_tokens,
            written.completion_tokens,
            (cached.cached_tokens if cached else None) or 0,
            details.reasoning_tokens if details else None,
        )
        == usage
    )


@pytest.mark.parametrize("name", TURNS)
def test_the_stream_is_the_golden_one(name: str) -> None:
    assert stream_of(TURNS[name]) == (GOLDEN / f"{name}.sse").read_bytes()


@pytest.mark.parametrize("name", TURNS)
def test_the_whole_reply_is_the_golden_one(name: str) -> None:
    reply = json.loads(write_whole([accumulate(TURNS[name])], created=CREATED))
    assert reply == json.loads((GOLDEN / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", TURNS)
def test_the_sdk_puts_the_stream_together(name: str) -> None:
    *chunks, done = frames(stream_of(TURNS[name]))
    assert done == b"[DONE]"
    assert_same_reply(accumulated([strict_chunk(chunk) for chunk in chunks]), accumulate(TURNS[name]))


@pytest.mark.parametrize("name", TURNS)
def test_the_sdk_reads_the_whole_reply(name: str) -> None:
    turn = accumulate(TURNS[name])
    assert_same_reply(strict_completion(write_whole([turn], created=CREATED)), turn)


@settings(max_examples=60)
@given(whole_turns(server_tools=True))
def test_any_stream_amounts_to_its_turn(events: list[Event]) -> None:
    *chunks, done = frames(stream_of(events))
    assert done == b"[DONE]"
    turn = accumulate(events)
    assert_same_reply(accumulated([strict_chunk(chunk) for chunk in chunks]), turn)
    assert_same_reply(strict_completion(write_whole([turn], created=CREATED)), turn)


@settings(max_examples=60)
@given(failed_turns(server_tools=True))
def test_a_broken_stream_ends_with_its_error(events: list[Event]) -> None:
    *chunks, error, done = frames(stream_of(events))
    failed = events[-1]
    assert isinstance(failed, TurnFailed)
    body = json.loads(error)
    assert done == b"[DONE]"
    assert list(body) == ["error"]
    assert set(body["error"]) == {"message", "type", "param", "code"}
    accumulator = Accumulator()
    for event in events:
        accumulator.feed(event)
    deltas = [choice.delta.content or "" for chunk in chunks for choice in strict_chunk(chunk).choices]
    assert "".join(deltas) == accumulator.turn().text


@pytest.mark.parametrize("name", TURNS)
def test_a_failure_at_every_point_reaches_the_sdk_as_an_error(name: str) -> None:
    for length in range(len(TURNS[name])):
        body = stream_of([*TURNS[name][:length], LOST])
        with pytest.raises(APIError, match="connection to the model server was lost") as caught:
            list(_client(body).chat.completions.create(model="demo", messages=[], stream=True))
        assert caught.value.code == "engine_lost"


def test_nothing_follows_a_failure() -> None:
    writer = ChatStreamWriter(created=CREATED, include_usage=True)
    assert writer.feed([START, LOST]).endswith(b"data: [DONE]\n\n")
    assert writer.feed(TURNS["text"]) == b""


def test_the_stream_does_not_depend_on_how_events_are_batched() -> None:
    for events in TURNS.values():
        writer = ChatStreamWriter(created=CREATED, include_usage=True)
        assert b"".join(writer.feed([event]) for event in events) == stream_of(events)


def test_without_include_usage_there_is_no_usage_chunk() -> None:
    *chunks, done = frames(stream_of(TURNS["text"], include_usage=False))
    assert done == b"[DONE]"
    assert all(len(strict_chunk(chunk).choices) == 1 and strict_chunk(chunk).usage is None for chunk in chunks)


def test_every_chunk_carries_the_same_id_model_and_time() -> None:
    *chunks, _ = frames(stream_of(TURNS["text and two parallel calls"]))
    heads = {(c.id, c.object, c.created, c.model) for c in map(strict_chunk, chunks)}
    assert heads == {("chatcmpl-8f3a", "chat.completion.chunk", CREATED, "demo")}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first turn first", "second turn first"])
def test_two_choices_share_one_stream(order: tuple[int, int]) -> None:
    turns: list[list[Event]] = [
        [TurnStart("a", "demo"), *text(0, "one"), TurnEnd("stop", Usage(10, 2, 1))],
        [TurnStart("b", "demo"), *text(0, "two"), TurnEnd("length", Usage(10, 3, 10))],
    ]
    writer = ChatStreamWriter(created=CREATED, include_usage=True, n=2)
    fed = [writer.feed([turns[choice][step]], choice) for step in range(5) for choice in order]
    *chunks, done = frames(b"".join(fed))
    assert done == b"[DONE]"
    read = [strict_chunk(chunk) for chunk in chunks]
    assert {chunk.id for chunk in read} == {"chatcmpl-a" if order[0] == 0 else "chatcmpl-b"}
    assert [choice.delta.role for chunk in read[:2] for choice in chunk.choices] == ["assistant", "assistant"]
    whole = accumulated(read)
    assert [(c.index, c.message.content, c.finish_reason) for c in whole.choices] == [
        (0, "one", "stop"),
        (1, "two", "length"),
    ]
    assert [chunk.usage is not None for chunk in read] == [False] * (len(read) - 1) + [True]
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.total_tokens) == (10, 5, 15)


def test_two_choices_in_a_whole_reply() -> None:
    turns = [accumulate(TURNS["text"]), accumulate(TURNS["cut by length"])]
    reply = strict_completion(write_whole(turns, created=CREATED))
    assert [(c.index, c.finish_reason) for c in reply.choices] == [(0, "stop"), (1, "length")]
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (12, 6)


def test_a_failure_of_one_choice_ends_the_stream() -> None:
    writer = ChatStreamWriter(created=CREATED, include_usage=True, n=2)
    writer.feed([START], 0)
    assert b'"error"' in writer.feed([LOST], 1)
    assert writer.feed(TURNS["text"][1:], 0) == b""


@pytest.mark.parametrize(
    ("given_ids", "written"),
    [
        pytest.param(["call_x"], ["call_x"], id="its own form is kept"),
        pytest.param(["toolu_x"], ["call_x"], id="the Anthropic form"),
        pytest.param(["k9-_Z"], ["call_k9Z"], id="letters of the engine's own"),
        pytest.param(["call_x", "toolu_x", "x"], ["call_x", "call_x1", "call_x2"], id="three that would be the same"),
        pytest.param(["", "--"], ["call_1", "call_2"], id="nothing to make one of"),
    ],
)
def test_call_ids_have_one_form_and_are_unique(given_ids: list[str], written: list[str]) -> None:
    calls = [call(index, ToolCallPart(call_id, "f"), "{}") for index, call_id in enumerate(given_ids)]
    events: list[Event] = [START, *(event for part in calls for event in part), TurnEnd("tool_calls", Usage())]
    chunks = [strict_chunk(chunk) for chunk in frames(stream_of(events))[:-1]]
    streamed = [c.id for chunk in chunks for choice in chunk.choices for c in choice.delta.tool_calls or [] if c.id]
    whole = strict_completion(write_whole([accumulate(events)], created=CREATED))
    assert streamed == written
    assert [c.id for c in function_calls(whole.choices[0].message)] == written


def test_a_heartbeat_is_a_comment() -> None:
    beat = ChatStreamWriter(created=CREATED, include_usage=False).heartbeat()
    assert beat.startswith(b":")
    assert frames(beat) == []


def test_a_token_costs_less_than_one_and_a_half_microseconds() -> None:
    writer = ChatStreamWriter(created=CREATED, include_usage=True)
    writer.feed(TURNS["text"][:3])
    batch = [TextDelta(0, " token") for _ in range(64)]
    best = min(timeit.repeat(lambda: writer.feed(batch), number=50, repeat=20))
    assert best / 50 / len(batch) < 1.5e-6


def _client(body: bytes) -> OpenAI:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    return OpenAI(
        api_key="x", base_url="http://127.0.0.1/v1", http_client=httpx2.Client(transport=httpx2.MockTransport(answer))
    )
