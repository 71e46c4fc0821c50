"""How much work a streamed token is, counted and not timed: function calls, JSON parses and writes from the engine's bytes
to the client's. The counts do not depend on the machine; a change that raises them says why, here."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, cast

import pytest
from msgspec.structs import replace
from starlette.types import Message
from tests.api.parts import KEY, services_around

from unsloth_studio.api.app import build_app
from unsloth_studio.api.services import Services
from unsloth_studio.engine.client import EngineClient, EngineStream
from unsloth_studio.engine.contract import EngineAddress, EngineStatus
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.shelf import SingleShelf

TOOL: dict[str, Any] = {
    "name": "look",
    "description": "Look something up.",
    "schema": {"type": "object", "properties": {}},
}
USER = [{"role": "user", "content": "hello"}]
BODIES: dict[str, dict[str, Any]] = {
    "chat/completions": {"messages": USER},
    "responses": {"input": "hello", "store": False},
    "messages": {"messages": USER, "max_tokens": 100},
}
TOOLS: dict[str, dict[str, Any]] = {
    "chat/completions": {
        "type": "function",
        "function": {"name": TOOL["name"], "description": TOOL["description"], "parameters": TOOL["schema"]},
    },
    "responses": {
        "type": "function", "name": TOOL["name"], "description": TOOL["description"], "parameters": TOOL["schema"],
    },
    "messages": {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["schema"]},
}  # fmt: skip
WORDS = ("The ", "quick ", "brown ", "fox ", "jumps ", "over ", "it. ")

# Function calls per token, of Python and of C alike: one chunk in one read, and 32 chunks in one read.
ALONE = {"chat/completions": 58, "responses": 61, "messages": 59}
TOGETHER = {"chat/completions": 33, "responses": 36, "messages": 34}
WITH_TOOLS = {"chat/completions": 101, "responses": 104, "messages": 102}


class _Engine:
    """Is there, and is asked nothing."""

    status = EngineStatus("ready", "model", context_length=4096, slots=4)

    async def start(self) -> None: ...

    async def ready(self, timeout: float) -> EngineAddress:
        del timeout
        return EngineAddress("http://127.0.0.1:1", None, "model")

    def lost(self, address: EngineAddress) -> None: ...

    async def stop(self) -> None: ...


class _Stream:
    """An engine's reply of `tokens` chunks, `at_once` in each read."""

    def __init__(self, tokens: int, at_once: int) -> None:
        frames = [_frame({"content": WORDS[n % len(WORDS)]}) for n in range(tokens)]
        usage = {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}
        self._reads = [b"".join(frames[start : start + at_once]) for start in range(0, tokens, at_once)]
        self._reads.append(_frame({}, finish_reason="stop"))
        self._reads.append(b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\ndata: [DONE]\n\n")

    async def read(self) -> bytes:
        return self._reads.pop(0) if self._reads else b""

    def close(self) -> None: ...


def _frame(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    chunk = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }  # fmt: skip
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


class _Client(EngineClient):
    def __init__(self) -> None:
        super().__init__(stall_seconds=30)
        self.reply = _Stream(0, 1)

    async def open(self, address: EngineAddress, path: str, body: bytes) -> EngineStream:
        del address, path, body
        return cast("EngineStream", self.reply)


class _Work:
    """Function calls while the `with` lasts, by name for those of C."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __enter__(self) -> _Work:
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, what: Any) -> None:
        if event == "call":
            code: CodeType = frame.f_code
            self.calls[code.co_name] += 1
        elif event == "c_call":
            self.calls[f"{what.__module__}.{what.__name__}"] += 1


async def _served(services: Services, path: str, body: dict[str, Any]) -> tuple[Counter[str], int]:
    """The work of one streamed request, and how often something was written to the client."""
    raw = json.dumps({"model": "model", "stream": True, **body}).encode()
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {KEY}".encode())]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": f"/v1/{path}", "raw_path": b"", "query_string": b"",
        "root_path": "", "scheme": "http", "headers": headers, "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip
    app, sent = build_app(services), list[Message]()

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    with _Work() as work:
        await app(scope, receive, send)
    assert sent[0]["status"] == 200, sent
    return work.calls, len(sent)


async def _per_token(home: Path, path: str, *, at_once: int, tools: bool) -> tuple[float, float, float]:
    """Calls, JSON parses and writes for each further token."""
    client, engine = _Client(), _Engine()
    shelf = SingleShelf(engine, slots=4)
    async with services_around(Pool(shelf, rules=Rules(), default=shelf.model.id), home) as services:
        await services.turns.pool.load(shelf.model, wait=5)
        services = replace(services, turns=replace(services.turns, client=client))
        counted: list[tuple[int, int, int]] = []
        body = {**BODIES[path], **({"tools": [TOOLS[path]]} if tools else {})}
        for tokens in (64, 64, 64 + 256):  # the first one meets what is made on first use
            client.reply = _Stream(tokens, at_once)
            calls, writes = await _served(services, path, body)
            counted.append((calls.total(), calls["orjson.loads"], writes))
    _, few, many = counted
    calls, parses, writes = ((more - less) / 256 for more, less in zip(many, few, strict=True))
    return calls, parses, writes


@pytest.mark.parametrize("path", list(BODIES))
async def test_token_that_comes_alone(path: str, tmp_path: Path) -> None:
    calls, parses, writes = await _per_token(tmp_path, path, at_once=1, tools=False)
    print(path, calls)
    assert (parses, writes) == (1, 1)
    assert calls <= ALONE[path]


@pytest.mark.parametrize("path", list(BODIES))
async def test_tokens_that_come_together_are_written_together(path: str, tmp_path: Path) -> None:
    calls, parses, writes = await _per_token(tmp_path, path, at_once=32, tools=False)
    print(path, calls)
    assert (parses, writes) == (1, 1 / 32)
    assert calls <= TOGETHER[path]


@pytest.mark.parametrize("path", list(BODIES))
async def test_token_of_a_turn_with_tools(path: str, tmp_path: Path) -> None:
    calls, parses, writes = await _per_token(tmp_path, path, at_once=1, tools=True)
    print(path, calls)
    assert parses == 1
    assert writes <= 1
    assert calls <= WITH_TOOLS[path]
