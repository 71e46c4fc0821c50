"""What monitoring reads, and that an endless answer ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.fake_engine.script import Fault, Script, ToolCall
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


NUMBER = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"]}
STEP = {"type": "function", "function": {"name": "step", "parameters": NUMBER}}


def grown(server: StudioServer, admin: dict[str, str], before: dict[str, float]) -> dict[str, float]:
    after = counts(server, admin)
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (ToolCall("step", '{"n": 50}'), "schema"),
        (ToolCall("step", "{}"), "schema"),
        (ToolCall("stride", '{"n": 5}'), "unknown_tool"),
        (ToolCall("step", '{"n": 5}'), None),
    ],
    ids=["out of bounds", "without what is required", "a tool that is not offered", "as it should be"],
)
def test_streamed_call_that_does_not_fit_is_sent_and_counted(
    server: StudioServer, engine: RunningEngine, admin: dict[str, str], call: ToolCall, kind: str | None
) -> None:
    before = counts(server, admin)
    engine.set_turns(Script(tool_call=call))
    assert '"finish_reason":"tool_calls"' in ask(server, tools=[STEP], stream=True).text
    found = {name: value for name, value in grown(server, admin, before).items() if "violations" in name}
    assert found == ({} if kind is None else {f'unsloth_tool_call_violations_total{{kind="{kind}"}}': 1})


@pytest.mark.parametrize(
    ("turns", "kind", "outcome"),
    [
        ((Script(tool_call=ToolCall("step", '{"n": 50}')), Script(text='{"n": 5}')), "call", "succeeded"),
        ((Script(tool_call=ToolCall("step", '{"n": 50}')), Script(text='{"n": 51}')), "call", "failed"),
        ((Script(text="No."), Script(text='{"name": "step", "arguments": {"n": 5}}')), "missing_call", "succeeded"),
        ((Script(fault=Fault("parser_error")), Script(text="Well.")), "engine_parser", "succeeded"),
    ],
    ids=["made better", "no better", "demanded and made", "without the engine's parser"],
)
def test_second_tries_are_counted(
    server: StudioServer,
    engine: RunningEngine,
    admin: dict[str, str],
    turns: tuple[Script, Script],
    kind: str,
    outcome: str,
) -> None:
    before = counts(server, admin)
    engine.set_turns(*turns)
    choice = "required" if kind == "missing_call" else "auto"
    assert ask(server, tools=[STEP], tool_choice=choice).status_code == 200
    found = {name: value for name, value in grown(server, admin, before).items() if "second_tries" in name}
    assert found == {
        f'unsloth_second_tries_total{{kind="{kind}",outcome="asked"}}': 1,
        f'unsloth_second_tries_total{{kind="{kind}",outcome="{outcome}"}}': 1,
    }


def test_each_of_several_answers_is_checked(server: StudioServer, engine: RunningEngine) -> None:
    first = Script(tool_call=ToolCall("step", '{"n": 50}'))
    engine.set_turns(first, first, Script(text='{"n": 5}'), Script(text='{"n": 5}'))
    choices = ask(server, tools=[STEP], n=2).json()["choices"]
    calls = [choice["message"]["tool_calls"][0]["function"]["arguments"] for choice in choices]
    assert calls == ['{"n":5}', '{"n":5}']


def test_where_no_call_is_allowed_its_markup_is_text(server: StudioServer, engine: RunningEngine) -> None:
    markup = '<tool_call>\n{"name": "step", "arguments": {"n": 5}}\n</tool_call>'
    engine.set_turns(Script(text=markup + "<|im_end|>"))
    (choice,) = ask(server, tools=[STEP], tool_choice="none").json()["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (markup, "stop")
    assert not choice["message"].get("tool_calls")


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
