"""The fake engine as its own process: what it does on the wire, and how it dies."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from typing import Any

import httpx
import pytest
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine, fake_engine

pytestmark = pytest.mark.e2e
CHAT = "/v1/chat/completions"


def asking(script: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": json.dumps({"fake": script})}], **fields}


def raw_reply(engine: RunningEngine, body: dict[str, Any]) -> bytes:
    """All bytes of a reply, up to the end of the connection."""
    text = json.dumps(body).encode()
    port = int(engine.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(
            b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (CHAT.encode(), len(text), text)
        )
        found = b""
        while read := client.recv(65536):
            found += read
        return found


def text_of(reply: str) -> str:
    chunks = [json.loads(line[6:]) for line in reply.splitlines() if line.startswith("data: {")]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


def test_a_stream_ends_its_connection_without_announcing_it(engine_process: RunningEngine) -> None:
    reply = raw_reply(engine_process, asking({"tokens": 2}, stream=True))
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"connection: close" not in head.lower()
    assert body.endswith(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("frames", ["single", "packed", "bytes"])
def test_the_cut_of_frames_does_not_change_the_text(engine_process: RunningEngine, frames: str) -> None:
    reply = engine_process.post(CHAT, asking({"tokens": 40, "frames": frames}, stream=True))
    assert text_of(reply.text) == "".join(f"t{number} " for number in range(40))


def test_what_comes_after_a_tools_result_is_in_the_same_script(engine_process: RunningEngine) -> None:
    body = asking({"tool_call": {"name": "look"}, "then": {"text": "done"}})
    assert engine_process.post(CHAT, body).json()["choices"][0]["message"]["tool_calls"]
    body["messages"] += [{"role": "assistant", "content": ""}, {"role": "tool", "tool_call_id": "1", "content": "x"}]
    assert engine_process.post(CHAT, body).json()["choices"][0]["message"]["content"] == "done"


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("unavailable", 503, "Loading model"),
        ("overflow", 400, "exceed_context_size_error"),
        ("invalid", 400, "invalid_request_error"),
        ("parser_error", 500, "peg-native"),
    ],
)
def test_a_refusal_holds_for_one_request(engine_process: RunningEngine, kind: str, status: int, word: str) -> None:
    engine_process.set_script({"fault": {"kind": kind}})
    refused = engine_process.post(CHAT, {"messages": []})
    assert (refused.status_code, word in refused.text) == (status, True)
    assert engine_process.post(CHAT, {"messages": []}).status_code == 200


@pytest.mark.parametrize("kind", ["crash", "reset", "close"])
def test_a_broken_connection_is_no_proper_end(engine_process: RunningEngine, kind: str) -> None:
    script = {"tokens": 5, "fault": {"kind": kind, "after_tokens": 2}}
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        engine_process.post(CHAT, asking(script, stream=True))
    if kind == "crash":
        assert engine_process.process.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize(("kind", "last"), [("ends_early", '"t1 "'), ("error_frame", '"server_error"')])
def test_a_stream_can_end_without_done(engine_process: RunningEngine, kind: str, last: str) -> None:
    script = {"tokens": 5, "fault": {"kind": kind, "after_tokens": 2}}
    reply = engine_process.post(CHAT, asking(script, stream=True)).text
    assert last in reply.strip().splitlines()[-1]
    assert "[DONE]" not in reply


def test_a_disconnect_is_seen_at_once(engine_process: RunningEngine) -> None:
    url = engine_process.base_url + CHAT
    with httpx.stream("POST", url, json=asking({"tokens": 10**6, "interval_ms": 5}, stream=True)) as reply:
        received = reply.iter_bytes()  # kept: dropping it would close the connection
        next(received)
        assert engine_process.state()["active_streams"] == 1
    left = time.monotonic()
    while not (state := engine_process.state())["disconnects"]:
        assert time.monotonic() < left + 5
    assert state["active_streams"] == 0
    assert state["disconnects"][0]["at"] - left < 1


def test_streams_of_one_pace_take_the_time_they_should(engine_process: RunningEngine) -> None:
    began = time.monotonic()
    engine_process.post(CHAT, asking({"tokens": 20, "interval_ms": 10}, stream=True))
    assert 0.19 <= time.monotonic() - began < 1


def test_what_was_asked_is_kept(engine_process: RunningEngine) -> None:
    body = asking({"tokens": 1}, temperature=0.5)
    engine_process.post(CHAT, body)
    state = engine_process.state()
    assert (state["total_requests"], state["requests"][0]["body"]) == (1, body)


def test_tokens_are_counted_the_same_before_and_after(engine_process: RunningEngine) -> None:
    body = asking({"tokens": 1})
    counted = engine_process.post(CHAT + "/input_tokens", body).json()["input_tokens"]
    assert engine_process.post(CHAT, body).json()["usage"]["prompt_tokens"] == counted


def test_a_loading_engine_refuses_everything_and_then_serves() -> None:
    with fake_engine("--stall-load", "1.5", "--api-key", "secret") as engine:
        assert httpx.get(engine.base_url + "/health").status_code == 503
        assert engine.post(CHAT, {}).json()["error"]["message"] == "Loading model"
        deadline = time.monotonic() + 5
        while httpx.get(engine.base_url + "/health").status_code != 200:
            assert time.monotonic() < deadline
        assert engine.post(CHAT, {"messages": []}).status_code == 401


def test_sigterm_ends_it_unless_it_is_told_to_ignore_it() -> None:
    with fake_engine() as polite, fake_engine("--ignore-sigterm") as stubborn:
        polite.process.terminate()
        stubborn.process.terminate()
        assert polite.process.wait(5) == 0
        with pytest.raises(subprocess.TimeoutExpired):
            stubborn.process.wait(0.3)
        stubborn.process.kill()


def test_a_script_with_a_typing_mistake_is_refused(engine_process: RunningEngine) -> None:
    assert engine_process.post("/__fault", {"script": {"tokenz": 3}}).status_code == 400


def test_turns_are_played_in_order_and_then_it_is_as_before(engine_process: RunningEngine) -> None:
    engine_process.set_turns(Script(tool_call=ToolCall("look", '{"at": 1}')), Script(text="seen"))
    messages = [engine_process.post(CHAT, asking({"tokens": 1})).json()["choices"][0]["message"] for _ in range(3)]
    assert messages[0]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": 1}'}
    assert [message["content"] for message in messages[1:]] == ["seen", "t0 "]
