"""The kinds of call in the mixed load. Each asks for something, well or badly, and checks that it got just that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from bench.mixed.site import WIRES, Site, Unasked, bearer, check_broken_stream, check_whole_stream, of, told
from bench.traffic import LARGE, SMALL

Call = Callable[[Site], Awaitable[None]]
BODY_MIB = 1
"""The largest body that the gateway is told to take."""
_SIZES = ((SMALL, 8), (20_000, 4), (LARGE, 1))
_SUM = "print(123456 * 3)"
_RESULT = "370368"


async def stream(site: Site) -> None:
    """A streamed turn of any size, in any dialect."""
    wire, tokens = site.random.choice(WIRES), site.random.randint(5, 80)
    script = {"tokens": tokens, "interval_ms": site.random.choice((0, 5, 10)), "text": "~"}
    text = await site.post(wire, site.request(wire, script, size=_size(site), stream=True))
    check_whole_stream(wire, text, tokens)


async def whole(site: Site) -> None:
    """A turn that comes whole."""
    wire, tokens = site.random.choice(WIRES), site.random.randint(1, 40)
    reply = await site.post(wire, site.request(wire, {"tokens": tokens, "text": "~"}, size=_size(site), stream=False))
    if reply.count("~") < tokens:
        raise Unasked(f"{wire}: {reply.count('~')} of {tokens} tokens in {reply[:300]}")


async def cancel(site: Site) -> None:
    """A client that leaves: with half a request sent, before the first token, among tokens, before a whole reply."""
    wire = site.random.choice(WIRES)
    slow = {"tokens": 500, "interval_ms": 20, "text": "~", "prefill_ms": 5000}
    match site.random.randrange(4):
        case 0:
            await site.leave(wire, site.request(wire, slow, size=20_000, stream=True), sent=0.5)
        case 1:
            body = site.request(wire, slow, stream=True)
            await site.leave(wire, body, seconds=site.random.uniform(0, 0.3))
        case 2:
            body = site.request(wire, {**slow, "prefill_ms": 0}, stream=True)
            await site.leave(wire, body, tokens=site.random.randint(1, 20))
        case _:
            body = site.request(wire, slow, stream=False)
            await site.leave(wire, body, seconds=site.random.uniform(0, 0.3))


_MALFORMED: tuple[tuple[bytes, int], ...] = (
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b'{"messages": 3}', 400),
    (b'{"messages": [{"role": "nobody", "content": "x"}], "input": 3, "max_tokens": -1}', 400),
    (b'\xff{"model": "x"}', 400),
    (b"[" * 100_000, 400),
    (b'{"x": "' + b"y" * (BODY_MIB * 2**20) + b'"}', 413),
)


async def malformed(site: Site) -> None:
    """A body that is none, or is too large."""
    body, status = site.random.choice(_MALFORMED)
    await site.post(of(site.random), body, expect=status)


async def strangers(site: Site) -> None:
    """A wrong key, no key, an unknown path, a wrong method, a model nobody knows, a route that the key may not use."""
    body = site.request("chat", {"tokens": 1}, stream=False)
    rows: tuple[tuple[str, str, dict[str, str], int], ...] = (
        ("POST", "/v1/chat/completions", bearer("sk-unsloth-0123456789abcdef0123456789abcdef"), 401),
        ("POST", "/v1/messages", {}, 401),
        ("POST", "/v1/nothing", bearer(site.key), 404),
        ("GET", "/v1/responses", bearer(site.key), 405),
        ("GET", "/v1/models/nobody-knows-it", bearer(site.key), 404),
        ("GET", "/api/keys", bearer(site.key), 403),
    )
    method, path, headers, status = site.random.choice(rows)
    told(await site.client.request(method, path, content=body, headers=headers), status)


async def broken_engine(site: Site) -> None:
    """The engine refuses, or breaks off in the middle of a stream."""
    wire = of(site.random)
    kind = site.random.choice(("invalid", "overflow", "reset", "close", "error_frame"))
    script = {"tokens": 9, "text": "~", "fault": {"kind": kind, "after_tokens": 3}}
    refused = kind in ("invalid", "overflow")
    text = await site.post(wire, site.request(wire, script, stream=True), expect=400 if refused else 200)
    check_broken_stream(wire, text)


async def client_tools(site: Site) -> None:
    """A call of a client's tool, and the answer after its result. Some calls are written as text, some need mending."""
    wire = of(site.random)
    call = site.random.choice(
        (
            {"tool_call": {"name": "look", "arguments": '{"at": "x"}'}},
            {"tool_call": {"name": "look", "arguments": "{'at': 'x',}"}},
            {"text": '<tool_call>\n{"name": "look", "arguments": {"at": "x"}}\n</tool_call>'},
        )
    )
    script = {**call, "then": {"tokens": 5, "text": "~"}}
    schema = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
    match wire:
        case "chat":
            tool: dict[str, Any] = {"type": "function", "function": {"name": "look", "parameters": schema}}
        case "responses":
            tool = {"type": "function", "name": "look", "parameters": schema}
        case "messages":
            tool = {"name": "look", "input_schema": schema}
    body = site.request(wire, script, stream=False, tools=[tool])
    reply = json.loads(await site.post(wire, body))
    asked: dict[str, Any] = json.loads(body)
    match wire:
        case "chat":
            message = reply["choices"][0]["message"]
            call_id, arguments = message["tool_calls"][0]["id"], message["tool_calls"][0]["function"]["arguments"]
            asked["messages"] += [message, {"role": "tool", "tool_call_id": call_id, "content": _RESULT}]
        case "responses":
            (item,) = [item for item in reply["output"] if item["type"] == "function_call"]
            call_id, arguments = item["call_id"], item["arguments"]
            asked["input"] += [item, {"type": "function_call_output", "call_id": call_id, "output": _RESULT}]
        case "messages":
            (block,) = [block for block in reply["content"] if block["type"] == "tool_use"]
            arguments = json.dumps(block["input"])
            result = {"type": "tool_result", "tool_use_id": block["id"], "content": _RESULT}
            asked["messages"] += [
                {"role": "assistant", "content": reply["content"]},
                {"role": "user", "content": [result]},
            ]
    if json.loads(arguments) != {"at": "x"}:
        raise Unasked(f"{wire}: the call's arguments are {arguments}")
    text = await site.post(wire, json.dumps({**asked, "stream": True}).encode())
    check_whole_stream(wire, text, 5)


