"""The two-tool loop with LangChain's chat models for all three dialects."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from tests.clients.two_tools import QUESTION, Loop

pytestmark = pytest.mark.e2e


def model_of(dialect: str, loop: Loop) -> Any:
    key = SecretStr(loop.server.api_key)
    if dialect == "messages":
        untyped: Any = ChatAnthropic
        return untyped(
            model=loop.server.model,
            base_url=loop.server.anthropic_base_url,
            api_key=key,
            max_tokens=4096,
            max_retries=0,
        )
    return ChatOpenAI(
        model=loop.server.model,
        base_url=loop.server.openai_base_url,
        api_key=key,
        max_retries=0,
        use_responses_api=dialect == "responses",
    )


def streamed_message(model: Any, messages: list[Any]) -> Any:
    """The chunks of a stream, added up as LangChain does it."""
    first, *others = model.stream(messages)
    for chunk in others:
        first += chunk
    return first


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_tool_loop(loop: Loop, dialect: str, streamed: bool) -> None:
    untyped: Any = StructuredTool
    tools = {
        name: untyped.from_function(getattr(loop.bench, name), parse_docstring=True)
        for name in ("read_file", "write_file")
    }
    model = model_of(dialect, loop).bind_tools(list(tools.values()))
    messages: list[Any] = [HumanMessage(QUESTION)]
    while True:
        reply = streamed_message(model, messages) if streamed else model.invoke(messages)
        messages.append(reply)
        if not reply.tool_calls:
            break
        messages += [tools[call["name"]].invoke(call) for call in reply.tool_calls]
    loop.check(reply.text)
