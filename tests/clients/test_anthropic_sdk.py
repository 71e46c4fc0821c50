"""The two-tool loop with Anthropic's own SDK: its tool runner, and written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from anthropic import Anthropic, DefaultHttpxClient, beta_tool
from tests.clients.two_tools import PARAMETERS, QUESTION, TURNS, Loop

pytestmark = pytest.mark.e2e
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def statuses() -> list[int]:
    """The status of every reply that `client` got."""
    return []


@pytest.fixture
def client(loop: Loop, statuses: list[int]) -> Iterator[Any]:
    def note(response: httpx2.Response) -> None:
        statuses.append(response.status_code)

    with Anthropic(
        base_url=loop.server.anthropic_base_url,
        api_key=loop.server.api_key,
        max_retries=0,
        http_client=DefaultHttpxClient(event_hooks={"response": [note]}),
        _strict_response_validation=True,
    ) as client:
        yield client


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


@STREAMED
def test_messages(client: Any, loop: Loop, streamed: bool) -> None:
    tools = [{"name": name, "input_schema": schema} for name, schema in PARAMETERS.items()]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        fields: dict[str, Any] = {
            "model": loop.server.model,
            "max_tokens": 4096,
            "messages": messages,
            "tools": tools,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        }
        if streamed:
            with client.messages.stream(**fields) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(**fields)
        messages.append({"role": "assistant", "content": message.content})
        if message.stop_reason != "tool_use":
            break
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": loop.bench.run(block.name, block.input)}
            for block in message.content
            if block.type == "tool_use"
        ]
        messages.append({"role": "user", "content": results})
    loop.check(text_of(message))


@pytest.mark.parametrize("threads", [True, False], ids=["threads offered", "threads off"])
@pytest.mark.parametrize(
    "options", [{}, {"stream": True}, {"stream": True, "run_tools_eagerly": True}], ids=["whole", "streamed", "eager"]
)
def test_tool_runner(client: Any, loop: Loop, statuses: list[int], options: dict[str, bool], threads: bool) -> None:
    """The runner first asks for a conversation kept by the server; told that there is none, it goes on by itself."""
    runner = client.beta.messages.tool_runner(
        model=loop.server.model,
        max_tokens=4096,
        messages=[{"role": "user", "content": QUESTION}],
        tools=[beta_tool(loop.bench.read_file), beta_tool(loop.bench.write_file)],
        **options,
        **({} if threads else {"thread": False}),
    )
    loop.check(text_of(runner.until_done()))
    assert statuses == [*([400] if threads else []), *[200] * len(TURNS)]