async def server_tools(site: Site) -> None:
    """A call of the server's own Python, whose result the model gets in the same request; sometimes the client leaves."""
    wire = of(site.random)
    code = {
        "tool_call": {"name": "python", "arguments": json.dumps({"code": _SUM})},
        "then": {"tokens": 5, "text": "~"},
    }
    more: dict[str, Any] = {"enable_tools": True, "enabled_tools": ["python"]}
    if site.random.random() < 0.5:
        more["session_id"] = f"soak-{site.random.randrange(3)}"
    if site.random.random() < 0.2:
        code["tool_call"] = {"name": "python", "arguments": '{"code": "import time; time.sleep(30)"}'}
        await site.leave(wire, site.request(wire, code, stream=True, **more), seconds=0.5)
        return
    text = await site.post(wire, site.request(wire, code, stream=True, **more))
    check_whole_stream(wire, text, 5)
    if _RESULT not in text:
        raise Unasked(f"{wire}: the tool's result is not in ...{text[-600:]}")


async def key_life(site: Site) -> None:
    """A key is made, used by several at once, and revoked while it is in use: from then on 401, never 200."""
    made = await site.manage("POST", "/api/keys", {"name": "soak"}, expect=201)
    key: str = made["plaintext"]
    wire = site.random.choice(WIRES)
    body = site.request(wire, {"tokens": 10, "interval_ms": 10, "text": "~"}, stream=True)
    using = [asyncio.create_task(site.post(wire, body, key=key)) for _ in range(3)]
    await asyncio.sleep(site.random.uniform(0.0, 0.1))
    if site.random.random() < 0.5:
        await asyncio.gather(*using)
    await site.manage("DELETE", f"/api/keys/{made['key']['id']}")
    site.revoked.append(key)
    await revoked_key(site, key)
    await asyncio.gather(*using, return_exceptions=True)  # a request that came after the revocation is refused


async def revoked_key(site: Site, key: str = "") -> None:
    """A revoked key is not let in, now or later."""
    if not (key := key or (site.random.choice(site.revoked) if site.revoked else "")):
        return
    wire = site.random.choice(WIRES)
    body = site.request(wire, {"tokens": 1, "text": "~"}, stream=False)
    reply = await site.client.post(site.endpoint(wire).path, content=body, headers=bearer(key))
    site.let_in += reply.status_code == 200
    told(reply, 401)


async def look(site: Site) -> None:
    """What the page and monitoring ask."""
    path = site.random.choice(("/api/status", "/api/requests?limit=50", "/api/keys", "/api/cache", "/v1/models"))
    await site.manage("GET", path)


CALLS: dict[Call, int] = {
    stream: 30,
    whole: 20,
    cancel: 15,
    malformed: 8,
    strangers: 8,
    broken_engine: 6,
    client_tools: 8,
    server_tools: 2,
    key_life: 2,
    revoked_key: 3,
    look: 3,
}
"""How often each, in proportion."""


def _size(site: Site) -> int:
    sizes, weights = zip(*_SIZES, strict=True)
    return site.random.choices(sizes, weights)[0]
