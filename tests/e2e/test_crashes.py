"""The engine dies in the middle of a reply: the client is told in its dialect, and the next request is served."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from tests.support.chains import ENDLESS
from tests.support.engines import RunningEngine, fake_engine
from tests.support.fixtures import ScriptedGguf
from tests.support.server import StudioServer, studio

pytestmark = pytest.mark.e2e

KILLS = 50
WORDS = "Lost connection to the model server"


def body_of(path: str, **fields: Any) -> dict[str, Any]:
    key = "input" if path == "/v1/responses" else "messages"
    return {key: [{"role": "user", "content": "go"}], "stream": True, **fields}


def check_chat(frames: list[str]) -> None:
    assert frames[-1] == "data: [DONE]"
    error = json.loads(frames[-2].removeprefix("data: "))["error"]
    assert error["message"].startswith(WORDS)


def check_messages(frames: list[str]) -> None:
    event, data = frames[-1].split("\n")
    assert event == "event: error"
    assert json.loads(data.removeprefix("data: "))["error"]["message"].startswith(WORDS)
    assert not any("message_stop" in frame for frame in frames)


def check_responses(frames: list[str]) -> None:
    event, data = frames[-1].split("\n")
    assert event == "event: response.failed"
    response = json.loads(data.removeprefix("data: "))["response"]
    assert response["status"] == "failed"
    assert response["error"]["message"].startswith(WORDS)


CHECKS = {"/v1/chat/completions": check_chat, "/v1/messages": check_messages, "/v1/responses": check_responses}


@pytest.mark.timeout(240)
def test_engine_killed_in_mid_stream_fifty_times(tmp_path: Any, scripted_gguf: ScriptedGguf) -> None:
    model = scripted_gguf(ENDLESS, endless=True)
    rng = random.Random(5)
    with studio(tmp_path, "--model", str(model), "-np", "2", "-c", "65536") as server, server.client() as client:
        for kill in range(KILLS):
            time.sleep(0.4)  # an engine that cannot stand for half a second, five times in a row, is given up
            path = list(CHECKS)[kill % 3]
            with client.stream("POST", path, json=body_of(path)) as reply:
                assert reply.status_code == 200
                pieces = reply.iter_text()
                text = next(pieces)
                engine = server.engine()
                time.sleep(rng.uniform(0.0, 0.3))
                engine.kill()
                killed = time.monotonic()
                text += "".join(pieces)
                assert time.monotonic() - killed < 1.0
            CHECKS[path]([frame for frame in text.split("\n\n") if frame])
            after = client.post(
                "/v1/chat/completions", json=body_of("/v1/chat/completions", stream=False, max_tokens=2)
            )
            assert after.status_code == 200, after.text
        assert client.get("/health").json()["status"] == "ok"
        assert len(psutil.Process(server.process.pid).children()) == 1


@pytest.fixture(scope="module")
def fake() -> Iterator[RunningEngine]:
    with fake_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def gateway(fake: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("gateway"), "--upstream", fake.base_url) as server:
        yield server


BROKEN_STREAMS = {
    "reset": {"kind": "reset", "after_tokens": 3},
    "close": {"kind": "close", "after_tokens": 3},
    "ends without a finish": {"kind": "ends_early", "after_tokens": 3},
}


@pytest.mark.parametrize("path", CHECKS)
@pytest.mark.parametrize("fault", BROKEN_STREAMS)
def test_stream_that_breaks_off_is_told_as_lost(gateway: StudioServer, path: str, fault: str) -> None:
    script = json.dumps({"fake": {"tokens": 10, "fault": BROKEN_STREAMS[fault]}})
    key = "input" if path == "/v1/responses" else "messages"
    body = {key: [{"role": "user", "content": script}], "stream": True}
    with gateway.client() as client:
        reply = client.post(path, json=body)
        CHECKS[path]([frame for frame in reply.text.split("\n\n") if frame])
        whole = client.post(path, json={**body, "stream": False})
    assert whole.status_code == 502
    assert WORDS in whole.text


REFUSALS: dict[str, tuple[dict[str, Any], int, str]] = {
    "overflow": ({"kind": "overflow"}, 400, "context_length_exceeded"),
    "invalid": ({"kind": "invalid"}, 400, "invalid_request_error"),
    "parser error": ({"kind": "parser_error"}, 500, "api_error"),
    "loading": ({"kind": "unavailable"}, 503, "api_error"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_before_the_first_byte_has_its_status(gateway: StudioServer, name: str, stream: bool) -> None:
    fault, status, word = REFUSALS[name]
    script = json.dumps({"fake": {"fault": fault}})
    body = {"messages": [{"role": "user", "content": script}], "stream": stream}
    reply = httpx.post(f"{gateway.base_url}/v1/chat/completions", json=body, headers=gateway.headers)
    assert (reply.status_code, word in reply.text) == (status, True), reply.text
    assert ("retry-after" in reply.headers) == (status == 503)


def test_error_frame_in_mid_stream_is_passed_on_with_its_message(gateway: StudioServer) -> None:
    script = json.dumps({"fake": {"tokens": 10, "fault": {"kind": "error_frame", "after_tokens": 2}}})
    body = {"messages": [{"role": "user", "content": script}], "stream": True}
    text = httpx.post(f"{gateway.base_url}/v1/chat/completions", json=body, headers=gateway.headers).text
    assert text.endswith("data: [DONE]\n\n")
    assert '"error":{"message":"The engine failed to answer' in text


POISON: dict[str, dict[str, Any]] = {
    "a minimum above its maximum": {"type": "string", "minLength": 5, "maxLength": 2},
    "a reference to itself": {"allOf": [{"$ref": "#/allOf/0"}]},
    "brackets": {"type": "string", "pattern": "(((("},
}


@pytest.mark.parametrize("name", POISON)
def test_schema_that_would_take_the_engine_down_is_refused(gateway: StudioServer, name: str) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": POISON[name]}}
    body = {"messages": [{"role": "user", "content": "Hello"}], "response_format": schema}
    reply = httpx.post(f"{gateway.base_url}/v1/chat/completions", json=body, headers=gateway.headers, timeout=10)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"].startswith("response_format.json_schema.schema")


def test_request_that_reached_a_dying_engine_is_not_sent_again(gateway: StudioServer, fake: RunningEngine) -> None:
    before = fake.state()["total_requests"]
    script = json.dumps({"fake": {"fault": {"kind": "reset", "after_tokens": 0}}})
    body = {"messages": [{"role": "user", "content": script}]}
    reply = httpx.post(f"{gateway.base_url}/v1/chat/completions", json=body, headers=gateway.headers)
    assert reply.status_code == 502
    assert fake.state()["total_requests"] == before + 1


def test_studio_in_front_of_a_studio(gateway: StudioServer, tmp_path: Any) -> None:
    with studio(tmp_path, "--upstream", gateway.openai_base_url, "--upstream-key", gateway.api_key) as outer:
        assert outer.model == gateway.model
        for path in CHECKS:
            for stream in (True, False):
                script = json.dumps({"fake": {"text": "one two three"}})
                key = "input" if path == "/v1/responses" else "messages"
                body = {key: [{"role": "user", "content": script}], "stream": stream}
                reply = httpx.post(outer.base_url + path, json=body, headers=outer.headers)
                assert reply.status_code == 200, reply.text
                assert "three" in reply.text
                assert "error" not in reply.text.replace('"error":null', "")
