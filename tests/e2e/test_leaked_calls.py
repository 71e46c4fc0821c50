"""Calls that the engine's own parser leaks or fails on, through the real engine and every dialect, streamed and whole.

The models are scripted: each writes one text of the conformance corpus. Their template is Hermes', so whatever another
family writes comes out of the engine as plain text, and has to arrive at the client as the call it is.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.case import Case
from tests.conformance.corpus import CASES
from tests.conformance.tools import TOOL_SETS
from tests.fake_engine.script import Fault, FaultKind, Script, ToolCall
from tests.support.engines import fake_engine
from tests.support.gguf import write_scripted_gguf
from tests.support.server import StudioServer, studio
from tests.support.workplace import Workplace, cards

pytestmark = pytest.mark.e2e

Json = dict[str, Any]


def pieces(text: str) -> list[str]:
    """`text` in tokens of some characters, each of them once."""
    found: list[str] = []
    at = 0
    while at < len(text):
        end = at + 6
        while end < len(text) and (text[at:end] in found or text[at:end].isspace()):
            end += 1
        found.append(text[at:end])
        at = end
    if len(set(found)) < len(found):  # the last one was cut short and stands before
        found[-2:] = ["".join(found[-2:])]
    return found


def one_of_each() -> list[Case]:
    """The first well-formed and the first damaged text of each family that does not begin as Hermes' own calls do."""
    chosen: dict[tuple[str, str], Case] = {}
    for case in CASES:
        plain = case.calls and case.tools == "coding" and "<tool_call>" not in case.text and "<think>" not in case.text
        if plain and len(case.calls) == 1:
            chosen.setdefault((case.family, case.kind), case)
    return list(chosen.values())


LEAKED = one_of_each()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """One model per text, called after its case."""
    folder = tmp_path_factory.mktemp("leaks")
    (folder / "models").mkdir()
    for case in LEAKED:
        write_scripted_gguf(folder / "models" / f"{name_of(case)}.gguf", pieces(case.text), context_length=8192)
    refused = ("<tool_call>", '\n{"name": "Read-', 'File", "arguments"', ': {"path": "a.py"}}', "\n</tool_call>")
    write_scripted_gguf(folder / "models" / "refused.gguf", refused, context_length=8192)
    place = Workplace(folder)
    place.configure(f'model_folders = ["{folder / "models"}"]\n')
    with place.serve("--model", str(folder / "models" / "refused.gguf"), "-c", "4096", "-np", "1") as running:
        names = {name_of(case) for case in LEAKED}
        with running.client() as http:
            while not names <= set(
                cards(http)
            ):  # the folder is looked at every three seconds; the test has a time limit
                time.sleep(0.1)
        yield running


def name_of(case: Case) -> str:
    return re.sub(r"[^\w.]+", "-", f"{case.family}-{case.kind}")


Calls = list[tuple[str, Json]]


def chat(http: httpx.Client, model: str, tools: list[Json], *, stream: bool) -> Calls:
    body = {"model": model, "messages": [{"role": "user", "content": "Go"}], "tools": tools, "max_tokens": 600}
    reply = http.post("/v1/chat/completions", json={**body, "stream": stream}).raise_for_status()
    if not stream:
        (choice,) = reply.json()["choices"]
        assert choice["finish_reason"] == "tool_calls", reply.text
        calls = [call["function"] for call in choice["message"]["tool_calls"]]
        return [(call["name"], json.loads(call["arguments"])) for call in calls]
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for event in events(reply):
        for choice in event["choices"]:
            for call in choice["delta"].get("tool_calls") or ():
                names.setdefault(call["index"], call["function"].get("name") or "")
                arguments[call["index"]] = arguments.get(call["index"], "") + call["function"].get("arguments", "")
    return [(name, json.loads(arguments[at])) for at, name in names.items()]


def messages(http: httpx.Client, model: str, tools: list[Json], *, stream: bool) -> Calls:
    flat = [tool["function"] for tool in tools]
    offered = [{"name": tool["name"], "input_schema": tool["parameters"]} for tool in flat]
    body = {"model": model, "messages": [{"role": "user", "content": "Go"}], "tools": offered, "max_tokens": 600}
    reply = http.post("/v1/messages", json={**body, "stream": stream}).raise_for_status()
    if not stream:
        assert reply.json()["stop_reason"] == "tool_use", reply.text
        return [(block["name"], block["input"]) for block in reply.json()["content"] if block["type"] == "tool_use"]
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for event in events(reply):
        if event["type"] == "content_block_start" and event["content_block"]["type"] == "tool_use":
            names[event["index"]] = event["content_block"]["name"]
        elif event["type"] == "content_block_delta" and event["delta"]["type"] == "input_json_delta":
            arguments[event["index"]] = arguments.get(event["index"], "") + event["delta"]["partial_json"]
    return [(name, json.loads(arguments.get(at) or "{}")) for at, name in names.items()]


