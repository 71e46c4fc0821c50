"""A client that goes away frees the engine's slot, whatever phase its request is in."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.fake_engine.script import Script, ToolCall
from tests.support.chains import ENDLESS
from tests.support.engines import RunningEngine, fake_engine
from tests.support.fixtures import ScriptedGguf
from tests.support.sandbox import without_sandbox
from tests.support.server import Events, StudioServer, end, start, studio

from unsloth_studio.tools.sandbox.probe import probe
from unsloth_studio.tools.sandbox.result import Unavailable

pytestmark = pytest.mark.e2e

PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses"]


@pytest.fixture(scope="module")
def fake() -> Iterator[RunningEngine]:
    with fake_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def gateway(fake: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    home = tmp_path_factory.mktemp("gateway")
    with studio(home, "--upstream", fake.base_url, "-np", "2", environment=QUICK) as server:
        yield server


@pytest.fixture(scope="module")
def sandbox() -> None:
    found = asyncio.run(probe())
    if isinstance(found, Unavailable):
        without_sandbox(f"{found.reason} {found.advice}")


QUICK = {
    "UNSLOTH_STUDIO_HEADERS_AFTER_SECONDS": "0.2",
    "UNSLOTH_STUDIO_HEARTBEAT_SECONDS": "0.2",
    "UNSLOTH_STUDIO_QUEUE_LIMIT": "3",
}


def request_of(path: str, script: dict[str, Any], *, stream: bool) -> dict[str, Any]:
    text = json.dumps({"fake": script})
    key = "input" if path == "/v1/responses" else "messages"
    return {key: [{"role": "user", "content": text}], "stream": stream}


def send_and_leave(server: StudioServer, path: str, body: dict[str, Any], *, after: float, read: bool) -> None:
    """Send the request on a bare socket, wait for `after` seconds (and for a first piece, if `read`), and cut it."""
    host, port = server.base_url.removeprefix("http://").split(":")
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nx-api-key: {server.api_key}\r\nContent-Length: {len(data)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(head.encode() + data)
        if read:
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        time.sleep(after)


def wait_until_idle(fake: RunningEngine, *, within: float) -> None:
    deadline = time.monotonic() + within
    while (state := fake.state())["active_streams"]:
        assert time.monotonic() < deadline, f"still {state['active_streams']} streams at the engine"
        time.sleep(0.02)


PHASES: dict[str, tuple[dict[str, Any], float, bool]] = {
    "while the prompt is read": ({"prefill_ms": 20000}, 0.3, False),
    "before the first token, after a heartbeat": (
        {"fault": {"kind": "stall", "after_tokens": 0, "seconds": 20}},
        0.1,
        True,
    ),
    "between two tokens": ({"tokens": 1000, "interval_ms": 20}, 0.2, True),
    "while the engine is stuck": (
        {"tokens": 50, "fault": {"kind": "stall", "after_tokens": 3, "seconds": 20}},
        0.2,
        True,
    ),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("phase", PHASES)
def test_leaving_a_stream_frees_the_slot(gateway: StudioServer, fake: RunningEngine, phase: str, path: str) -> None:
    script, after, read = PHASES[phase]
    send_and_leave(gateway, path, request_of(path, script, stream=True), after=after, read=read)
    wait_until_idle(fake, within=1.0)


@pytest.mark.parametrize("path", PATHS)
def test_leaving_a_whole_reply_frees_the_slot(gateway: StudioServer, fake: RunningEngine, path: str) -> None:
    body = request_of(path, {"tokens": 1000, "interval_ms": 20}, stream=False)
    send_and_leave(gateway, path, body, after=0.3, read=False)
    wait_until_idle(fake, within=1.0)


@pytest.mark.parametrize("path", PATHS)
def test_leaving_the_queue_gives_the_place_to_the_next(gateway: StudioServer, fake: RunningEngine, path: str) -> None:
    """Two run, one waits and leaves; the engine never sees it."""
    slow = request_of(path, {"tokens": 60, "interval_ms": 20}, stream=True)
    before = fake.state()["total_requests"]
    with (
        gateway.client() as client,
        client.stream("POST", path, json=slow) as one,
        client.stream("POST", path, json=slow) as two,
    ):
        send_and_leave(gateway, path, slow, after=0.2, read=False)
        assert one.read()
        assert two.read()
    reply = httpx.post(
        gateway.base_url + path, json=request_of(path, {"tokens": 2}, stream=False), headers=gateway.headers
    )
    assert reply.status_code == 200
    assert fake.state()["total_requests"] - before == 3


@pytest.mark.parametrize("path", PATHS)
def test_leaving_while_a_tool_runs_ends_the_tool(
    gateway: StudioServer, fake: RunningEngine, path: str, sandbox: None
) -> None:
    command = f"sleep 47.{PATHS.index(path)}{os.getpid()}"
    fake.set_turns(Script(tool_call=ToolCall("terminal", json.dumps({"command": command}))))
    body = {**request_of(path, {}, stream=True), "enable_tools": True, "enabled_tools": ["terminal"]}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(send_and_leave, gateway, path, body, after=2.0, read=True)
        wait_for(lambda: running(command), within=10)
        asked.result()
    wait_for(lambda: not running(command), within=3)
    wait_until_idle(fake, within=1.0)


def running(command: str) -> bool:
    """Whether a process of that command line is there."""
    words = command.split()
    return any(one.info["cmdline"] == words for one in psutil.process_iter(["cmdline"]))


def wait_for(holds: Callable[[], bool], *, within: float) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_leaving_while_the_model_is_loaded_leaves_nothing(tmp_path: Path) -> None:
    """One slot, and three who wait for the model and leave: the engine never sees them, and the next one is answered."""
    quick = {**QUICK, "UNSLOTH_API_KEY": "sk-unsloth-" + "7" * 32}
    with fake_engine("--stall-load", "6") as engine:
        process = start(tmp_path, "--upstream", engine.base_url, "-np", "1", environment=quick)
        try:
            events = Events(process)
            base = events.wait_for("listening")["base_url"]
            server = StudioServer(base, "", "", quick["UNSLOTH_API_KEY"], "", 0, tmp_path, process)
            wait_for(lambda: httpx.get(f"{base}/health", timeout=5).status_code == 503, within=5)
            for path in PATHS:
                send_and_leave(
                    server,
                    path,
                    request_of(path, {"tokens": 500, "interval_ms": 20}, stream=True),
                    after=0.3,
                    read=False,
                )
            events.wait_for("ready")
            begin = time.monotonic()
            body = request_of(PATHS[0], {"tokens": 2}, stream=False)
            assert httpx.post(base + PATHS[0], json=body, headers=server.headers, timeout=20).status_code == 200
            assert time.monotonic() - begin < 1.0
            assert engine.state()["total_requests"] == 1
        finally:
            end(process)


def test_full_queue_is_told_with_retry_after(gateway: StudioServer, fake: RunningEngine) -> None:
    body = request_of(PATHS[0], {"tokens": 30, "interval_ms": 20}, stream=False)
    with gateway.client() as client, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(client.post, PATHS[0], json=body) for _ in range(8)]
        replies = [future.result() for future in asked]
        assert sorted(reply.status_code for reply in replies) == [200] * 5 + [429] * 3
        refused = next(reply for reply in replies if reply.status_code == 429)
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["error"]["code"] == "queue_full"
    wait_until_idle(fake, within=1.0)


def test_waiting_streams_are_kept_alive(gateway: StudioServer, fake: RunningEngine) -> None:
    for path in PATHS:
        body = request_of(path, {"tokens": 2, "fault": {"kind": "stall", "after_tokens": 0, "seconds": 1}}, stream=True)
        text = httpx.post(gateway.base_url + path, json=body, headers=gateway.headers).text
        assert text.count(": keep-alive") + text.count("event: ping") >= 3, text
    wait_until_idle(fake, within=3.0)


def test_real_engine_stops_at_its_next_token(tmp_path: Any, scripted_gguf: ScriptedGguf) -> None:
    """With one slot, the next request can only be answered when the endless one has been let go."""
    model = scripted_gguf(ENDLESS, endless=True)
    with studio(tmp_path, "--model", str(model), "-np", "1", "-c", "65536") as server:
        for stream in (True, False):
            for path in PATHS:
                key = "input" if path == "/v1/responses" else "messages"
                endless = {key: [{"role": "user", "content": "go"}], "stream": stream}
                send_and_leave(server, path, endless, after=0.3, read=stream)
                begin = time.monotonic()
                short = {"messages": [{"role": "user", "content": "go"}], "max_tokens": 2}
                reply = httpx.post(
                    f"{server.base_url}/v1/chat/completions", json=short, headers=server.headers, timeout=20
                )
                assert reply.status_code == 200
                assert time.monotonic() - begin < 1.0
