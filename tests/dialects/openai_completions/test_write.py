"""Completions replies, judged by the official SDK."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from openai.types import Completion
from tests.support.turns import failed_turns, whole_turns

from unsloth_studio.dialects.openai_completions.write import CompletionsStreamWriter, write_whole
from unsloth_studio.sse import SseDecoder
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import (
    Event,
    PartEnd,
    PartStart,
    TextDelta,
    Timings,
    TokenLogprob,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import TextPart

CREATED = 1_795_000_000
START = TurnStart("8f3a", "demo")
LOGPROBS = (
    TokenLogprob(" in", -0.5, (), (TokenLogprob(" on", -1.0, ()), TokenLogprob(" in", -0.5, ()))),
    TokenLogprob(" a", float("-inf"), ()),
)


def turn_of(*deltas: TextDelta, end: TurnEnd | None = None, turn_id: str = "8f3a") -> list[Event]:
    start = TurnStart(turn_id, "demo")
    return [start, PartStart(0, TextPart()), *deltas, PartEnd(0), end or TurnEnd("stop", Usage(5, 3, 2))]


def chunks_of(stream: bytes) -> list[Any]:
    """The chunks of a stream that ends with [DONE], each valid for the SDK. While an answer runs its finish reason is null,
    as at OpenAI, although the SDK's one model for chunks and replies does not say so."""
    *chunks, done = [frame.data for frame in SseDecoder().feed(stream)]
    assert done == b"[DONE]"
    parsed = [json.loads(chunk) for chunk in chunks]
    for chunk in parsed:
        choices = [{**choice, "finish_reason": choice["finish_reason"] or "stop"} for choice in chunk["choices"]]
        completion = Completion.model_validate_json(json.dumps({**chunk, "choices": choices}), strict=True)
        assert set(completion.model_extra or {}) <= {"timings"}
    return parsed


def text_of(chunks: list[Any], index: int = 0) -> str:
    return "".join(c["text"] for chunk in chunks for c in chunk["choices"] if c["index"] == index)


@settings(max_examples=60)
@given(whole_turns(server_tools=True))
def test_any_stream_amounts_to_its_turn(events: list[Event]) -> None:
    turn = accumulate(events)
    chunks = chunks_of(CompletionsStreamWriter(created=CREATED, include_usage=True).feed(events))
    reply = Completion.model_validate_json(write_whole([turn], created=CREATED), strict=True)
    assert text_of(chunks) == turn.text == reply.choices[0].text
    assert chunks[-2]["choices"][0]["finish_reason"] == reply.choices[0].finish_reason
    assert reply.usage is not None
    assert chunks[-1]["usage"] == reply.usage.model_dump(exclude_unset=True)


@settings(max_examples=60)
@given(failed_turns())
def test_a_broken_stream_ends_with_its_error(events: list[Event]) -> None:
    stream = CompletionsStreamWriter(created=CREATED, include_usage=True).feed(events)
    *_, error, done = [frame.data for frame in SseDecoder().feed(stream)]
    assert done == b"[DONE]"
    assert set(json.loads(error)["error"]) == {"message", "type", "param", "code"}


def test_the_stream_byte_by_byte() -> None:
    end = TurnEnd("length", Usage(5, 2), Timings(1, 2, 3, 4))
    stream = CompletionsStreamWriter(created=CREATED, include_usage=True).feed(turn_of(TextDelta(0, ' "a"'), end=end))
    head = b'data: {"id":"cmpl-8f3a","object":"text_completion","created":1795000000,"model":"demo",'
    timings = b'"timings":{"prompt_ms":1,"predicted_ms":2,"prompt_per_second":3,"predicted_per_second":4}'
    usage = b'{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":0}}'
    assert stream.split(b"\n\n") == [
        head + b'"choices":[{"index":0,"text":" \\"a\\"","logprobs":null,"finish_reason":null}]}',
        head + b'"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"length"}],' + timings + b"}",
        head + b'"choices":[],"usage":' + usage + b"}",
        b"data: [DONE]",
        b"",
    ]


def test_several_prompts_share_one_stream() -> None:
    echo = ("A", "A", "B", "B")
    writer = CompletionsStreamWriter(created=CREATED, include_usage=True, echo=echo, n=2)
    turns = [turn_of(TextDelta(0, str(i)), turn_id=f"t{i}") for i in range(4)]
    stream = b"".join(writer.feed([turns[i][step]], i) for step in range(5) for i in (2, 0, 3, 1))
    chunks = chunks_of(stream)
    assert [text_of(chunks, i) for i in range(4)] == ["A0", "A1", "B2", "B3"]
    assert {chunk["id"] for chunk in chunks} == {"cmpl-t2"}
    assert chunks[-1]["usage"]["prompt_tokens"] == 10
    assert chunks[-1]["usage"]["completion_tokens"] == 12
    whole = json.loads(write_whole([accumulate(turn) for turn in turns], created=CREATED, echo=echo, n=2))
    assert [choice["text"] for choice in whole["choices"]] == ["A0", "A1", "B2", "B3"]
    assert whole["usage"] == chunks[-1]["usage"]


@pytest.mark.parametrize("cut", [(2,), (1, 1)], ids=["both tokens in one delta", "one token per delta"])
def test_logprobs_in_their_old_shape(cut: tuple[int, ...]) -> None:
    deltas, at = list[TextDelta](), 0
    for size in cut:
        entries = LOGPROBS[at : at + size]
        deltas.append(TextDelta(0, "".join(entry.token for entry in entries), entries))
        at += size
    events = turn_of(*deltas)
    expected = {
        "tokens": [" in", " a"],
        "token_logprobs": [-0.5, -9999.0],
        "top_logprobs": [{" on": -1.0, " in": -0.5}, {" a": -9999.0}],
        "text_offset": [4, 7],
    }
    whole = json.loads(write_whole([accumulate(events)], created=CREATED, echo=["Once"]))
    assert whole["choices"][0]["logprobs"] == expected
    chunks = chunks_of(CompletionsStreamWriter(created=CREATED, include_usage=False, echo=["Once"]).feed(events))
    streamed = [chunk["choices"][0]["logprobs"] for chunk in chunks if chunk["choices"][0]["logprobs"]]
    assert {key: [entry for part in streamed for entry in part[key]] for key in expected} == expected


def test_without_include_usage_there_is_no_usage_chunk() -> None:
    chunks = chunks_of(CompletionsStreamWriter(created=CREATED, include_usage=False).feed(turn_of(TextDelta(0, "x"))))
    assert all(len(chunk["choices"]) == 1 and "usage" not in chunk for chunk in chunks)


def test_nothing_follows_a_failure() -> None:
    writer = CompletionsStreamWriter(created=CREATED, include_usage=False)
    failed = TurnFailed(TurnError("context_overflow", "too long", prompt_tokens=9, context_length=8))
    error = json.loads(SseDecoder().feed(writer.feed([START, failed]))[0].data)["error"]
    assert (error["code"], error["param"]) == ("context_length_exceeded", "prompt")
    assert writer.feed(turn_of(TextDelta(0, "x"))) == b""


def test_a_heartbeat_is_a_comment() -> None:
    beat = CompletionsStreamWriter(created=CREATED, include_usage=False).heartbeat()
    assert beat.startswith(b":")
    assert SseDecoder().feed(beat) == []
