"""`unsloth start` with the real server and stand-ins for clients, which write down what they were given and use it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.engines import RunningEngine, fake_engine
from tests.support.server import StudioServer, clean_environment
from tests.support.workplace import UNSLOTH, Workplace

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore

pytestmark = pytest.mark.e2e

SECONDS = 45
"""Long enough on a machine that does much else; nothing here takes so long by itself."""

STAND_IN = f"""#!{sys.executable}
import json, os, signal, sys, time, urllib.request
if "wait" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
    print("waiting", flush=True)
    signal.pause()
if "interrupt" in sys.argv:
    interrupts = []
    signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
    print("waiting", flush=True)
    signal.pause()
    time.sleep(0.3)  # a second one would come by now
    sys.exit(40 + len(interrupts))
folders = [word.rpartition("/")[0] for word in sys.argv[1:] if word.startswith(os.environ["UNSLOTH_STUDIO_HOME"])]
files = {{name: (open(f"{{folders[0]}}/{{name}}").read(), os.stat(f"{{folders[0]}}/{{name}}").st_mode & 0o777)
         for name in (os.listdir(folders[0]) if folders else [])}}
request = urllib.request.Request(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
    json.dumps({{"model": os.environ["ANTHROPIC_MODEL"], "max_tokens": 20,
                 "messages": [{{"role": "user", "content": "hi"}}]}}).encode(),
    {{"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"], "content-type": "application/json"}},
)
with urllib.request.urlopen(request, timeout=30) as reply:
    answer = json.loads(reply.read())
with open(os.environ["REPORT"], "w") as report:
    json.dump({{"words": sys.argv[1:], "environment": dict(os.environ), "files": files, "answer": answer}}, report)
sys.exit(7)
"""


class Desk:
    """A person's machine: a data folder, a home, and a `claude` on the PATH."""

    def __init__(self, folder: Path, place: Workplace) -> None:
        self.place = place
        self.report_file = folder / "report.json"
        self.home = folder / "person"
        self.home.mkdir()
        program = folder / "bin" / "claude"
        program.parent.mkdir()
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.variables = {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "REPORT": str(self.report_file),
            "ANTHROPIC_API_KEY": "sk-ant-of-the-person",
        }
        self._known = {key.id for key in self._all_keys()}

    def start(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.place.unsloth("start", *words, timeout=60, **self.variables)

    def environment(self) -> dict[str, str]:
        home = {"UNSLOTH_STUDIO_HOME": str(self.place.home)}
        return {**clean_environment(), **self.place.environment, **self.variables, **home}

    def report(self) -> dict[str, Any]:
        return json.loads(self.report_file.read_text())

    def made_keys(self) -> list[ApiKey]:
        """Those that sessions got since this desk is there, oldest first."""
        return [key for key in self._all_keys() if key.id not in self._known and key.name == "start-claude"]

    def states(self) -> list[str]:
        return [key.state(time.time()) for key in self.made_keys()]

    def _all_keys(self) -> list[ApiKey]:
        with closing(Database.open(self.place.home)) as database, closing(KeyStore(database)) as store:
            return store.all_keys()


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine("--context-length", "65536") as engine:
        yield engine


def workplace(folder: Path, engine: RunningEngine) -> Workplace:
    return Workplace(folder, variables={"UNSLOTH_STUDIO_UPSTREAM": engine.base_url, "UNSLOTH_STUDIO_PORT": "0"})


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


def processes_of(home: Path) -> list[psutil.Process]:
    """What runs with this data folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("UNSLOTH_STUDIO_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


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


@contextmanager
def launched(desk: Desk, *words: str, **options: Any) -> Generator[subprocess.Popen[Any]]:
    """`unsloth start` as a process, in a session of its own; ended at the end."""
    streams: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "env": desk.environment(),
        **options,
    }
    process = subprocess.Popen([str(UNSLOTH), "start", *words], start_new_session=True, **streams)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def waiting_client(desk: Desk, word: str = "wait", **options: Any) -> Generator[subprocess.Popen[Any]]:
    """With a client that waits for a signal."""
    with launched(desk, "claude", word, **options) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        yield process


def test_signals_reach_the_client_and_what_is_killed_is_swept(desk: Desk) -> None:
    with waiting_client(desk) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 42
    assert desk.states() == ["revoked"]
    with waiting_client(desk) as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)
    assert desk.states() == ["revoked", "active"]
    assert desk.start("claude").returncode == 7
    assert desk.states() == ["revoked"] * 3


def test_ctrl_c_at_the_terminal_is_the_client_s_and_comes_once(desk: Desk) -> None:
    terminal, its_end = os.openpty()
    try:
        control: dict[str, Any] = {"stdin": its_end, "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
        with waiting_client(desk, "interrupt", **control) as process:
            os.write(terminal, b"\x03")
            assert process.wait(SECONDS) == 41
    finally:
        os.close(its_end)
        os.close(terminal)
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


def test_a_start_that_is_ended_leaves_no_server(lone_desk: Desk) -> None:
    """While the server is still on its way, here to an upstream that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        upstream = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        environment = {**lone_desk.environment(), "UNSLOTH_STUDIO_UPSTREAM": upstream}
        with launched(lone_desk, "claude", env=environment, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            assert b"starting one" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 128 + signal.SIGTERM
    assert lone_desk.states() == ["revoked"]
    psutil.wait_procs(processes_of(lone_desk.place.home), timeout=SECONDS)
    assert processes_of(lone_desk.place.home) == []
