"""The two-tool loop with OpenAI's own SDK: its runner for Responses, and written out where it has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner
from tests.clients.two_tools import PARAMETERS, QUESTION, Loop

pytestmark = pytest.mark.e2e
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def client(loop: Loop) -> Iterator[Any]:
    with openai.OpenAI(
        base_url=loop.server.openai_base_url,
        api_key=loop.server.api_key,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


def finished(stream: Any, getter: str) -> Any:
    """The last state of a `stream` of events."""
    with stream as events:
        for _ in events:
            pass
        return getattr(events, getter)()


@STREAMED
def test_chat(client: Any, loop: Loop, streamed: bool) -> None:
    functions = [{"name": name, "parameters": schema, "strict": True} for name, schema in PARAMETERS.items()]
    tools = [{"type": "function", "function": function} for function in functions]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        fields: dict[str, Any] = {"model": loop.server.model, "messages": messages, "tools": tools}
        completion = (
            finished(client.chat.completions.stream(**fields), "get_final_completion")
            if streamed
            else client.chat.completions.create(**fields)
        )
        message = completion.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = loop.bench.run(call.function.name, json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    loop.check(message.content)


@STREAMED
def test_responses(client: Any, loop: Loop, streamed: bool) -> None:
    tools = [
        {"type": "function", "name": name, "parameters": schema, "strict": True} for name, schema in PARAMETERS.items()
    ]
    items: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        fields: dict[str, Any] = {"model": loop.server.model, "input": items, "tools": tools}
        response = (
            finished(client.responses.stream(**fields), "get_final_response")
            if streamed
            else client.responses.create(**fields)
        )
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        items += response.output
        for call in calls:
            result = loop.bench.run(call.name, json.loads(call.arguments))
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
    loop.check(response.output_text)


@pytest.mark.parametrize(
    "options", [{}, {"stream": True}, {"stream": True, "eager": True}], ids=["whole", "streamed", "eager"]
)
def test_responses_tool_runner(client: Any, loop: Loop, options: Any) -> None:
    def registered(name: str) -> RegisteredFunction:
        return RegisteredFunction(
            {"type": "function", "name": name, "parameters": PARAMETERS[name], "strict": True},
            lambda arguments: loop.bench.run(name, arguments),
        )

    runner = ResponsesToolRunner(functions=[registered(name) for name in PARAMETERS])
    response = runner.run(client, {"model": loop.server.model, "input": QUESTION}, max_steps=5, **options)
    loop.check(response.output_text)
