"""`unsloth start` with the real server and stand-ins for clients, which write down what they were given and use it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from tests.support.engines import RunningEngine, fake_engine
from tests.support.server import StudioServer
from tests.support.start_desk import SECONDS, Desk, processes_of, workplace
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine("--context-length", "65536") as engine:
        yield engine


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, engine: RunningEngine) -> Iterator[tuple[Workplace, StudioServer]]:
    """A data folder with a server that runs."""
    place = workplace(tmp_path_factory.mktemp("served"), engine)
    with place.serve() as server:
        yield place, server


@pytest.fixture
def server(served: tuple[Workplace, StudioServer]) -> StudioServer:
    return served[1]


@pytest.fixture
def desk(tmp_path: Path, served: tuple[Workplace, StudioServer]) -> Desk:
    return Desk(tmp_path, served[0])


@pytest.fixture
def lone_desk(tmp_path: Path, engine: RunningEngine) -> Desk:
    """With a data folder of its own, on which no server runs."""
    return Desk(tmp_path, workplace(tmp_path, engine))


def test_a_server_is_started_for_the_client_and_nothing_is_left_of_it(lone_desk: Desk) -> None:
    desk = lone_desk
    ran = desk.start("claude", "-p", "hello", "--model", "opus")
    assert ran.returncode == 7, ran.stderr
    report = desk.report()
    assert report["words"][2:] == ["--exclude-dynamic-system-prompt-sections", "-p", "hello", "--model", "opus"]
    assert report["answer"]["type"] == "message"
    environment = report["environment"]
    assert environment["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "65536"
    assert environment["CLAUDE_CODE_ATTRIBUTION_HEADER"] == "0"
    assert "ANTHROPIC_API_KEY" not in environment
    key = environment["ANTHROPIC_AUTH_TOKEN"]
    settings, mode = report["files"]["settings.json"]
    assert mode == 0o600
    assert json.loads(settings)["env"]["ANTHROPIC_AUTH_TOKEN"] == key

    (own,) = desk.made_keys()
    assert own.scopes == ("inference",)
    assert own.revoked_at is not None
    left = [path for path in desk.place.home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert left == []
    assert [path.name for path in (desk.place.home / "sessions").iterdir()] == ["lock"]
    assert list(desk.home.iterdir()) == []
    psutil.wait_procs(processes_of(desk.place.home), timeout=SECONDS)
    assert processes_of(desk.place.home) == []


def test_with_a_running_server(desk: Desk, server: StudioServer) -> None:
    shown = desk.start("claude", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert f"+ANTHROPIC_BASE_URL={server.base_url}\n" in shown.stdout
    assert "-ANTHROPIC_API_KEY=sk-...\n" in shown.stdout
    assert "+CLAUDE_CODE_MAX_CONTEXT_TOKENS=65536\n" in shown.stdout
    assert desk.made_keys() == []

    assert desk.place.unsloth("connect", "claude", "x", timeout=60, **desk.variables).returncode == 7
    assert server.process.poll() is None  # it was not ours to stop

    missing = desk.start("aider")
    assert missing.returncode == 127
    assert "aider-install" in missing.stderr

    unknown = desk.start("claude", "--model", "no-such-model.gguf")
    assert unknown.returncode == 1, unknown.stderr


def test_for_good_and_back(desk: Desk, server: StudioServer) -> None:
    mine = desk.home / ".claude" / "settings.json"
    mine.parent.mkdir()
    mine.write_bytes(b'{"theme":"dark",\n\n"env":{"MINE":"1"}}')
    before = mine.read_bytes()
    tried = desk.start("claude", "--persist", "--dry-run")
    assert '+    "ANTHROPIC_BASE_URL"' in tried.stdout
    assert mine.read_bytes() == before

    assert desk.start("claude", "--persist").returncode == 0
    settings = json.loads(mine.read_bytes())
    assert settings["env"]["MINE"] == "1"
    assert settings["env"]["ANTHROPIC_BASE_URL"] == server.base_url
    helper = subprocess.run(settings["apiKeyHelper"], shell=True, capture_output=True, text=True, check=True)
    key = helper.stdout.strip()
    with server.client() as http:
        assert http.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        printed = desk.start("claude", "--print")
        assert f"export ANTHROPIC_AUTH_TOKEN={key}\n" in printed.stdout  # one key for what lasts

        undone = desk.start("claude", "--undo")
        assert undone.returncode == 0, undone.stderr
        assert mine.read_bytes() == before
        assert http.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_for_good_or_not_at_all(desk: Desk) -> None:
    """One of two files cannot be changed: the other stays as it is, and no key stays."""
    mine = desk.home / ".claude" / "settings.json"
    mine.parent.mkdir()
    for content, said in (('["mine"]', "not a JSON object"), ('{"a": "\\ud800"}', "half of a character")):
        mine.write_text(content)
        failed = desk.start("claude", "--persist")
        assert failed.returncode == 1
        assert said in failed.stderr
        assert mine.read_text() == content
    assert desk.states() == ["revoked"] * 2
    assert not (desk.place.home / "clients/claude/key").exists()

    mine.write_text("{} // mine")
    failed = desk.start("claude", "--persist")
    assert "by hand" in failed.stderr
    assert desk.states()[2:] == ["active"]
    assert desk.start("claude", "--undo").returncode == 0
    assert desk.states()[2:] == ["revoked"]


def test_paths_for_the_client_are_absolute(desk: Desk) -> None:
    home = {**desk.variables, "UNSLOTH_STUDIO_HOME": os.path.relpath(desk.place.home)}
    for words in (("--persist", "--dry-run", "--json"), ("--dry-run", "--json")):
        shown = desk.place.unsloth("start", "claude", *words, timeout=60, **home)
        assert shown.returncode == 0, shown.stderr
        (said,) = json.loads(shown.stdout)["files"].items()
        assert (
            (said[0] if len(words) == 2 else json.loads(said[1])["apiKeyHelper"]).removeprefix("cat ").startswith("/")
        )


@pytest.mark.parametrize("content", [b"no program\n", b"#!/no/such/interpreter\n", b"\x7fELF"])
def test_a_client_that_cannot_be_executed(desk: Desk, content: bytes) -> None:
    program = Path(desk.variables["PATH"].partition(":")[0]) / "claude"
    program.write_bytes(content)
    ran = desk.start("claude")
    assert ran.returncode == 126, ran.stderr
    assert f"{program} cannot be run: " in ran.stderr
    assert "npm install -g @anthropic-ai/claude-code" in ran.stderr
    assert desk.states() == ["revoked"]


def test_who_took_the_port_gets_no_key(lone_desk: Desk) -> None:
    desk = lone_desk
    seen: list[dict[str, str]] = []

    class Impostor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({"path": self.path, **dict(self.headers.items())})
            content = b'{"proof": "%s", "status": "ok", "model": "m", "data": []}' % (b"0" * 64)
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the library's name

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Impostor)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        me = psutil.Process()
        note = {"base_url": f"http://127.0.0.1:{listener.server_port}", "pid": me.pid, "started": me.create_time()}
        desk.place.configure("")
        (desk.place.home / "server.json").write_text(json.dumps(note))
        for words in (("start", "claude"), ("models", "load", "m")):
            ran = desk.place.unsloth(*words, timeout=60, **desk.variables)
            assert ran.returncode == 1, ran.stderr
            assert "no key was sent to it" in ran.stderr
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
    assert [one["path"].partition("?")[0] for one in seen] == ["/api/proof"] * 2
    assert "sk-unsloth" not in json.dumps(seen)
    assert not desk.report_file.exists()
