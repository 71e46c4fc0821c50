"""The SDK's tool runner against our reader and writer: it begins with `thread`, which we refuse, and must go on without."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import httpx2
import pytest
from anthropic import beta_tool

from unsloth_studio.dialects.anthropic.errors import error_body
from unsloth_studio.dialects.anthropic.read import read
from unsloth_studio.dialects.anthropic.write import write_whole
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Conversation, Message, TextPart, ToolCallPart, ToolResultPart


class ScriptedServer:
    """Answers as the HTTP edge would, with a call first and with text once its result is there."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.conversations: list[Conversation] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        try:
            prompt = read(request.read()).request.prompt
        except TurnFailure as failure:
            return self._reply(STATUS[failure.error.kind], error_body(failure.error))
        assert isinstance(prompt, Conversation)
        self.conversations.append(prompt)
        if prompt.messages[-1].role == "tool":
            return self._reply(200, write_whole(Turn("2", "demo", [TextPart("It is sunny.")])))
        call = ToolCallPart("call_1", "get_weather", '{"city": "Oslo"}')
        return self._reply(200, write_whole(Turn("1", "demo", [call], finish_reason="tool_calls")))

    def _reply(self, status: int, body: bytes) -> httpx2.Response:
        self.statuses.append(status)
        return httpx2.Response(status, headers={"content-type": "application/json"}, content=body)


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[anthropic.Anthropic]:
    http = httpx2.Client(transport=httpx2.MockTransport(server.answer))
    with anthropic.Anthropic(api_key="none", base_url="http://server", max_retries=0, http_client=http) as sdk:
        yield sdk


def test_tool_runner_reaches_its_answer_with_the_whole_history(
    client: anthropic.Anthropic, server: ScriptedServer
) -> None:
    @beta_tool
    def get_weather(city: str) -> str:
        """Weather of a city."""
        return f"Sunny in {city}."

    runner = client.beta.messages.tool_runner(
        model="demo",
        max_tokens=64,
        tools=[get_weather],
        messages=[{"role": "user", "content": "Weather?"}],
    )
    final = runner.until_done()
    assert final.content[0].to_dict()["text"] == "It is sunny."
    assert server.statuses == [400, 200, 200]
    assert server.conversations[-1].messages == (
        Message("user", (TextPart("Weather?"),)),
        Message("assistant", (ToolCallPart("toolu_call_1", "get_weather", '{"city":"Oslo"}'),)),
        Message("tool", (ToolResultPart("toolu_call_1", (TextPart("Sunny in Oslo."),)),)),
    )
