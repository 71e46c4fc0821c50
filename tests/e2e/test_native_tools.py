"""Tools by the vendors' own names, through the official SDKs, against a search provider and a page on 127.0.0.1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from anthropic import Anthropic
from anthropic.types import TextBlock, WebSearchToolResultBlock
from openai.types.responses import ResponseFunctionWebSearch
from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine, fake_engine
from tests.support.keys import new_key
from tests.support.search_site import SearchSite, search_site
from tests.support.server import StudioServer, studio

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
QUESTION: Any = [{"role": "user", "content": "Do llamas hum?"}]
SEARCH: Any = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
ANSWER = Script(text="Llamas hum [1]. They also spit.")


def searching(arguments: Json | None = None) -> Script:
    return Script(
        tool_call=ToolCall("web_search", json.dumps({"query": "llamas", "depth": "basic", **(arguments or {})}))
    )


@pytest.fixture(scope="module")
def site() -> Iterator[SearchSite]:
    with search_site() as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with fake_engine() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, engine: RunningEngine, site: SearchSite) -> Iterator[StudioServer]:
    home = tmp_path_factory.mktemp("home")
    with studio(home, "--upstream", engine.base_url, environment=site.settings) as running:
        yield running


@pytest.fixture(scope="module")
def claude(server: StudioServer) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.anthropic_base_url, api_key=server.api_key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def gpt(server: StudioServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.openai_base_url, api_key=server.api_key, max_retries=0) as client:
        yield client


def test_what_claude_code_sends_for_a_web_search(
    claude: Anthropic, server: StudioServer, engine: RunningEngine
) -> None:
    """One search tool, forced by its name, streamed; and the conversation goes on with the blocks in its history."""
    engine.set_turns(searching(), ANSWER)
    tool: Any = {**SEARCH, "blocked_domains": ["blocked.example"]}
    asked: Json = {"model": server.model, "max_tokens": 500, "tools": [tool]}
    choice: Any = {"type": "tool", "name": "web_search"}
    with claude.messages.stream(messages=QUESTION, tool_choice=choice, **asked) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert "tool_result" not in kinds
    assert [block.type for block in message.content] == ["server_tool_use", "web_search_tool_result", "text", "text"]
    result, answer = message.content[1], message.content[2]
    assert isinstance(result, WebSearchToolResultBlock)
    assert isinstance(result.content, list)
    assert [(one.title, one.url) for one in result.content] == [("About llamas", "https://llamas.example/hum")]
    assert isinstance(answer, TextBlock)
    assert answer.text == "Llamas hum [1]."
    (citation,) = answer.citations or []
    assert citation.type == "web_search_result_location"
    assert (citation.url, citation.cited_text) == ("https://llamas.example/hum", "Llamas hum.")
    assert message.usage.server_tool_use is not None
    assert message.usage.server_tool_use.web_search_requests == 1

    seen = engine.state()["requests"][-1]["body"]["messages"]
    engine.set_turns(Script(text="As I said."))
    history: Any = [*QUESTION, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Sure?"}]
    claude.messages.create(messages=history, **asked)
    again = engine.state()["requests"][-1]["body"]["messages"]
    assert [(one["role"], one["content"]) for one in again[: len(seen)]] == [
        (one["role"], one["content"]) for one in seen
    ], "the model finds in its history what it saw"
    assert again[len(seen)]["content"] == "Llamas hum [1]. They also spit."


def test_uses_are_bounded_and_own_tools_end_the_turn(
    claude: Anthropic, server: StudioServer, engine: RunningEngine
) -> None:
    own: Any = {"name": "mine", "input_schema": {"type": "object", "properties": {}}}
    engine.set_turns(searching(), searching({"max_results": 1}), Script(tool_call=ToolCall("mine")))
    tools: Any = [{**SEARCH, "max_uses": 1}, own]
    message = claude.messages.create(model=server.model, max_tokens=500, messages=QUESTION, tools=tools)
    assert [block.type for block in message.content] == [
        "server_tool_use", "web_search_tool_result", "server_tool_use", "web_search_tool_result", "tool_use",
    ]  # fmt: skip
    refused = message.content[3].to_dict()["content"]
    assert refused == {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    assert message.stop_reason == "tool_use"


def test_pages_are_read_within_the_clients_limits(
    claude: Anthropic, server: StudioServer, engine: RunningEngine, site: SearchSite
) -> None:
    url, elsewhere = f"{site.url}/page", "https://other.example/"
    engine.set_turns(
        Script(tool_call=ToolCall("web_fetch", json.dumps({"url": url}))),
        Script(tool_call=ToolCall("web_fetch", json.dumps({"url": elsewhere}))),
        Script(text="Yes."),
    )
    fetch: Any = {"type": "web_fetch_20250910", "name": "web_fetch", "allowed_domains": ["127.0.0.1"]}
    message = claude.messages.create(model=server.model, max_tokens=500, messages=QUESTION, tools=[fetch])
    _, read, _, refused, _ = (block.to_dict() for block in message.content)
    assert "Llamas hum to their young." in json.dumps(read)
    assert refused["content"] == {"type": "web_fetch_tool_result_error", "error_code": "url_not_allowed"}


def test_responses_and_chat_completions(gpt: openai.OpenAI, server: StudioServer, engine: RunningEngine) -> None:
    engine.set_turns(searching(), ANSWER)
    include: Any = ["web_search_call.action.sources"]
    search: Any = {"type": "web_search"}
    with gpt.responses.stream(model=server.model, input=QUESTION, tools=[search], include=include) as stream:
        kinds = [event.type for event in stream if "delta" not in event.type]
        response = stream.get_final_response()
    assert kinds[2:6] == [
        "response.output_item.added",
        "response.web_search_call.in_progress",
        "response.web_search_call.searching",
        "response.web_search_call.completed",
    ]
    assert "response.output_text.annotation.added" in kinds
    call, said = response.output
    assert isinstance(call, ResponseFunctionWebSearch)
    assert call.action.type == "search"
    assert [source.url for source in call.action.sources or []][:1] == ["https://llamas.example/hum"]
    said_as: Any = json.loads(said.to_json())
    assert said_as["content"][0]["annotations"][0]["url"] == "https://llamas.example/hum"

    engine.set_turns(Script(text="As I said."))
    history: Any = [*QUESTION, *(item.to_dict() for item in response.output), *QUESTION]
    assert gpt.responses.create(model=server.model, input=history, tools=[search]).output_text == "As I said."

    engine.set_turns(searching(), ANSWER)
    completion = gpt.chat.completions.create(model=server.model, messages=QUESTION, web_search_options={})
    (annotation,) = completion.choices[0].message.annotations or []
    assert (annotation.url_citation.start_index, annotation.url_citation.title) == (11, "About llamas")


def test_a_refusal_says_what_to_do_and_codex_goes_on_without(server: StudioServer, engine: RunningEngine) -> None:
    key = new_key(server.home, "plain", scopes=("inference",))
    with (
        Anthropic(base_url=server.anthropic_base_url, api_key=key, max_retries=0) as client,
        pytest.raises(anthropic.PermissionDeniedError, match="unsloth keys create NAME") as refused,
    ):
        client.messages.create(model=server.model, max_tokens=9, messages=QUESTION, tools=[SEARCH])
    assert "tools[0].type" in str(refused.value)
    engine.set_turns(Script(text="Hello."))
    codex = {"input": "Hi", "tools": [{"type": "web_search", "external_web_access": True}], "tool_choice": "auto"}
    reply = httpx.post(f"{server.base_url}/v1/responses", json=codex, headers={"x-api-key": key})
    assert reply.status_code == 200
    assert "tools" not in engine.state()["requests"][-1]["body"]


def test_models_say_whether_tools_run_here(claude: Anthropic, server: StudioServer) -> None:
    capabilities = claude.models.retrieve(server.model).capabilities
    assert capabilities is not None
    assert (capabilities.server_tools.supported, capabilities.server_tools.web_search.supported) == (True, True)
