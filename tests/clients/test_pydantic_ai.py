"""The two-tool loop with pydantic-ai's agent over all three dialects."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from tests.clients.two_tools import QUESTION, Loop

pytestmark = pytest.mark.e2e


def model_of(dialect: str, loop: Loop) -> Any:
    server = loop.server
    if dialect == "messages":
        return AnthropicModel(
            server.model, provider=AnthropicProvider(api_key=server.api_key, base_url=server.anthropic_base_url)
        )
    provider = OpenAIProvider(base_url=server.openai_base_url, api_key=server.api_key)
    kind = OpenAIChatModel if dialect == "chat" else OpenAIResponsesModel
    return kind(server.model, provider=provider)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
async def test_tool_loop(loop: Loop, dialect: str, streamed: bool) -> None:
    agent: Any = Agent(model_of(dialect, loop), tools=[loop.bench.read_file, loop.bench.write_file])
    async with agent:  # closes its connections
        if streamed:  # not with run_stream, which ends at the first text by design
            async with agent.run_stream_events(QUESTION) as events:
                result = [event async for event in events][-1].result
        else:
            result = await agent.run(QUESTION)
    loop.check(result.output)
