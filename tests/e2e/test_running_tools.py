"""While tools run on the server: live output, calls that wait to be allowed, pictures, session files, and the end."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest
from anthropic import Anthropic
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine, fake_engine
from tests.support.keys import new_key
from tests.support.sandbox import without_sandbox
from tests.support.server import StudioServer, end, studio

from unsloth_studio.tools.sandbox.probe import probe
from unsloth_studio.tools.sandbox.result import Unavailable

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("sandbox")]

Json = dict[str, Any]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""One pixel."""


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, engine: RunningEngine) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home"), "--upstream", engine.base_url) as running:
        yield running


@pytest.fixture
async def sandbox() -> None:
    found = await probe()
    if isinstance(found, Unavailable):
        without_sandbox(f"{found.reason} {found.advice}")


def asking(session_id: str | None = None, **fields: Any) -> Json:
    body: Json = {"messages": [{"role": "user", "content": "Do it."}], "stream": True, "enable_tools": True, **fields}
    return body if session_id is None else {**body, "session_id": session_id}


def shell(command: str) -> Script:
    return Script(tool_call=ToolCall("terminal", json.dumps({"command": command})))


def python(code: str) -> Script:
    return Script(tool_call=ToolCall("python", json.dumps({"code": code})))


def events_of(server: StudioServer, path: str, body: Json, act: Callable[[Json], None] | None = None) -> list[Json]:
    """The data of every frame as it comes; `act` sees each one."""
    found: list[Json] = []
    with server.client() as client, client.stream("POST", f"/v1/{path}", json=body) as reply:
        for line in reply.iter_lines():
            if line.startswith("data: {"):
                found.append(json.loads(line[6:]))
                if act is not None:
                    act(found[-1])
    return found


def told(events: list[Json], key: str) -> list[Json]:
    return [event[key] for event in events if key in event]


def run_in(server: StudioServer, engine: RunningEngine, session_id: str, *scripts: Script) -> Json:
    """A whole reply."""
    engine.set_turns(*scripts, Script(text="Done."))
    with server.client() as client:
        return client.post("/v1/chat/completions", json=asking(session_id, stream=False)).json()


def test_output_is_seen_while_the_tool_runs(server: StudioServer, engine: RunningEngine) -> None:
    engine.set_turns(shell("echo one; sleep 1; echo two"), Script(text="Done."))
    seen: list[tuple[float, str]] = []

    def note(event: Json) -> None:
        keys = (key for key in ("tool_output", "tool_result") if key in event)
        seen.extend((time.monotonic(), f"{key}: {event[key].get('text', '')}") for key in keys)

    events = events_of(server, "chat/completions", asking(), note)
    assert [what for _, what in seen] == ["tool_output: one\n", "tool_output: two\n", "tool_result: "]
    assert seen[2][0] - seen[0][0] > 0.5
    assert {one["tool_call_id"] for key in ("tool_output", "tool_result") for one in told(events, key)} == {
        told(events, "tool_result")[0]["tool_call_id"]
    }
    assert all(event["choices"] == [] for event in events if "tool_output" in event)


def test_live_output_on_the_other_dialects(server: StudioServer, engine: RunningEngine) -> None:
    engine.set_turns(shell("echo hello"), Script(text="Done."))
    events = events_of(server, "messages", asking())
    order = [event["type"] for event in events if event["type"].startswith("tool_")]
    assert order == ["tool_output", "tool_result"]
    (output, result) = (event for event in events if event["type"].startswith("tool_"))
    assert output["text"] == "hello\n"
    assert output["tool_call_id"] == result["tool_call_id"]
    engine.set_turns(shell("echo hello"), Script(text="Done."))
    extra: Json = {"enable_tools": True}
    with (
        openai.OpenAI(base_url=server.openai_base_url, api_key=server.api_key, max_retries=0) as client,
        client.responses.stream(model="m", input="Do it.", extra_body=extra) as stream,
    ):
        kinds = [str(event.type) for event in stream]
        assert stream.get_final_response().output_text == "Done."
    assert "tool_output" in kinds
    engine.set_turns(shell("echo hello"), Script(text="Done."))
    question: Any = asking()["messages"]
    with (
        Anthropic(base_url=server.anthropic_base_url, api_key=server.api_key, max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=question, extra_body=extra) as messages,
    ):
        assert messages.get_final_message().content[-1].model_dump()["text"] == "Done."


