"""What monitoring reads, and that an endless answer ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine, fake_engine
from tests.support.keys import new_key
from tests.support.server import StudioServer, studio

pytestmark = pytest.mark.e2e

SENTENCE = "Let me check the file once more to be sure. "


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, engine: RunningEngine) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home"), "--upstream", engine.base_url) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: StudioServer) -> dict[str, str]:
    return {"authorization": f"Bearer {new_key(server.home, 'monitor', scopes=('admin',))}"}


def counts(server: StudioServer, admin: dict[str, str]) -> dict[str, float]:
    reply = httpx.get(f"{server.base_url}/metrics", headers=admin)
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {name: float(value) for name, value in re.findall(r"^(unsloth_\S+) (\S+)$", reply.text, re.MULTILINE)}


def ask(server: StudioServer, **fields: object) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": "Go"}], **fields}
    return httpx.post(f"{server.base_url}/v1/chat/completions", json=body, headers=server.headers, timeout=30)


def test_turns_tokens_and_repairs_are_counted(
    server: StudioServer, engine: RunningEngine, admin: dict[str, str]
) -> None:
    before = counts(server, admin)
    engine.set_script({"text": "Hello there"})
    assert ask(server).status_code == 200
    engine.set_turns(Script(tool_call=ToolCall("look", "{'at': 'x',}")))
    tool = {"type": "function", "function": {"name": "look", "parameters": {"properties": {"at": {"type": "string"}}}}}
    call = ask(server, tools=[tool]).json()["choices"][0]["message"]["tool_calls"][0]
    assert call["function"]["arguments"] == '{"at":"x"}'
    after = counts(server, admin)
    grown = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert grown['unsloth_turns_total{outcome="stop"}'] == 1
    assert grown['unsloth_turns_total{outcome="tool_calls"}'] == 1
    assert grown['unsloth_tokens_total{kind="completion"}'] > 0
    assert any(name.startswith("unsloth_tool_call_repairs_total") for name in grown)


def test_endless_answer_is_ended(server: StudioServer, engine: RunningEngine, admin: dict[str, str]) -> None:
    before = counts(server, admin)
    engine.set_script({"text": SENTENCE, "tokens": 4000})
    answer = ask(server).json()["choices"][0]
    assert answer["finish_reason"] == "length"
    assert 4096 <= len(answer["message"]["content"]) < 10_000
    after = counts(server, admin)
    assert after["unsloth_endless_turns_total"] == before["unsloth_endless_turns_total"] + 1


def test_metrics_need_the_scope(server: StudioServer) -> None:
    assert httpx.get(f"{server.base_url}/metrics", headers=server.headers).status_code == 403
    assert httpx.get(f"{server.base_url}/metrics").status_code == 401
