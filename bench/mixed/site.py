"""What a caller of the mixed load works with: a client, keys, and requests in every dialect with checked replies."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import httpx
from bench.client import Endpoint
from bench.traffic import PATHS, SMALL, Dialect

from bench import traffic

Wire = Literal["chat", "responses", "messages", "completions"]
WIRES: tuple[Wire, ...] = ("chat", "responses", "messages", "completions")
_ENDS: dict[Wire, str] = {
    "chat": "data: [DONE]\n\n",
    "completions": "data: [DONE]\n\n",
    "responses": "event: response.completed\n",
    "messages": "event: message_stop\n",
}
REPLY_SECONDS = 60.0


class Unasked(Exception):  # noqa: N818 - a sentence about a reply
    """A reply was not what the request asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A script of the fake engine (`tests/fake_engine/script.py`)."""

    script: dict[str, Any]

    def prompt(self) -> str:
        return json.dumps({"fake": self.script})


@dataclass(slots=True)
class Site:
    """One gateway, as its callers see it. `done` counts calls by kind, `unasked` what came without being asked for."""

    base_url: str
    key: str
    admin: str
    model: str
    tools: bool
    client: httpx.AsyncClient
    random: Random
    done: Counter[str] = field(default_factory=Counter[str])
    unasked: list[str] = field(default_factory=list[str])
    revoked: deque[str] = field(default_factory=lambda: deque[str](maxlen=50))
    let_in: int = 0

    def request(self, wire: Wire, script: dict[str, Any], *, size: int = SMALL, stream: bool, **more: Any) -> bytes:
        if wire == "completions":
            fields = {"model": self.model, "prompt": Wanted(script).prompt(), "stream": stream, **more}
            return json.dumps(fields).encode()
        return traffic.body(wire, self.model, Wanted(script), size=size, stream=stream, **more)

    async def post(self, wire: Wire, body: bytes, *, key: str | None = None, expect: int = 200) -> str:
        """The reply's text. Raises `Unasked` for another status than `expect`."""
        reply = await self.client.post(path_of(wire), content=body, headers=bearer(key or self.key))
        return told(reply, expect).text

    async def manage(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """A call of the management API."""
        reply = await self.client.request(method, path, json=body, headers=bearer(self.admin))
        return told(reply, expect).json()

    def endpoint(self, wire: Wire) -> Endpoint:
        url = httpx.URL(self.base_url)
        assert url.port is not None
        return Endpoint(url.host, url.port, path_of(wire), f"Authorization: Bearer {self.key}\r\n")

    async def leave(self, wire: Wire, body: bytes, *, sent: float = 1.0, tokens: int = 0, seconds: float = 0.0) -> None:
        """Send a share of a request, wait for so many tokens and then for so many seconds, and drop the connection."""
        target = self.endpoint(wire)
        reader, writer = await asyncio.open_connection(target.host, target.port)
        try:
            request = target.request(body)
            writer.write(request[: int(len(request) * sent)])
            await writer.drain()
            seen = 0
            while seen < tokens:
                read = await reader.read(65536)
                if not read:
                    raise Unasked(f"{wire}: the connection was closed after {seen} of {tokens} tokens")
                seen += read.count(b"~")
            await asyncio.sleep(seconds)
        finally:
            writer.transport.abort()


def path_of(wire: Wire) -> str:
    return "/v1/completions" if wire == "completions" else PATHS[wire]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "content-type": "application/json"}


def told(reply: httpx.Response, expect: int) -> httpx.Response:
    if reply.status_code != expect:
        where = f"{reply.request.method} {reply.request.url.path}"
        raise Unasked(f"{where}: {reply.status_code} instead of {expect}: {reply.text[:300]}")
    return reply


def check_whole_stream(wire: Wire, text: str, tokens: int) -> None:
    """A stream has all its tokens, its end, and no error."""
    if _ENDS[wire] not in text:
        raise Unasked(f"{wire}: a stream without its end: ...{text[-300:]}")
    if text.count("~") < tokens:
        raise Unasked(f"{wire}: {text.count('~')} of {tokens} tokens")


def check_broken_stream(wire: Wire, text: str) -> None:
    """The engine broke off, and the client is told so in its dialect."""
    if re.search(r'"error"|response\.failed', text) is None:
        raise Unasked(f"{wire}: a stream that broke says nothing of it: ...{text[-300:]}")


def of(random: Random, *dialects: Dialect) -> Dialect:
    return random.choice(dialects or ("chat", "responses", "messages"))