def test_a_flood_does_not_fill_the_server(server: StudioServer, engine: RunningEngine) -> None:
    process = psutil.Process(server.process.pid)
    run_in(server, engine, "flood", shell("echo warm"))
    before = process.memory_info().rss
    engine.set_turns(shell("head -c 100000000 /dev/zero | tr '\\0' x"), Script(text="Done."))
    most = 0

    def look(event: Json) -> None:
        nonlocal most
        del event
        most = max(most, process.memory_info().rss)

    events = events_of(server, "chat/completions", asking("flood"), look)
    assert "printed more than 32 MiB" in told(events, "tool_result")[0]["content"]
    assert sum(len(one["text"]) for one in told(events, "tool_output")) < 300_000
    assert max(most, process.memory_info().rss) - before < 24 << 20


@pytest.mark.parametrize("decision", ["allow", "deny"])
@pytest.mark.parametrize("path", ["chat/completions", "messages"])
def test_a_call_waits_to_be_allowed(server: StudioServer, engine: RunningEngine, path: str, decision: str) -> None:
    engine.set_turns(shell("echo it ran"), Script(text="Done."))
    asked: list[Json] = []

    def decide(event: Json) -> None:
        if "tool_approval" in event or event.get("type") == "tool_approval":
            asked.append(event.get("tool_approval", event))
            where = f"/api/tool-calls/{asked[0]['approval_id']}"
            with server.client() as client:
                (waiting,) = client.get("/api/tool-calls").json()["tool_calls"]
                assert waiting["approval_id"] == asked[0]["approval_id"]
                assert client.post(where, json={"decision": "maybe"}).status_code == 400
                assert client.post(where, json={"decision": decision}).json()["decision"] == decision
                assert client.post(where, json={"decision": "allow"}).status_code == 404

    events = events_of(server, path, asking(tool_approval="ask"), decide)
    assert asked[0]["arguments"] == {"command": "echo it ran"}
    assert asked[0]["expires_at"] - time.time() == pytest.approx(300, abs=30)
    (result,) = told(events, "tool_result") or [event for event in events if event.get("type") == "tool_result"]
    assert result["tool_call_id"] == asked[0]["tool_call_id"]
    assert ("it ran" in result["content"]) == (decision == "allow")
    assert result["is_error"] == (decision == "deny")
    heard = engine.state()["requests"][-1]["body"]["messages"][-1]
    assert ("did not allow" in heard["content"]) == (decision == "deny"), "the model is told"


def test_a_whole_reply_waits_as_well_and_the_other_names_are_understood(
    server: StudioServer, engine: RunningEngine
) -> None:
    engine.set_turns(shell("echo it ran"), Script(text="Done."))
    body = asking(stream=False, permission_mode="ask")
    with server.client() as client, ThreadPoolExecutor(1) as pool:
        reply = pool.submit(client.post, "/v1/chat/completions", json=body)
        (waiting,) = until(lambda: client.get("/api/tool-calls").json()["tool_calls"])
        said = {"approval_id": waiting["approval_id"], "session_id": "", "decision": "allow"}
        assert client.post("/api/inference/tool-confirm", json=said).status_code == 200
        assert "it ran" in reply.result().json()["tool_results"][0]["content"]


def test_another_key_can_neither_see_nor_decide_and_an_administrator_can(
    server: StudioServer, engine: RunningEngine
) -> None:
    others = {scope: new_key(server.home, scope, scopes=(scope,)) for scope in ("tools", "admin", "inference")}
    engine.set_turns(shell("echo it ran"), Script(text="Done."))

    def call(key: str, method: str, path: str) -> httpx.Response:
        json_body = {"decision": "allow"} if method == "POST" else None
        return httpx.request(method, server.base_url + path, json=json_body, headers={"x-api-key": others[key]})

    def decide(event: Json) -> None:
        if "tool_approval" in event:
            where = f"/api/tool-calls/{event['tool_approval']['approval_id']}"
            assert call("tools", "GET", "/api/tool-calls").json() == {"tool_calls": []}
            assert call("tools", "POST", where).status_code == 404
            assert call("inference", "POST", where).status_code == 403
            assert httpx.post(server.base_url + where, json={"decision": "allow"}).status_code == 401
            assert len(call("admin", "GET", "/api/tool-calls").json()["tool_calls"]) == 1
            assert call("admin", "POST", where).status_code == 200

    events = events_of(server, "chat/completions", asking(tool_approval="ask"), decide)
    assert "it ran" in told(events, "tool_result")[0]["content"]


def test_who_leaves_while_a_call_waits_takes_it_along(server: StudioServer, engine: RunningEngine) -> None:
    engine.set_turns(shell("echo it ran"), Script(text="Done."))
    with server.client() as client:
        with client.stream("POST", "/v1/chat/completions", json=asking(tool_approval="ask")) as reply:
            lines = reply.iter_lines()  # kept: the connection is closed with it
            next(line for line in lines if "tool_approval" in line)
            assert len(client.get("/api/tool-calls").json()["tool_calls"]) == 1
        assert until(lambda: client.get("/api/tool-calls").json()["tool_calls"] == [])


