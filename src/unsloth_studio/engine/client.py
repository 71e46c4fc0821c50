"""HTTP towards the engine, behind three verbs: open a stream, count tokens, close.

aiohttp, because httpx costs ten times the CPU per request and two to four times per chunk (docs/decisions.md). A
connection is never reused: llama-server closes it some milliseconds after a stream without announcing that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import orjson

from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.replies import error_of_reply
from unsloth_studio.turn.errors import TurnError, TurnFailure


class EngineUnreachable(Exception):  # noqa: N818 - a state of the engine, not of the program
    """No answer began: the connection was refused, reset or closed before the first byte. Asking again is safe."""


class ConnectionLost(Exception):  # noqa: N818
    """The answer broke off."""


class EngineStream:
    """A reply that is being received. `close` frees the engine's slot at its next token."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """Bytes as they arrive, everything that is there at once. Raises `ConnectionLost`."""
        try:
            async for data in self._response.content.iter_any():
                yield data
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise ConnectionLost(str(error)) from error

    def close(self) -> None:
        self._response.close()


class EngineClient:
    """One per event loop. `stall_seconds` bounds the silence between two reads."""

    def __init__(self, *, stall_seconds: float) -> None:
        connector = aiohttp.TCPConnector(limit=0, force_close=True, ttl_dns_cache=60)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=stall_seconds)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
        )

    async def open(self, address: EngineAddress, path: str, body: bytes) -> EngineStream:
        """Send `body` and wait for the reply's headers.

        Raises `EngineUnreachable`, or `TurnFailure` with the meaning of an error reply.
        """
        response = await self._post(address, path, body)
        if response.status == 200:
            return EngineStream(response)
        try:
            raise TurnFailure(await _error(response))
        finally:
            response.close()

    async def ask(self, address: EngineAddress, path: str, body: bytes) -> dict[str, Any]:
        """Send `body`, return the JSON object of the reply. Raises as `open` does."""
        response = await self._post(address, path, body)
        try:
            if response.status != 200:
                raise TurnFailure(await _error(response))
            return orjson.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, ConnectionError, orjson.JSONDecodeError) as error:
            raise EngineUnreachable(str(error)) from error
        finally:
            response.close()

    async def close(self) -> None:
        await self._session.close()

    async def _post(self, address: EngineAddress, path: str, body: bytes) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json"}
        if address.api_key:
            headers["Authorization"] = f"Bearer {address.api_key}"
        try:
            return await self._session.post(address.base_url + path, data=body, headers=headers)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise EngineUnreachable(str(error) or type(error).__name__) from error


async def _error(response: aiohttp.ClientResponse) -> TurnError:
    body = b""
    with suppress(aiohttp.ClientError, asyncio.TimeoutError, ConnectionError):  # the status alone says enough
        body = await response.content.read(64 * 1024)
    return error_of_reply(response.status, body, retry_after=response.headers.get("Retry-After"))
