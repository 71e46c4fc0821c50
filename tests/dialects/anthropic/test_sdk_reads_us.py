"""What the official SDK makes of our bytes: its own accumulator, its own models, its own exceptions."""

from __future__ import annotations

from typing import Any

import anthropic
import orjson
import pytest
from hypothesis import given, settings
from tests.dialects.anthropic.examples import FAILED, LOST, WHOLE
from tests.dialects.anthropic.sdk import Sdk, check_event, check_message, frames
from tests.support.turns import turns, whole_turns

from unsloth_studio.dialects.anthropic.write import MessagesStreamWriter, write_whole
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import ArgumentsDelta, Event, TurnFailed

NOT_MODELLED = ("ping", "error", "tool_result", "tool_output", "tool_approval")


def check_stream(stream: bytes) -> None:
    for name, data in frames(stream):
        assert orjson.loads(data)["type"] == name
        if name not in NOT_MODELLED:
            check_event(data)


@pytest.mark.parametrize("name", WHOLE)
def test_stream_and_whole_reply_are_the_same_message(name: str, sdk: Sdk) -> None:
    stream = MessagesStreamWriter().feed(WHOLE[name])
    whole = write_whole(accumulate(WHOLE[name]))
    check_stream(stream)
    check_message(whole)
    assert sdk.streamed(stream) == sdk.whole(whole)


def test_sdk_reads_what_was_meant(sdk: Sdk) -> None:
    message = sdk.streamed(MessagesStreamWriter().feed(WHOLE["two_calls"]))
    assert message["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_call_w1", "name": "get_weather", "input": {"city": "Oslo"}},
        {"type": "tool_use", "id": message["content"][2]["id"], "name": "get_time", "input": {"zone": "CET"}},
    ]
    assert message["id"] == "msg_0a1b"
    assert message["stop_reason"] == "tool_use"


@settings(deadline=None)
@given(events=whole_turns())
def test_any_turn_is_the_same_message_streamed_and_whole(events: list[Event], sdk: Sdk) -> None:
    stream, whole = MessagesStreamWriter().feed(events), write_whole(accumulate(events))
    check_stream(stream)
    check_message(whole)
    assert sdk.streamed(stream) == sdk.whole(whole)


@settings(deadline=None, max_examples=50)
@given(events=whole_turns(server_tools=True))
def test_any_turn_with_server_tools_is_the_same_message_streamed_and_whole(events: list[Event], sdk: Sdk) -> None:
    stream, whole = MessagesStreamWriter().feed(events), write_whole(accumulate(events))
    check_stream(stream)
    check_message(whole)
    assert sdk.streamed(stream) == sdk.whole(whole)


@settings(deadline=None)
@given(events=turns(server_tools=True))
def test_every_event_of_any_turn_fits_the_models(events: list[Event]) -> None:
    check_stream(MessagesStreamWriter().feed(events))


@pytest.mark.parametrize("cut", range(len(WHOLE["two_calls"])))
def test_failure_at_any_point_raises_in_the_sdk_with_our_sentence(cut: int, sdk: Sdk) -> None:
    stream = MessagesStreamWriter().feed([*WHOLE["two_calls"][:cut], TurnFailed(LOST)])
    check_stream(stream)
    with pytest.raises(anthropic.APIStatusError, match="connection to the model server was lost"):
        sdk.streamed(stream)


def test_overflow_in_a_stream_has_the_sentence_that_clients_know(sdk: Sdk) -> None:
    with pytest.raises(anthropic.APIStatusError, match="prompt is too long: 9000 tokens > 4096 maximum"):
        sdk.streamed(MessagesStreamWriter().feed(FAILED["failed_overflow"]))


JSON = '{"city": "O\\"slo", "days": [1, 22, {"x": null}], "on": true, "at": {"lat": 59.91, "e": []}}'


@pytest.mark.parametrize("cut", range(len(JSON) + 1))
def test_cut_arguments_read_the_same_streamed_and_whole(cut: int, sdk: Sdk) -> None:
    events = [*WHOLE["cut_call"][:2], ArgumentsDelta(0, JSON[:cut]), *WHOLE["cut_call"][-2:]]
    stream, whole = MessagesStreamWriter().feed(events), write_whole(accumulate(events))
    assert sdk.streamed(stream)["content"] == sdk.whole(whole)["content"]


def test_models_that_forbid_more_would_notice(sdk: Sdk) -> None:
    reply: dict[str, Any] = orjson.loads(write_whole(accumulate(WHOLE["text"])))
    reply["content"][0]["colour"] = "blue"
    with pytest.raises(AssertionError, match="colour"):
        check_message(orjson.dumps(reply))


def test_error_reply_reaches_the_caller_of_the_sdk(sdk: Sdk) -> None:
    from unsloth_studio.dialects.anthropic.errors import error_body

    body = error_body(TurnError("rate_limited", "The queue is full; try again in 2 seconds."), "req_9")
    with pytest.raises(anthropic.RateLimitError, match="The queue is full"):
        sdk.whole(body, 429)
