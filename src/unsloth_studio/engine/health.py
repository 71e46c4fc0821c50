"""Short HTTP questions to an engine: is it well, what is it, what does it serve.

The rule: a question has a short time limit and never raises for a silent engine; `Answer.status` 0 means that none came.
To see whether it is well only `/health`, `/props` and `/v1/models` are asked: `/slots` would wake a sleeping model.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from msgspec import Struct, field

from unsloth_studio.engine.connection import ConnectionLost, EngineUnreachable, Origin, send


class Answer(Struct, frozen=True):
    """`status` 0: no answer, and `problem` says why. `body` is empty unless the answer was a JSON object."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    server: str = ""
    problem: str = ""


async def ask(
    url: str, *, api_key: str | None = None, timeout: float = 2.0, post: Mapping[str, Any] | None = None
) -> Answer:
    """GET (or POST, when there is something to post) `url` on a connection of its own; `timeout` in seconds."""
    body = None if post is None else json.dumps(post).encode()
    try:
        origin = Origin.of(url)
        async with asyncio.timeout(timeout):
            tls = await asyncio.to_thread(ssl.create_default_context) if origin.tls else None
            query = urlsplit(url).query
            reply = await send(origin, query and f"?{query}", body, api_key=api_key, stall_seconds=timeout, tls=tls)
            try:
                raw = await reply.whole()
            finally:
                reply.close()
    except TimeoutError:
        return Answer(0, problem=f"no answer within {timeout:g} seconds")
    except (EngineUnreachable, ConnectionLost, ValueError) as error:
        return Answer(0, problem=str(error))
    return Answer(reply.status, _object(raw), reply.headers.get(b"server", b"").decode("latin-1"))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value: Any = json.loads(raw)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