def responses(http: httpx.Client, model: str, tools: list[Json], *, stream: bool) -> Calls:
    offered = [{"type": "function", **tool["function"]} for tool in tools]
    body = {"model": model, "input": "Go", "tools": offered, "max_output_tokens": 600, "stream": stream}
    reply = http.post("/v1/responses", json=body).raise_for_status()
    response = (
        reply.json() if not stream else next(e for e in events(reply) if e["type"] == "response.completed")["response"]
    )
    items = [item for item in response["output"] if item["type"] == "function_call"]
    return [(item["name"], json.loads(item["arguments"])) for item in items]


def events(reply: httpx.Response) -> Iterator[Json]:
    for line in reply.text.splitlines():
        if line.startswith("data: {"):
            yield json.loads(line[6:])


DIALECTS = {"chat": chat, "messages": messages, "responses": responses}


@pytest.mark.timeout(300)
def test_every_family_arrives_as_the_call_it_is(server: StudioServer) -> None:
    wrong: list[str] = []

    def ask(case: Case) -> None:
        expected = [(call.name, call.arguments) for call in case.calls]
        for dialect, call in DIALECTS.items():
            for stream in (False, True):
                got = call(http, name_of(case), TOOL_SETS[case.tools], stream=stream)
                if got != expected:
                    wrong.append(f"{case.id}, {dialect}, {'streamed' if stream else 'whole'}: {got}")

    with server.client(timeout=240) as http, ThreadPoolExecutor(2) as askers:
        list(askers.map(ask, LEAKED))
    assert wrong == []
    assert len({case.family for case in LEAKED}) >= 30


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_engines_grammar_fails_on_is_read_by_us(server: StudioServer, dialect: str, stream: bool) -> None:
    """The engine answers 500 for a name that its grammar does not know; the name means one of the tools."""
    tools = TOOL_SETS["coding"]
    with server.client() as http:
        assert DIALECTS[dialect](http, "refused", tools, stream=stream) == [("read_file", {"path": "a.py"})]


def test_without_healing_the_text_stays_text(server: StudioServer) -> None:
    case = next(case for case in LEAKED if case.family == "kimi")
    body = {"messages": [{"role": "user", "content": "Go"}], "tools": TOOL_SETS[case.tools], "max_tokens": 600}
    with server.client() as http:
        reply = http.post(
            "/v1/chat/completions", json={**body, "model": name_of(case), "auto_heal_tool_calls": False}
        ).raise_for_status()
    message = reply.json()["choices"][0]["message"]
    assert not message.get("tool_calls")
    assert "tool_call" in message["content"]


FAULTS: tuple[FaultKind, ...] = ("overflow", "parser_error", "error_frame", "close", "unavailable")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_second_try_that_fails_leaves_the_first(tmp_path: Path, fault: FaultKind) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer", "maximum": 9}}}
    tool = {"type": "function", "function": {"name": "del", "parameters": schema}}
    with fake_engine() as engine, studio(tmp_path, "--upstream", engine.base_url) as server:
        engine.set_turns(Script(tool_call=ToolCall("del", '{"id": 50}')), Script(text="x", fault=Fault(fault)))
        reply = httpx.post(
            f"{server.base_url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "Go"}], "tools": [tool]},
            headers=server.headers,
            timeout=30,
        )
        assert reply.status_code == 200
        assert reply.json()["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"id": 50}'


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "step"}}])
def test_our_own_engine_calls_when_it_must_streamed_too(tmp_path: Path, choice: Any) -> None:
    tool = {"type": "function", "function": {"name": "step", "parameters": {"properties": {"n": {"type": "integer"}}}}}
    body = {
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [tool],
        "tool_choice": choice,
        "max_tokens": 200,
    }
    with studio(tmp_path) as server:
        url = f"{server.base_url}/v1/chat/completions"
        streamed = httpx.post(url, json={**body, "stream": True}, headers=server.headers, timeout=60).text
        assert '"finish_reason":"tool_calls"' in streamed
        assert streamed.count('"name":"step"') == 1
        whole = httpx.post(url, json=body, headers=server.headers, timeout=60).json()
        assert whole["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "step"


def test_an_upstream_that_ignores_the_choice_is_asked_again(tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "step", "parameters": {"properties": {"n": {"type": "integer"}}}}}
    with fake_engine() as engine, studio(tmp_path, "--upstream", engine.base_url) as server:
        engine.set_turns(Script(text="I would rather not."), Script(text='{"name": "step", "arguments": {"n": 3}}'))
        reply = httpx.post(
            f"{server.base_url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "Go"}], "tools": [tool], "tool_choice": "required"},
            headers=server.headers,
        ).json()
        (call,) = reply["choices"][0]["message"]["tool_calls"]
        assert call["function"] == {"name": "step", "arguments": '{"n":3}'}
        assert reply["choices"][0]["finish_reason"] == "tool_calls"
        second = engine.state()["requests"][-1]["body"]
        assert second["tool_choice"] == "none"
        assert second["response_format"]["json_schema"]["schema"]["properties"]["name"] == {"const": "step"}
