"""What a script turns into, without sockets and clocks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.fake_engine.play import Crash, Drop, End, Pause, Step, Tick, Whole, stream, whole
from tests.fake_engine.script import Fault, Script, ToolCall, last_prompt, script_of_prompt, words
from tests.fake_engine.wire import ChatShape, Tally

BODY: dict[str, Any] = {"stream_options": {"include_usage": True}, "return_progress": True}


def deltas(steps: list[Step]) -> list[dict[str, Any]]:
    """The deltas of all chunks, in order."""
    frames = b"".join(step for step in steps if isinstance(step, bytes)).split(b"\n\n")
    chunks = [orjson.loads(frame[6:]) for frame in frames if frame.startswith(b"data: {")]
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def played(script: Script, max_tokens: int | None = None, body: dict[str, Any] | None = None) -> list[Step]:
    return list(stream(script, ChatShape("m", 1, body or {}), Tally(7), max_tokens=max_tokens))


def test_reasoning_text_and_a_tool_call_come_in_this_order() -> None:
    script = Script(text="Let me look.", reasoning="Hm.", tool_call=ToolCall("get_time", '{"zone": "UTC"}'))
    found = deltas(played(script))
    assert found[0] == {"role": "assistant", "content": None}
    assert [next(iter(delta)) for delta in found[1:-1]] == ["reasoning_content", *["content"] * 3, *["tool_calls"] * 3]
    calls = [delta["tool_calls"][0]["function"] for delta in found if "tool_calls" in delta]
    assert calls[0]["name"] == "get_time"
    assert "".join(call["arguments"] for call in calls) == '{"zone": "UTC"}'


@pytest.mark.parametrize(
    ("script", "max_tokens", "text", "finish"),
    [
        (Script(), None, "t0 t1 t2 ", "stop"),
        (Script(tokens=2), None, "t0 t1 ", "stop"),
        (Script(text=" a  b\n"), None, " a  b\n", "stop"),
        (Script(text="a b", tokens=5), None, "a ba ba", "stop"),
        (Script(tokens=9), 2, "t0 t1 ", "length"),
        (Script(tokens=2), 2, "t0 t1 ", "stop"),
        (Script(text="", tool_call=ToolCall("f")), None, "", "tool_calls"),
        (Script(huge_bytes=4), None, "xxxx", "stop"),
        (Script(finish_reason="length"), None, "t0 t1 t2 ", "length"),
    ],
    ids=["plain", "counted", "spaces kept", "repeated", "cut", "exact", "call only", "huge", "reason set"],
)
def test_stream_and_whole_say_the_same(script: Script, max_tokens: int | None, text: str, finish: str) -> None:
    found = played(script, max_tokens)
    assert "".join(delta.get("content") or "" for delta in deltas(found)) == text
    assert b'"finish_reason":"%b"' % finish.encode() in b"".join(step for step in found if isinstance(step, bytes))
    last = list(whole(script, ChatShape("m", 1, {}), Tally(7), max_tokens=max_tokens))[-1]
    assert isinstance(last, Whole)
    assert (last.body["choices"][0]["message"]["content"], last.body["choices"][0]["finish_reason"]) == (text, finish)


def test_usage_and_timings_ride_on_a_chunk_without_choices() -> None:
    usage, done = played(Script(tokens=2), body=BODY)[-2:]
    assert isinstance(usage, bytes)
    last = orjson.loads(usage.split(b"data: ")[-1])
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 2
    assert last["usage"]["prompt_tokens"] == last["timings"]["prompt_n"] == 7
    assert done == b"data: [DONE]\n\n"


def test_progress_comes_before_and_after_prefill() -> None:
    before, pause, after = played(Script(prefill_ms=50), body=BODY)[:3]
    assert isinstance(before, bytes)
    assert isinstance(after, bytes)
    assert b'"prompt_progress":{"total":7,"cache":0,"processed":0' in before
    assert pause == Pause(0.05)
    assert b'"prompt_progress":{"total":7,"cache":0,"processed":7' in after


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (Fault("crash", 2), Crash()),
        (Fault("reset", 2), Drop(reset=True)),
        (Fault("close", 2), Drop(reset=False)),
        (Fault("ends_early", 2), End()),
        (Fault("stall", 2, 3.0), Pause(3.0)),
        (Fault("error_frame", 2), End()),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_fault_strikes_after_its_token(fault: Fault, step: Step) -> None:
    found = played(Script(tokens=5, interval_ms=10, fault=fault))
    strike = found.index(step)
    assert [delta.get("content") for delta in deltas(found[:strike]) if delta.get("content")] == ["t0 ", "t1 "]
    assert found[:strike].count(Tick(0.01)) == 1


def test_a_stamp_is_taken_when_its_token_is_written() -> None:
    steps = stream(Script(tokens=2, stamp=True), ChatShape("m", 1, {}), Tally(1), max_tokens=None)
    times = [int(deltas([next(steps)])[-1]["content"].strip("@")) for _ in range(2)]
    assert 0 < times[0] < times[1]


@pytest.mark.parametrize("text", ["", " ", "a", "a b", " a\n\nb ", "x" * 50], ids=repr)
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(words(text)) == text


def test_a_prompt_can_carry_a_script() -> None:
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": '{"fake": {"tokens": 4}}'}]}]}
    assert script_of_prompt(last_prompt(body), Script()) == Script(tokens=4)
    assert script_of_prompt("Hello", Script(tokens=1)) == Script(tokens=1)
