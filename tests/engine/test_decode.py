"""The engine's chunks become events in the right order, wherever the bytes are split."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.engine.decode import Decoder
from unsloth_studio.engine.replies import lost_error
from unsloth_studio.turn.accumulate import Turn, accumulate
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event, PromptProgress, TurnEnd, TurnFailed, TurnStart, Usage, check_order
from unsloth_studio.turn.messages import ReasoningPart, TextPart, ToolCallPart

Chunk = dict[str, Any]

LOST = lost_error(managed=True, begun=True)

TIMINGS = {
    "cache_n": 4, "prompt_n": 7, "prompt_ms": 1.5, "prompt_per_second": 4000.0,
    "predicted_n": 3, "predicted_ms": 2.0, "predicted_per_second": 1500.0,
}  # fmt: skip
USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 4}}


def chunk(delta: Chunk, finish: str | None = None, **more: Any) -> Chunk:
    return {"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def call(index: int, name: str | None = None, arguments: str = "") -> Chunk:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return chunk({"tool_calls": [{"index": index, "id": f"id{index}" if name else None, "function": function}]})


PROGRESS = chunk({"role": "assistant", "content": None}, prompt_progress={"total": 11, "cache": 4, "processed": 4})
USAGE_CHUNK: Chunk = {"id": "x", "model": "m", "choices": [], "usage": USAGE, "timings": TIMINGS}


def wire(*chunks: Chunk, done: bool = True) -> bytes:
    frames = b"".join(b"data: " + orjson.dumps(one) + b"\n\n" for one in chunks)
    return frames + (b"data: [DONE]\n\n" if done else b"")


def decode(*pieces: bytes) -> list[Event]:
    decoder = Decoder("t1", "demo", lost=LOST, top_logprobs=1)
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.finish()


def turn_of(data: bytes) -> Turn:
    events = decode(data)
    check_order(events)
    return accumulate(events)


STREAMS = {
    "text": wire(PROGRESS, chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop"), USAGE_CHUNK),
    "reasoning then text": wire(
        chunk({"reasoning_content": "hm"}),
        chunk({"reasoning_content": "m"}),
        chunk({"content": "Hi"}),
        chunk({}, "stop"),
    ),
    "text then two calls": wire(
        chunk({"content": "Let me see."}),
        call(0, "get_weather"),
        call(0, arguments='{"city":'),
        call(0, arguments='"Oslo"}'),
        call(1, "get_time", "{}"),
        chunk({}, "tool_calls"),
    ),
    "nothing at all": wire(PROGRESS, chunk({}, "stop")),
    "a completion": wire(
        {"choices": [{"text": "ab", "index": 0}]}, {"choices": [{"text": "", "finish_reason": "length"}]}
    ),
    "no [DONE]": wire(chunk({"content": "x"}), chunk({}, "stop"), done=False),
}

PARTS = {
    "text": [TextPart("Hello")],
    "reasoning then text": [ReasoningPart("hmm"), TextPart("Hi")],
    "text then two calls": [
        TextPart("Let me see."),
        ToolCallPart("id0", "get_weather", '{"city":"Oslo"}'),
        ToolCallPart("id1", "get_time", "{}"),
    ],
    "nothing at all": [],
    "a completion": [TextPart("ab")],
    "no [DONE]": [TextPart("x")],
}


@pytest.mark.parametrize("name", STREAMS)
def test_stream_becomes_parts(name: str) -> None:
    assert turn_of(STREAMS[name]).parts == PARTS[name]


@pytest.mark.parametrize("name", STREAMS)
def test_result_does_not_depend_on_where_bytes_are_split(name: str) -> None:
    data = STREAMS[name]
    whole = decode(data)
    for cut in range(len(data) + 1):
        assert decode(data[:cut], data[cut:]) == whole
    rng = random.Random(7)
    for _ in range(50):
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(6))
        assert decode(*(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))) == whole


def test_counts_are_known_before_the_first_token_and_exact_at_the_end() -> None:
    events = decode(STREAMS["text"])
    assert events[0] == TurnStart("t1", "demo", prompt_tokens=11, cached_tokens=4)
    assert events[1] == PromptProgress(processed=4, total=11)
    assert isinstance(events[-1], TurnEnd)
    assert events[-1].usage == Usage(11, 3, 4, reasoning_tokens=0)


def test_usage_is_taken_from_timings_when_the_engine_sends_none() -> None:
    turn = turn_of(wire(chunk({"content": "x"}), chunk({}, "stop", timings=TIMINGS)))
    assert turn.usage == Usage(11, 3, 4, reasoning_tokens=0)


def test_stop_sequence_that_was_met_is_named() -> None:
    turn = turn_of(wire(chunk({"content": "x"}), chunk({}, "stop", __verbose={"stopping_word": "END"})))
    assert turn.stop_sequence == "END"


def test_logprobs_are_kept_and_trimmed_to_what_was_asked() -> None:
    alternatives = [{"token": t, "logprob": -1.0, "bytes": [97]} for t in ("a", "b")]
    entry = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": alternatives}
    piece = chunk({"content": "a"})
    piece["choices"][0]["logprobs"] = {"content": [entry]}
    (token,) = turn_of(wire(piece, chunk({}, "stop"))).logprobs
    assert (token.token, token.logprob, token.utf8) == ("a", -0.5, (97,))
    assert [other.token for other in token.top] == ["a"]


BROKEN = {
    "cut before the first chunk": (b"", "engine_lost"),
    "cut in the middle": (wire(chunk({"content": "x"}), done=False), "engine_lost"),
    "[DONE] without a finish reason": (wire(chunk({"content": "x"})), "engine_lost"),
    "an error frame": (
        wire(chunk({"content": "x"}), {"error": {"code": 500, "message": "boom"}}, done=False),
        "engine_error",
    ),
    "overflow in mid-stream": (
        wire({"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 8}}),
        "context_overflow",
    ),
    "no JSON": (b"data: {oops\n\n", "engine_error"),
    "JSON of another kind": (b"data: [1]\n\n", "engine_error"),
    "a call taken up again": (wire(call(0, "a"), call(1, "b"), call(0, arguments="x")), "engine_error"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_stream_fails_the_turn_once_and_last(name: str) -> None:
    data, kind = BROKEN[name]
    events = decode(data)
    check_order(events)
    assert isinstance(events[-1], TurnFailed)
    assert events[-1].error.kind == kind
    with pytest.raises(TurnFailure):
        accumulate(events)


def test_loss_is_told_as_such() -> None:
    assert decode(b"")[-1] == TurnFailed(LOST)


ODD_CHUNKS: list[Chunk] = [chunk({}, "stop"), USAGE_CHUNK, PROGRESS, {"error": "x"}, {"choices": [{}]}]
DELTAS: st.SearchStrategy[Chunk] = st.one_of(
    st.text(max_size=5).map(lambda t: chunk({"content": t})),
    st.text(max_size=5).map(lambda t: chunk({"reasoning_content": t})),
    st.integers(0, 3).map(lambda i: call(i, "f", "{")),
    st.integers(0, 3).map(lambda i: call(i, arguments="}")),
    st.sampled_from(ODD_CHUNKS),
)


@given(st.lists(DELTAS, max_size=12), st.booleans())
def test_any_stream_of_chunks_is_one_orderly_turn(chunks: list[Chunk], done: bool) -> None:
    check_order(decode(wire(*chunks, done=done)))


@given(st.binary(max_size=200))
def test_any_bytes_are_one_orderly_turn(data: bytes) -> None:
    check_order(decode(data))
