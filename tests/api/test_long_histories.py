"""What a long history costs grows with its length, not with its square: it is read on the event loop, where others wait."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from unsloth_studio.dialects.anthropic import read as anthropic
from unsloth_studio.dialects.openai_chat import read as chat
from unsloth_studio.dialects.openai_responses import read as responses
from unsloth_studio.engine.encode import engine_body
from unsloth_studio.serving.readied import readied

Json = dict[str, Any]
SMALL, TIMES = 1500, 4
MOST = 2.0 * TIMES
"""A square would be 16; caches and the machine take their part."""


def _chat_calls(count: int) -> Json:
    call: Json = {"type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked = [{"id": f"c{at}", **call} for at in range(count)]
    told = [{"role": "tool", "tool_call_id": f"c{at}", "content": "r"} for at in reversed(range(count))]
    return {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": asked}, *told]}


def _chat_orphans(count: int) -> Json:
    told = [{"role": "tool", "tool_call_id": str(at), "content": "r"} for at in range(count)]
    return {"messages": [{"role": "user", "content": "x"}, *told]}


def _users(count: int) -> Json:
    return {"messages": [{"role": "user", "content": "x"}] * count, "max_tokens": 4}


def _items(count: int) -> Json:
    asked = [{"type": "function_call", "call_id": f"c{at}", "name": "f", "arguments": "{}"} for at in range(count)]
    told = [{"type": "function_call_output", "call_id": f"c{at}", "output": "r"} for at in reversed(range(count))]
    return {"input": [{"role": "user", "content": "x"}, *asked, *told], "store": False}


def _blocks(count: int) -> Json:
    asked: list[Json] = [{"type": "tool_use", "id": f"c{at}", "name": "f", "input": {}} for at in range(count)]
    told = [{"type": "tool_result", "tool_use_id": f"c{at}", "content": "r"} for at in reversed(range(count))]
    messages: list[Json] = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": asked},
        {"role": "user", "content": told},
    ]
    return {"messages": messages, "max_tokens": 4}


def _seconds(read: Callable[[bytes], Any], body: Json) -> float:
    """CPU until the engine could be asked; the best of three."""
    encoded = orjson.dumps({"model": "m", **body})
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        request = readied(read(encoded).request, heals=True).request
        engine_body(request, model="m", speaks_llama=True)
        best = min(best, time.process_time() - began)
    return best


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Looking for garbage among more objects takes longer; that is not what is asked here."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("read", "body"),
    [
        pytest.param(chat.read, _chat_calls, id="chat: many calls, results in reverse"),
        pytest.param(chat.read, _chat_orphans, id="chat: results without calls"),
        pytest.param(chat.read, _users, id="chat: one user message after the other"),
        pytest.param(responses.read, _items, id="responses: many calls, results in reverse"),
        pytest.param(anthropic.read, _blocks, id="messages: many calls, results in reverse"),
        pytest.param(anthropic.read, _users, id="messages: one user message after the other"),
    ],
)
def test_four_times_as_long_is_not_sixteen_times_the_work(
    read: Callable[[bytes], Any], body: Callable[[int], Json]
) -> None:
    small = _seconds(read, body(SMALL))
    assert _seconds(read, body(SMALL * TIMES)) < small * MOST
