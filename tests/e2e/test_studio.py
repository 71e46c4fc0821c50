"""The page's server as a whole, with the demo model: signing in, chat with a tool, and what stops and crashes leave."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.fake_engine.script import Script
from tests.support.engines import RunningEngine, fake_engine
from tests.support.server import Events, StudioServer, end, start, studio
from tests.support.workplace import UNSLOTH

from unsloth_studio.sse import SseDecoder
from unsloth_studio.store.threads import CRASHED

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
SLOW = Script(tokens=5000, interval_ms=5)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine() as running:
        yield running


def unsloth(home: Path, *arguments: str, typed: str = "") -> str:
    """What the command prints."""
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(home)}
    result = subprocess.run(
        [str(UNSLOTH), *arguments], env=environment, input=typed, capture_output=True, text=True, timeout=30, check=True
    )
    return result.stdout.strip()


def browser(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, headers={"x-studio": "1", "origin": base_url}, timeout=30)


@contextmanager
def signed_in(base_url: str, link: str) -> Generator[httpx.Client]:
    with browser(base_url) as page:
        address, token = link.split("/#token=")
        assert address == base_url
        assert page.post("/api/session", json={"token": token}).status_code == 200
        yield page


def say(page: httpx.Client, words: str, **options: Any) -> Json:
    """The answer that begins, in a new thread."""
    thread = page.post("/api/threads", json={}).json()["id"]
    body = {"parts": [{"type": "text", "text": words}], "options": options}
    return page.post(f"/api/threads/{thread}/messages", json=body).raise_for_status().json()["messages"][1]


def place(message: Json) -> str:
    return f"/api/threads/{message['thread_id']}/messages/{message['id']}"


def told(page: httpx.Client, message: Json, *, until: str = "done") -> list[tuple[str, Any]]:
    """What is told of a message, up to the first event `until`."""
    found: list[tuple[str, Any]] = []
    decoder = SseDecoder()
    with page.stream("GET", f"{place(message)}/events") as reply:
        for piece in reply.iter_bytes():
            found += [(frame.event.decode(), msgspec.json.decode(frame.data)) for frame in decoder.feed(piece)]
            if until in [name for name, _ in found]:
                return found
    return found


def message_in(page: httpx.Client, message: Json) -> Json:
    messages = page.get(f"/api/threads/{message['thread_id']}").json()["messages"]
    return next(one for one in messages if one["id"] == message["id"])


def test_the_link_opens_the_page_once_and_the_command_prints_another(server: StudioServer) -> None:
    link = unsloth(server.home, "link")
    with signed_in(server.base_url, link) as page:
        made = page.post("/api/keys", json={"name": "laptop"}).json()
        hello = {"messages": [{"role": "user", "content": "Hello"}]}
        headers = {"authorization": f"Bearer {made['plaintext']}"}
        assert httpx.post(f"{server.base_url}/v1/chat/completions", json=hello, headers=headers).status_code == 200
        (key,) = [one for one in page.get("/api/keys").json()["keys"] if one["name"] == "laptop"]
        assert (key["requests"], key["output_tokens"] > 0) == (1, True)
        page.delete(f"/api/keys/{made['key']['id']}").raise_for_status()
        assert httpx.get(f"{server.base_url}/v1/models", headers=headers).status_code == 401
        assert page.get("/v1/models").status_code == 200
    with browser(server.base_url) as late:
        assert late.post("/api/session", json={"token": link.split("=")[1]}).status_code == 401


def test_a_password_set_beside_the_server_holds_at_once(server: StudioServer) -> None:
    with signed_in(server.base_url, unsloth(server.home, "link")) as page, browser(server.base_url) as other:
        unsloth(server.home, "password", "set", "--stdin", typed="correct horse\n")
        assert page.get("/api/keys").status_code == 401  # signed out
        assert other.get("/api/session").json()["ways"] == ["link", "password"]
        assert other.post("/api/session", json={"password": "correct horse"}).status_code == 200
        assert other.get("/api/keys").status_code == 200
        unsloth(server.home, "password", "remove")
        assert other.get("/api/keys").status_code == 401


def test_chat_with_a_tool_and_going_on_in_a_cut_answer(server: StudioServer) -> None:
    with signed_in(server.base_url, unsloth(server.home, "link")) as page:
        whole = say(page, "What can you do?", sampling={"temperature": 0})
        full = told(page, whole)[-1][1]["message"]["parts"][0]["text"]
        cut = say(page, "What can you do?", sampling={"temperature": 0, "max_tokens": 6})
        short = told(page, cut)[-1][1]["message"]
        assert (short["stats"]["finish_reason"], full.startswith(short["parts"][0]["text"])) == ("length", True)
        page.post(f"{place(cut)}/continue", json={"options": {"sampling": {"temperature": 0}}}).raise_for_status()
        assert told(page, cut)[-1][1]["message"]["parts"] == [{"type": "text", "text": full}]
        running = say(page, "Run python code print(6*7)", enabled_tools=["python"], sampling={"temperature": 0})
        events = told(page, running)
        assert "tool_result" in [name for name, _ in events]
        call, said = events[-1][1]["message"]["parts"]
        assert (call["name"], call["result"]["is_error"]) == ("python", "42" not in call["result"]["content"])
        assert said["type"] == "text"


@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGINT, "stopped"), (signal.SIGKILL, "failed")], ids=["a stop", "a crash"]
)
def test_an_answer_outlives_the_page_and_the_server(
    tmp_path: Path, engine: RunningEngine, how: signal.Signals, status: str
) -> None:
    engine.set_turns(SLOW, Script(text=" The end."))
    options = ("--upstream", engine.base_url)
    environment = {"UNSLOTH_STUDIO_DRAIN_SECONDS": "0.2"}
    first = start(tmp_path, *options, environment=environment)
    try:
        ready = Events(first).wait_for("ready")
        with signed_in(ready["base_url"], ready["studio_url"]) as page:
            running = say(page, "Tell me everything.")
            told(page, running, until="delta")  # and leaves
            cookie = page.cookies["studio_session"]
            told(page, running, until="delta")  # comes back: it is still being written
            assert message_in(page, running)["status"] == "running"
            time.sleep(1.2)  # what a crash may cost at most is a second
        first.send_signal(how)
        first.wait(20)
    finally:
        end(first)
    with studio(tmp_path, *options) as server, browser(server.base_url) as page:
        page.cookies.set("studio_session", cookie)
        kept = message_in(page, running)
        assert (kept["status"], bool(kept["parts"][0]["text"])) == (status, True)
        assert ("stopped" in kept["error"], kept["error"] == CRASHED) == (how == signal.SIGINT, how == signal.SIGKILL)
        page.post(f"{place(running)}/continue", json={}).raise_for_status()
        done = told(page, running)[-1][1]["message"]
        assert done["parts"] == [{"type": "text", "text": kept["parts"][0]["text"] + " The end."}]
