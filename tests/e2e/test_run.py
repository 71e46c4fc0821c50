"""`unsloth run` as a person and as a script meet it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from tests.support.engines import RunningEngine
from tests.support.server import Events, StudioServer, end, start, studio

pytestmark = pytest.mark.e2e

UNSLOTH = Path(sys.executable).with_name("unsloth")


def unsloth(home: Path, *arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(home / "hub")}
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(home), **offline}
    return subprocess.run(
        [str(UNSLOTH), *arguments], env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_banner_has_everything_and_its_curl_lines_work_as_pasted(tmp_path: Path) -> None:
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(tmp_path)}
    process = subprocess.Popen([str(UNSLOTH), "run", "-p", "0"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "Stop with Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], f"ended early: {lines}"
        banner = "".join(lines)
        assert re.search(r"Model +tiny-demo-model\n", banner)
        assert re.search(r"Context length +8192 tokens\n", banner)
        assert re.search(r"OpenAI base URL +http://127\.0\.0\.1:\d+/v1\n", banner)
        assert re.search(r"Anthropic base URL +http://127\.0\.0\.1:\d+\n", banner)
        curls = [line.strip() for line in lines if line.strip().startswith("curl ")]
        assert len(curls) == 3
        for line in curls:
            reply = subprocess.run(["bash", "-c", f"{line} -sS --fail"], capture_output=True, text=True, check=True)
            assert "tiny demo model" in reply.stdout or "I can chat a little" in reply.stdout
            assert shlex.split(line)[0] == "curl"
    finally:
        status = end(process)
    assert status == 0


def test_ready_line_for_scripts(demo: StudioServer) -> None:
    assert demo.openai_base_url == f"{demo.base_url}/v1"
    assert demo.anthropic_base_url == demo.base_url
    assert demo.api_key.startswith("sk-unsloth-")
    assert (demo.model, demo.context_length) == ("tiny-demo-model", 8192)


def test_listens_before_the_model_is_loaded(tmp_path: Path, engine_process: RunningEngine) -> None:
    engine_process.set_script(loading_seconds=600)
    process = start(tmp_path, "--upstream", engine_process.base_url)
    try:
        events = Events(process)
        base = events.wait_for("listening")["base_url"]
        health = httpx.get(f"{base}/health")
        assert (health.status_code, health.json()["status"]) == (503, "loading")
        assert health.headers["retry-after"]
        engine_process.set_script()
        assert events.wait_for("ready")["base_url"] == base
        assert httpx.get(f"{base}/health").json()["status"] == "ok"
    finally:
        assert end(process) == 0


def test_key_is_kept_rotated_and_replaced(tmp_path: Path) -> None:
    with studio(tmp_path) as first:
        key = first.api_key
    with studio(tmp_path) as second:
        assert second.api_key == key
    with studio(tmp_path, "--new-key") as third:
        assert third.api_key != key
        assert httpx.get(f"{third.base_url}/v1/models", headers={"x-api-key": key}).status_code == 401
    own = "a-key-of-my-own-0123456789"
    with studio(tmp_path, environment={"UNSLOTH_API_KEY": own}) as fourth:
        assert fourth.api_key == own
        assert httpx.get(f"{fourth.base_url}/v1/models", headers={"x-api-key": own}).status_code == 200
    with studio(tmp_path) as fifth:
        assert fifth.api_key == third.api_key


def test_secrets_are_private_and_only_hashes_are_stored(demo: StudioServer) -> None:
    assert stat.S_IMODE(demo.home.stat().st_mode) & 0o077 == 0 or demo.home.stat().st_uid == os.getuid()
    for path in demo.home.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
            if path.name != "run-key":
                assert demo.api_key.encode() not in path.read_bytes(), path
    command = " ".join(argument for child in (demo.engine(),) for argument in child.cmdline())
    assert "key" not in command.lower()


def test_key_revoked_in_another_process_is_refused_at_once(demo: StudioServer) -> None:
    made = unsloth(demo.home, "keys", "create", "short-lived")
    key = made.stdout.strip()
    assert made.returncode == 0
    with httpx.Client(base_url=demo.base_url, headers={"x-api-key": key}) as client:
        assert client.get("/v1/models").status_code == 200
        assert unsloth(demo.home, "keys", "revoke", "short-lived").returncode == 0
        refused = client.get("/v1/models")
    assert refused.status_code == 401
    assert refused.json()["error"]["message"] == "This API key is not valid: it is unknown, revoked or expired."


def test_taken_port_gives_the_next_one_with_a_notice(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(tmp_path, "-p", str(port))
        try:
            events = Events(process)
            ready = events.wait_for("ready")
            assert ready["base_url"] != f"http://127.0.0.1:{port}"
            assert any(event["event"] == "notice" and str(port) in event["message"] for event in events.seen)
        finally:
            assert end(process) == 0


def test_ctrl_c_lets_a_running_reply_finish_and_leaves_nothing(tmp_path: Path, engine_process: RunningEngine) -> None:
    process = start(tmp_path, "--upstream", engine_process.base_url)
    try:
        ready = Events(process).wait_for("ready")
        fake = json.dumps({"fake": {"tokens": 40, "interval_ms": 50}})
        body = {"messages": [{"role": "user", "content": fake}], "stream": True}
        headers = {"x-api-key": ready["api_key"]}
        with httpx.stream("POST", f"{ready['base_url']}/v1/chat/completions", json=body, headers=headers) as reply:
            lines = reply.iter_lines()
            next(lines)
            process.send_signal(signal.SIGINT)
            received = list(lines)
        assert "data: [DONE]" in received
    finally:
        assert end(process) == 0


def test_ctrl_c_stops_the_engine(tmp_path: Path) -> None:
    with studio(tmp_path) as server:
        engine = server.engine()
    assert not psutil.pid_exists(engine.pid) or engine.status() == psutil.STATUS_ZOMBIE


def test_killed_server_leaves_no_engine(tmp_path: Path) -> None:
    process = start(tmp_path)
    try:
        Events(process).wait_for("ready")
        (engine,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        left = psutil.wait_procs([engine], timeout=1)[1]
        assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []  # nobody may reap here
    finally:
        end(process)


BAD_STARTS = {
    "no such file": (["--model", "nope.gguf"], 2, "There is no file nope.gguf"),
    "a name of a hub without a network": (["--model", "someone/some-model-GGUF"], 1, "HF_HUB_OFFLINE"),
    "a name of nothing": (["--model", "some-model"], 2, "There is no model 'some-model' on this disk"),
    "a folder without models": (["--model", "bench"], 2, "has no GGUF model"),
    "a flag of ours to manage": (["--api-key", "x"], 2, "--api-key"),
    "a flag the embedded engine lacks": (["--rpc", "host:1", "--dry-run"], 1, "--rpc"),
    "a quantization of nothing": (["--gguf-variant", "Q8_0"], 2, "--gguf-variant needs --model"),
    "unknown flag": (["--nonsense"], 2, "--nonsense"),
    "port out of range": (["-p", "70000"], 2, "port"),
    "no such address": (["-H", "203.0.113.7", "-p", "0"], 1, "not an address of this machine"),
    "no such engine": (["--engine", "/nonexistent/llama-server", "-p", "0"], 1, "no file at /nonexistent/llama-server"),
    "no upstream": (["--upstream", "http://127.0.0.1:9", "-p", "0"], 1, "http://127.0.0.1:9"),
}


@pytest.mark.parametrize("name", BAD_STARTS)
def test_bad_start_says_what_to_do(tmp_path: Path, name: str) -> None:
    arguments, status, words = BAD_STARTS[name]
    result = unsloth(tmp_path, "run", *arguments)
    assert words in result.stderr
    assert result.returncode == status
    assert "Traceback" not in result.stderr


def test_file_that_is_no_model_is_named_as_such(tmp_path: Path) -> None:
    model = tmp_path / "broken.gguf"
    model.write_bytes(b"not a model at all" * 100)
    result = unsloth(tmp_path / "home", "run", "-p", "0", "--model", str(model))
    assert result.returncode == 1
    assert "GGUF" in result.stderr
    assert "Traceback" not in result.stderr


def test_broken_configuration_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("prot = 1\n")
    result = unsloth(tmp_path, "run")
    assert result.returncode == 2
    assert "prot: there is no such setting" in result.stderr


def test_model_file_serves_under_its_name(tmp_path: Path, demo: StudioServer) -> None:
    del demo
    import unsloth_studio

    source = Path(unsloth_studio.__file__).parent / "demo_model" / "tiny-demo-model.gguf"
    model = tmp_path / "My Model.gguf"
    model.symlink_to(source)
    with studio(tmp_path / "home", "--model", str(model), "-c", "512", "-np", "1") as server:
        assert (server.model, server.context_length) == ("My Model", 512)


def test_help_is_instant() -> None:
    begin = time.perf_counter()
    result = subprocess.run([str(UNSLOTH), "--help"], capture_output=True, text=True, check=True)
    assert "unsloth run" in result.stdout
    imported = subprocess.run(
        [sys.executable, "-X", "importtime", str(UNSLOTH), "--help"], capture_output=True, text=True, check=True
    ).stderr
    assert not re.search(r"\b(fastapi|sqlalchemy|aiohttp|pydantic|rich)\b", imported)
    assert time.perf_counter() - begin < 10


def test_ctrl_c_tells_those_it_cannot_wait_for(tmp_path: Path, engine_process: RunningEngine) -> None:
    """One reply outlasts the drain, one request waits in line: both are told, each in its own way."""
    environment = {"UNSLOTH_STUDIO_DRAIN_SECONDS": "1"}
    process = start(tmp_path, "--upstream", engine_process.base_url, "-np", "1", environment=environment)
    try:
        ready = Events(process).wait_for("ready")
        url, headers = f"{ready['base_url']}/v1/chat/completions", {"x-api-key": ready["api_key"]}
        script = json.dumps({"fake": {"tokens": 400, "interval_ms": 50}})
        body = {"messages": [{"role": "user", "content": script}], "stream": True}
        queued: list[httpx.Response] = []
        with httpx.stream("POST", url, json=body, headers=headers) as running:
            lines = running.iter_lines()
            next(lines)
            waiting = threading.Thread(
                target=lambda: queued.append(
                    httpx.post(url, json={**body, "stream": False}, headers=headers, timeout=30)
                )
            )
            waiting.start()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            rest = [line for line in lines if line]
        waiting.join()
        assert rest[-1] == "data: [DONE]"
        assert "The server is stopping" in rest[-2]
        assert queued[0].status_code == 503
        assert queued[0].headers["retry-after"]
    finally:
        assert end(process) == 0


def test_unknown_variable_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(tmp_path), "UNSLOTH_STUDIO_PRT": "5"}
    result = subprocess.run(
        [str(UNSLOTH), "run"], env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert result.returncode == 2
    assert "UNSLOTH_STUDIO_PRT: there is no such setting" in result.stderr


def test_verbose_logs_requests_without_keys_or_prompts(tmp_path: Path, engine_process: RunningEngine) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(tmp_path / "home")}
    command = [str(UNSLOTH), "run", "--json", "-v", "-p", "0", "--upstream", engine_process.base_url]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            ready = Events(process).wait_for("ready")
            body = {"messages": [{"role": "user", "content": "a very secret prompt"}]}
            headers = {"x-api-key": ready["api_key"]}
            good = httpx.post(f"{ready['base_url']}/v1/messages", json=body, headers=headers)
            bad = httpx.post(f"{ready['base_url']}/v1/messages", json={}, headers=headers)
        finally:
            assert end(process) == 0
    text = log.read_text()
    for reply, status in ((good, 200), (bad, 400)):
        assert f"id={reply.headers['request-id']} path=/v1/messages status={status}" in text
    assert "secret prompt" not in text
    assert ready["api_key"] not in text