def test_pictures_come_with_the_result(server: StudioServer, engine: RunningEngine) -> None:
    code = f"import base64; n = open('dot.png', 'wb').write(base64.b64decode({base64.b64encode(PNG).decode()!r}))"
    reply = run_in(server, engine, "pictures", python(code), shell("cp dot.png again.PNG; ln -s dot.png link.png"))
    for result in reply["tool_results"]:
        assert [(one["media_type"], base64.b64decode(one["data"])) for one in result["images"]] == [("image/png", PNG)]
    assert "again.PNG" in reply["tool_results"][1]["content"]


def test_session_files_are_listed_and_downloaded_and_deleted(server: StudioServer, engine: RunningEngine) -> None:
    made = (
        "mkdir -p sub; printf '<script>' > 'sub/a \"b\".html'; printf x > $'bad\\xff\\n'; ln -s /etc/passwd link; "
        "mkfifo pipe; ln sub/* hard; ln -s /etc up; ln -s ../session.json card; chmod 000 hard; echo made"
    )
    run_in(server, engine, "files/1", shell(made))
    other = new_key(server.home, "another", scopes=("inference", "tools"))
    with server.client() as client:
        (session,) = [one for one in client.get("/api/sessions").json()["sessions"] if one["session_id"] == "files/1"]
        assert session["in_use"] is False
        listed = client.get("/api/sessions/files%2F1/files").json()["files"]
        assert sorted(one["path"] for one in listed) == ["bad\ufffd\n", "hard", 'sub/a "b".html']
        for file in listed:
            reply = client.get(file["url"])
            assert (reply.status_code, len(reply.content)) == (200, file["size"])
            assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert reply.headers["content-type"] == "application/octet-stream"
        for path in (
            "link",
            "pipe",
            "up/passwd",
            "card",
            "sub",
            "..%2Fsession.json",
            "%2Fetc%2Fpasswd",
            "sub%00",
            "",
            "sub/%2E%2E/hard",
        ):
            assert client.get(f"/api/sessions/{session['id']}/files/{path}").status_code == 404, path
        refused = [(name, method) for name in ("files%2F1", session["id"]) for method in ("GET", "DELETE")]
        for name, method in refused:
            tail = "/files" if method == "GET" else ""
            reply = httpx.request(method, f"{server.base_url}/api/sessions/{name}{tail}", headers={"x-api-key": other})
            assert reply.status_code == 404
        assert httpx.get(server.base_url + listed[0]["url"], headers={"x-api-key": other}).status_code == 404
        assert client.get("/api/sessions/files/1/files").status_code == 404, "a slash of a name is %2F"
        assert client.delete("/api/sessions/files%2F1").json()["deleted"] is True
        assert client.delete("/api/sessions/files%2F1").status_code == 404
    assert not (server.home / "sessions" / session["id"]).exists()


def test_an_administrator_sees_the_sessions_of_all_keys(server: StudioServer, engine: RunningEngine) -> None:
    run_in(server, engine, "mine", shell("echo x > note"))
    key = new_key(server.home, "administrator", scopes=("admin",))
    with httpx.Client(base_url=server.base_url, headers={"x-api-key": key}) as client:
        (session,) = [one for one in client.get("/api/sessions").json()["sessions"] if one["session_id"] == "mine"]
        assert session["owner"]
        assert client.get("/api/sessions/mine/files").status_code == 404, "under its own name it is another's"
        (file,) = client.get(f"/api/sessions/{session['id']}/files").json()["files"]
        assert client.get(file["url"]).content == b"x\n"


def test_the_server_ends_while_a_tool_runs(tmp_path: Path, engine: RunningEngine) -> None:
    engine.set_turns(python("import time; print('begun', flush=True); time.sleep(100)"), Script(text="Done."))
    settings = {"UNSLOTH_STUDIO_DRAIN_SECONDS": "0"}
    with (
        studio(tmp_path, "--upstream", engine.base_url, environment=settings) as server,
        server.client() as client,
        client.stream("POST", "/v1/chat/completions", json=asking("s")) as reply,
    ):
        lines = reply.iter_lines()
        next(line for line in lines if "begun" in line)
        children = psutil.Process(server.process.pid).children(recursive=True)
        assert children
        assert end(server.process) == 0
        assert any("error" in line for line in lines), "the client is told"
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive


def until(look: Callable[[], Any], seconds: float = 15) -> Any:
    """What `look` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found
