"""Answers of the test hub, before they become bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.hub_server.contents import Fault


@dataclass(frozen=True, slots=True)
class Reply:
    """`path` is that of the file in its repository, for counting."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    path: str = ""


def json_reply(value: Any) -> Reply:
    body = json.dumps(value).encode()
    return Reply(200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body)


def error(status: int, **headers: str) -> Reply:
    body = json.dumps({"error": "as the test wants it"}).encode()
    return Reply(status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}, body)


def redirect(location: str, **headers: str) -> Reply:
    return Reply(302, {"Location": location, "Content-Length": "0", **headers})


def file_reply(content: bytes, wanted: str, *, path: str, fault: Fault, headers: Mapping[str, str]) -> Reply:
    """The whole file, or the part that the `Range` header `wanted` names, with what the fault makes of it."""
    size = len(content) if fault.claim_size is None else fault.claim_size
    if fault.flip_at is not None:
        content = content[: fault.flip_at] + bytes([content[fault.flip_at] ^ 0xFF]) + content[fault.flip_at + 1 :]
    if not wanted or fault.ignores_ranges:
        length = size + len(fault.surplus)
        return Reply(200, {**headers, "Content-Length": str(length)}, content[:size] + fault.surplus, path)
    first, last = wanted.removeprefix("bytes=").split("-")
    start, end = int(first), min(int(last) if last else len(content) - 1, len(content) - 1)
    body = content[start : end + 1] + fault.surplus
    said = {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{size}", "Content-Length": str(len(body))}
    return Reply(206, {**headers, **said}, body, path)
