"""Questions to the engine, behind two verbs: open a stream, ask for an object.

A connection is never reused: llama-server closes it some milliseconds after a stream without announcing that.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import Any

import orjson

from unsloth_studio.engine.connection import ConnectionLost, EngineStream, EngineUnreachable, Origin, send
from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.replies import error_of_reply
from unsloth_studio.turn.errors import TurnError, TurnFailure

__all__ = ["ConnectionLost", "EngineClient", "EngineStream", "EngineUnreachable"]

_MOST_OF_AN_ERROR = 64 * 1024  # bytes of an error reply that are worth reading


class EngineClient:
    """One per event loop. `stall_seconds` bounds the silence between two reads."""

    def __init__(self, *, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._tls: ssl.SSLContext | None = None

    async def open(self, address: EngineAddress, path: str, body: bytes) -> EngineStream:
        """Send `body` and wait for the reply's headers; the caller closes the reply.

        Raises `EngineUnreachable`, or `TurnFailure` with the meaning of an error reply.
        """
        origin = _origin(address.base_url)
        if origin.tls and self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)  # reads the system's certificates
        reply = await send(
            origin, path, body, api_key=address.api_key, stall_seconds=self._stall_seconds, tls=self._tls
        )
        if reply.status == 200:
            return reply
        try:
            raise TurnFailure(await _error(reply))
        finally:
            reply.close()

    async def ask(self, address: EngineAddress, path: str, body: bytes) -> dict[str, Any]:
        """Send `body`, return the JSON object of the reply. Raises as `open` does."""
        reply = await self.open(address, path, body)
        try:
            return orjson.loads(await reply.whole())
        except (ConnectionLost, orjson.JSONDecodeError) as error:
            raise EngineUnreachable(str(error), sent=True) from error
        finally:
            reply.close()

    async def close(self) -> None:
        """Nothing is kept open between requests; here so that an owner need not know that."""


@lru_cache(maxsize=64)
def _origin(base_url: str) -> Origin:
    return Origin.of(base_url)


async def _error(reply: EngineStream) -> TurnError:
    body = b""
    try:
        while data := await reply.read():
            body += data
            if len(body) > _MOST_OF_AN_ERROR:
                break
    except ConnectionLost:
        pass  # the status alone says enough
    retry_after = reply.headers.get(b"retry-after", b"").decode("latin-1")
    return error_of_reply(reply.status, body, retry_after=retry_after)
