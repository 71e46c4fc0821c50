"""The two-tool loop with openai-agents over Chat Completions and Responses."""

from __future__ import annotations

from typing import Any

import pytest
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
)
from openai import AsyncOpenAI
from tests.clients.two_tools import QUESTION, Loop

pytestmark = pytest.mark.e2e

NO_TRACING = RunConfig(tracing_disabled=True)  # it would upload


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", [OpenAIChatCompletionsModel, OpenAIResponsesModel], ids=["chat", "responses"])
async def test_tool_loop(loop: Loop, kind: Any, streamed: bool) -> None:
    tools = [function_tool(loop.bench.read_file), function_tool(loop.bench.write_file)]
    async with AsyncOpenAI(base_url=loop.server.openai_base_url, api_key=loop.server.api_key, max_retries=0) as client:
        model = kind(model=loop.server.model, openai_client=client)
        agent = Agent[None](name="clerk", instructions="Use the tools.", model=model, tools=list(tools))
        if streamed:
            run = Runner.run_streamed(agent, QUESTION, run_config=NO_TRACING)
            async for _ in run.stream_events():
                pass
            answer: Any = run.final_output
        else:
            answer = (await Runner.run(agent, QUESTION, run_config=NO_TRACING)).final_output
    loop.check(answer)
