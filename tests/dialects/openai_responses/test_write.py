"""What is written, judged by the official SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from openai.types.responses import ResponseOutputMessage
from tests.dialects.openai_responses.examples import (
    CALLS,
    FAILURES,
    LOST,
    NAMESPACED,
    START,
    TURNS,
    call_for,
    end,
    reasoning,
    tool_call,
)
from tests.dialects.openai_responses.sdk import (
    CREATED,
    accumulated,
    payloads,
    validate_event,
    validate_response,
    written,
)
from tests.support.turns import turns, whole_turns

from unsloth_studio.dialects.contract import StreamWriter
from unsloth_studio.dialects.openai_responses.read import ResponsesCall
from unsloth_studio.dialects.openai_responses.write import ResponsesStreamWriter, write_whole
from unsloth_studio.sse import SseDecoder
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.events import Event, PartStart, TextDelta, TurnFailed
from unsloth_studio.turn.messages import TextPart

GOLDEN = Path(__file__).parents[2] / "golden" / "openai_responses"
ALL = TURNS | FAILURES


def whole(call: ResponsesCall, events: list[Event]) -> dict[str, Any]:
    return orjson.loads(write_whole(accumulate(events), call, created=CREATED))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("events", ALL.values(), ids=ALL)
def test_every_event_satisfies_the_sdk_in_strict_mode(events: list[Event], call: ResponsesCall) -> None:
    for event in payloads(written(call, events)):
        validate_event(event)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("events", TURNS.values(), ids=TURNS)
def test_a_whole_response_satisfies_the_sdk_and_equals_the_end_of_the_stream(
    events: list[Event], call: ResponsesCall
) -> None:
    body = write_whole(accumulate(events), call, created=CREATED)
    validate_response(body)
    assert payloads(written(call, events))[-1]["response"] == orjson.loads(body)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("events", ALL.values(), ids=ALL)
def test_the_sdk_accumulates_the_stream_to_the_whole_response(events: list[Event], call: ResponsesCall) -> None:
    response, texts = accumulated(written(call, events))
    messages = {index: item for index, item in enumerate(response.output) if item.type == "message"}
    assert {index: _text(item) for index, item in messages.items() if _text(item)} == texts
    if events in TURNS.values():
        assert response.output_text == accumulate(events).text
        expected = whole(call, events)["output"]
        assert [_as_sent(item.to_dict(mode="json")) for item in response.output] == expected


@pytest.mark.parametrize(
    ("name", "turn", "call"),
    [
        ("text", "text", "plain"),
        ("reasoning", "reasoning and text", "plain"),
        ("reasoning_summary", "reasoning and text", "all asked"),
        ("tool_calls", "text and two parallel calls", "plain"),
        ("incomplete", "cut in a text", "plain"),
        ("logprobs", "log probabilities", "all asked"),
        ("failed", "inside a text", "plain"),
    ],
)
def test_a_stream_is_written_as_agreed(name: str, turn: str, call: str) -> None:
    assert written(CALLS[call], ALL[turn]).decode() == (GOLDEN / f"{name}.sse").read_text()


@given(turns(server_tools=True))
def test_events_are_numbered_without_a_gap_and_items_are_in_order(events: list[Event]) -> None:
    found = payloads(written(CALLS["plain"], events))
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    added = [event["output_index"] for event in found if event["type"] == "response.output_item.added"]
    assert added == list(range(len(added)))
    assert len(found[-1]["response"]["output"]) == len(added)


@given(whole_turns(server_tools=True))
def test_the_end_of_any_stream_equals_the_whole_response(events: list[Event]) -> None:
    for call in CALLS.values():
        last = payloads(written(call, events))[-1]
        assert last["response"] == whole(call, events)


@given(turns(server_tools=True))
def test_deltas_add_up_to_what_the_done_events_say(events: list[Event]) -> None:
    deltas: dict[tuple[str, str], str] = {}
    for event in payloads(written(CALLS["all asked"], events)):
        validate_event({**event, "response": _with_known_code(event["response"])} if "response" in event else event)
        kind, _, what = event["type"].rpartition(".")
        if what == "delta":
            key = (kind, event["item_id"])
            deltas[key] = deltas.get(key, "") + event["delta"]
        elif what == "done" and (text := _done_text(event)) is not None:
            assert deltas.get((kind, event["item_id"]), "") == text


@given(turns(server_tools=True))
def test_the_stream_does_not_depend_on_how_events_are_grouped(events: list[Event]) -> None:
    one_by_one = ResponsesStreamWriter(CALLS["plain"], created=CREATED)
    assert b"".join(one_by_one.feed([event]) for event in events) == written(CALLS["plain"], events)


def test_calls_come_back_under_the_clients_own_names() -> None:
    call = call_for(tools=NAMESPACED)
    patch = '*** Begin Patch\n"x"'
    events: list[Event] = [
        START,
        *tool_call(0, "call_1", "multi_agent_v1__close_agent", "{}"),
        *tool_call(1, "call_2", "apply_patch", '{"input": "*** Begin Pa', 'tch\\n\\"x\\""}'),
        *tool_call(2, "call_3", "nobody_knows", "{}"),
        end("tool_calls"),
    ]
    namespaced, custom, unknown = whole(call, events)["output"]
    assert (namespaced["name"], namespaced["namespace"]) == ("close_agent", "multi_agent_v1")
    assert (custom["type"], custom["name"], custom["input"]) == ("custom_tool_call", "apply_patch", patch)
    assert unknown["name"] == "nobody_knows"
    stream = payloads(written(call, events))
    assert stream[-1]["response"]["output"] == [namespaced, custom, unknown]
    for event in stream:
        validate_event(event)
    deltas = [event["delta"] for event in stream if event["type"] == "response.custom_tool_call_input.delta"]
    assert deltas == [patch]


@pytest.mark.parametrize("arguments", ["just text", '{"other": 1}', '{"input": 3}', "[1]"])
def test_a_custom_tool_gets_what_the_model_wrote_when_it_is_not_the_agreed_json(arguments: str) -> None:
    call = call_for(tools=NAMESPACED)
    events = [START, *tool_call(0, "call_2", "apply_patch", arguments), end("tool_calls")]
    assert whole(call, events)["output"][0]["input"] == arguments


@pytest.mark.parametrize(
    ("call_id", "expected"),
    [
        ("call_abc", "call_abc"),
        ("abc-1", "call_abc-1"),
        ("functions.f:0", "call_d6bdd4de328a22edd610f954"),
        ("", "call_0a1b_0"),
    ],
    ids=["has the form already", "gets the prefix", "other characters are hashed", "empty: from its place"],
)
def test_call_ids_have_one_form(call_id: str, expected: str) -> None:
    events = [START, *tool_call(0, call_id, "f", "{}"), end("tool_calls")]
    assert whole(CALLS["plain"], events)["output"][0]["call_id"] == expected


@pytest.mark.parametrize("name", [name for name in TURNS if name.startswith("cut in")])
def test_a_cut_turn_says_so_and_marks_its_last_item(name: str) -> None:
    response = whole(CALLS["plain"], TURNS[name])
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    if name == "cut in a call":
        assert response["output"] == [], "a call that was cut is none"
    else:
        assert response["output"][-1]["status"] == "incomplete"


@pytest.mark.parametrize("events", FAILURES.values(), ids=FAILURES)
def test_a_failure_is_the_last_event_after_created(events: list[Event]) -> None:
    found = payloads(written(CALLS["plain"], events))
    assert found[0]["type"] == "response.created"
    last = found[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"] == {"code": "server_error", "message": LOST.message}


def test_a_context_overflow_fails_with_the_code_that_codex_looks_for() -> None:
    overflow = TurnError("context_overflow", "too long", prompt_tokens=9000, context_length=4096)
    error = payloads(written(CALLS["plain"], [TurnFailed(overflow)]))[-1]["response"]["error"]
    assert error["code"] == "context_length_exceeded"
    assert "maximum context length is 4096 tokens" in error["message"]


def test_reasoning_is_a_summary_only_when_one_was_asked_for() -> None:
    events = [START, *reasoning(0, "Hm."), end()]
    assert whole(CALLS["plain"], events)["output"][0]["summary"] == []
    asked = whole(CALLS["all asked"], events)["output"][0]
    assert asked["summary"] == [{"type": "summary_text", "text": "Hm."}]
    assert asked["content"] == [{"type": "reasoning_text", "text": "Hm."}]


def test_usage_tells_cached_and_reasoning_tokens() -> None:
    assert whole(CALLS["plain"], TURNS["text"])["usage"] == {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 0},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 29,
    }


def test_the_response_repeats_what_was_asked() -> None:
    response = whole(CALLS["all asked"], TURNS["text"])
    assert response["instructions"] == "Be brief."
    assert response["tools"] == NAMESPACED
    assert response["reasoning"] == {"effort": "low", "summary": "auto"}
    assert response["metadata"] == {"a": "b"}
    assert (response["temperature"], response["top_p"], response["max_output_tokens"]) == (0.5, 1, 50)
    assert response["text"]["format"]["schema"] == {"type": "object"}


def test_a_heartbeat_is_no_event() -> None:
    writer: StreamWriter = ResponsesStreamWriter(CALLS["plain"], created=CREATED)
    assert SseDecoder().feed(writer.heartbeat()) == []


def test_a_delta_is_written_at_once() -> None:
    writer = ResponsesStreamWriter(CALLS["plain"], created=CREATED)
    writer.feed([START, PartStart(0, TextPart())])
    (event,) = payloads(writer.feed([TextDelta(0, "now")]))
    assert (event["type"], event["delta"]) == ("response.output_text.delta", "now")


def _done_text(event: dict[str, Any]) -> str | None:
    return next((event[key] for key in ("text", "arguments", "input") if key in event), None)


def _with_known_code(response: dict[str, Any]) -> dict[str, Any]:
    """The one code that is not among the SDK's, as one that is."""
    error = response["error"]
    if error is None or error["code"] != "context_length_exceeded":
        return response
    return {**response, "error": {**error, "code": "server_error"}}


def _text(message: ResponseOutputMessage) -> str:
    return "".join(part.text for part in message.content if part.type == "output_text")


def _as_sent(item: Any) -> Any:
    """Without what the SDK's helper adds when it parses text and arguments."""
    if isinstance(item, dict):
        members = cast("dict[str, Any]", item)
        return {key: _as_sent(value) for key, value in members.items() if key not in ("parsed", "parsed_arguments")}
    return [_as_sent(member) for member in cast("list[Any]", item)] if isinstance(item, list) else item
