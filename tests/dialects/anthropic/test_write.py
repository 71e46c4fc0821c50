"""The bytes of streams and replies: golden files, order, what is kept alive, how a broken turn ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.anthropic.examples import FAILED, LOST, NATIVE, START, WHOLE, call, text
from tests.dialects.anthropic.sdk import frames, names
from tests.support.turns import failed_turns, turns, whole_turns

from unsloth_studio.dialects.anthropic.write import PING, MessagesStreamWriter, write_count, write_whole
from unsloth_studio.sse import KEEP_ALIVE
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.events import Event, TurnEnd, TurnFailed, Usage
from unsloth_studio.turn.messages import ToolCallPart

GOLDEN = Path(__file__).parents[2] / "golden" / "anthropic"

BLOCK = ["content_block_start", "content_block_delta", "content_block_stop"]


def stream(events: list[Event]) -> bytes:
    return MessagesStreamWriter().feed(events)


def data(events: list[Event], name: str) -> list[dict[str, Any]]:
    return [orjson.loads(content) for frame, content in frames(stream(events)) if frame == name]


@pytest.mark.parametrize("name", [*WHOLE, *FAILED])
def test_stream_matches_its_golden_file(name: str) -> None:
    events = WHOLE[name] if name in WHOLE else FAILED[name]
    assert stream(events).decode() == (GOLDEN / f"{name}.sse").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WHOLE)
def test_whole_reply_matches_its_golden_file(name: str) -> None:
    assert write_whole(accumulate(WHOLE[name])).decode() + "\n" == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def test_golden_files_are_all_in_use() -> None:
    used = {f"{name}.sse" for name in (*WHOLE, *NATIVE, *FAILED)} | {f"{name}.json" for name in (*WHOLE, *NATIVE)}
    assert {path.name for path in GOLDEN.iterdir()} == used


@pytest.mark.parametrize(
    ("events", "order"),
    [
        pytest.param(WHOLE["empty"], [], id="an empty turn has no blocks"),
        pytest.param(WHOLE["prompt_progress"], ["ping", "ping", *BLOCK], id="pings while the prompt is read"),
        pytest.param(
            WHOLE["signed_reasoning"],
            ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", *BLOCK],
            id="the signature comes before the stop of its block",
        ),
        pytest.param(
            WHOLE["reasoning_and_text"],
            ["content_block_start", *["content_block_delta"] * 3, "content_block_stop", *BLOCK],
            id="thinking without a signature gets one",
        ),
    ],
)
def test_events_stand_in_the_order_of_the_api(events: list[Event], order: list[str]) -> None:
    assert names(stream(events)) == ["message_start", *order, "message_delta", "message_stop"]


@settings(deadline=None)
@given(whole_turns(server_tools=True))
def test_one_block_is_open_at_a_time_and_indices_grow_by_one(events: list[Event]) -> None:
    opened = -1
    is_open = False
    for name, content in frames(stream(events)):
        if name.startswith("content_block"):
            index = orjson.loads(content)["index"]
            if name == "content_block_start":
                assert not is_open
                assert index == opened + 1
                opened, is_open = index, True
            else:
                assert is_open
                assert index == opened
                is_open = name != "content_block_stop"
    assert not is_open


@settings(deadline=None)
@given(turns(server_tools=True), st.integers(0, 60))
def test_frames_do_not_depend_on_how_events_are_batched(events: list[Event], cut: int) -> None:
    writer = MessagesStreamWriter()
    assert writer.feed(events[:cut]) + writer.feed(events[cut:]) == stream(events)


@settings(deadline=None)
@given(failed_turns(server_tools=True))
def test_a_broken_turn_ends_with_one_error_frame(events: list[Event]) -> None:
    written = names(stream(events))
    assert written[-1] == "error"
    assert written.count("error") == 1
    assert "message_stop" not in written
    assert "message_delta" not in written


def test_error_frame_repeats_the_request_id() -> None:
    ((_, content),) = frames(MessagesStreamWriter("req_1").feed([TurnFailed(LOST)]))
    assert orjson.loads(content) == {
        "type": "error",
        "error": {"type": "api_error", "message": LOST.message},
        "request_id": "req_1",
    }


def test_heartbeat_is_a_comment_before_and_after_the_message_and_a_ping_inside() -> None:
    writer = MessagesStreamWriter()
    beats = [writer.heartbeat()]
    for event in WHOLE["text"]:
        writer.feed([event])
        beats.append(writer.heartbeat())
    assert beats == [KEEP_ALIVE, *[PING] * (len(WHOLE["text"]) - 1), KEEP_ALIVE]


@pytest.mark.parametrize(
    ("name", "stop_reason", "stop_sequence"),
    [
        ("text", "end_turn", None),
        ("two_calls", "tool_use", None),
        ("cut_text", "max_tokens", None),
        ("stop_sequence", "stop_sequence", "4"),
        ("refusal", "refusal", None),
        ("server_tools", "end_turn", None),
    ],
)
def test_stop_reason(name: str, stop_reason: str, stop_sequence: str | None) -> None:
    expected = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
    assert data(WHOLE[name], "message_delta")[0]["delta"] == expected
    whole = orjson.loads(write_whole(accumulate(WHOLE[name])))
    assert {key: whole[key] for key in expected} == expected


def test_usage_counts_cached_tokens_beside_the_computed_ones() -> None:
    first = data(WHOLE["text"], "message_start")[0]["message"]["usage"]
    last = data(WHOLE["text"], "message_delta")[0]["usage"]
    cached = {"input_tokens": 12, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 8}
    assert first == {**cached, "output_tokens": 1}
    assert last == {**cached, "output_tokens": 7}


def test_usage_is_made_good_at_the_end_when_the_prompt_length_was_unknown() -> None:
    assert data(WHOLE["unknown_prompt_length"], "message_start")[0]["message"]["usage"]["input_tokens"] == 0
    assert data(WHOLE["unknown_prompt_length"], "message_delta")[0]["usage"]["input_tokens"] == 12


def test_reasoning_tokens_are_told_apart_when_they_are_known() -> None:
    assert data(WHOLE["reasoning_and_text"], "message_delta")[0]["usage"]["output_tokens_details"] == {
        "thinking_tokens": 4
    }


@pytest.mark.parametrize(
    ("call_id", "wire_id"),
    [
        pytest.param("toolu_01A", "toolu_01A", id="an id of the API's form stays"),
        pytest.param("call_1", "toolu_call_1", id="an OpenAI id is put behind the prefix"),
        pytest.param("fc 2/é", "toolu_fccd749dcbc14c0888b7d441", id="forbidden letters give a digest"),
        pytest.param("", "toolu_b8e1dda3ac0aa3820ad2990b", id="so does no id at all"),
    ],
)
def test_call_ids_have_the_form_of_the_api(call_id: str, wire_id: str) -> None:
    events = [START, *call(0, ToolCallPart(call_id, "f"), "{}"), TurnEnd("tool_calls", Usage())]
    assert data(events, "content_block_start")[0]["content_block"]["id"] == wire_id
    assert orjson.loads(write_whole(accumulate(events)))["content"][0]["id"] == wire_id


def test_white_space_before_the_arguments_is_left_out() -> None:
    events = [START, *call(0, ToolCallPart("c", "f"), "", " \n", ' {"a":', " 1}"), TurnEnd("tool_calls", Usage())]
    assert [frame["delta"]["partial_json"] for frame in data(events, "content_block_delta")] == ['{"a":', " 1}"]


def test_count_has_the_one_field_of_the_api() -> None:
    assert write_count(42) == b'{"input_tokens":42}'


def test_text_deltas_go_out_one_by_one() -> None:
    assert len(data([START, *text(0, "a", "b", "c"), TurnEnd("stop", Usage())], "content_block_delta")) == 3
