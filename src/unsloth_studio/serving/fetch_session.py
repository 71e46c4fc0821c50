"""One guarded HTTP request, on aiohttp. Apart from `fetch.py` because importing aiohttp takes longer than the rest of it.

The rule: the session can reach the addresses it is given and no others.
"""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from unsloth_studio.serving.fetch import Fetched, FetchFailed, Ways
from unsloth_studio.serving.fetch_guard import Target
from unsloth_studio.serving.unpack import PACKINGS, Damaged, Unpacker

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "unsloth-studio", "Accept-Encoding": ", ".join(PACKINGS)}


async def ask_once(target: Target, ways: Ways, *, accept: str, max_bytes: int) -> Fetched | str:
    """The body at `target`, or where it redirects to. Raises `FetchFailed`."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ways.connect_timeout)
    try:
        async with (
            aiohttp.ClientSession(
                connector=_connector(ways), timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.get(
                URL(target.url, encoded=True), allow_redirects=False, headers={**_HEADERS, "Accept": accept}
            ) as reply,
        ):
            return await _read(reply, target, max_bytes=max_bytes)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if isinstance(error, TimeoutError):
            raise FetchFailed(f"The host {target.host} does not answer.") from error
        raise FetchFailed(f"The host {target.host} cannot be reached, or does not speak HTTP.") from error


def _connector(ways: Ways) -> aiohttp.TCPConnector:
    """Connects to the given addresses only: they are all that its resolver knows, and its sockets are checked once more."""

    def guarded(entry: Any) -> socket.socket:
        if entry[4][0] not in ways.addresses:
            raise OSError("an address that was not checked")
        return ways.open_socket(entry)

    return aiohttp.TCPConnector(
        resolver=_Pinned(ways.addresses), use_dns_cache=False, force_close=True, socket_factory=guarded
    )


class _Pinned(AbstractResolver):
    """Answers every question with the addresses that were checked."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family  # the caller asks for both
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def _read(reply: aiohttp.ClientResponse, target: Target, *, max_bytes: int) -> Fetched | str:
    location = reply.headers.get("Location")
    if reply.status in _REDIRECTS and location:
        return location
    if reply.status != 200:
        raise FetchFailed(f"The host {target.host} answers with status {reply.status}.")
    packing = reply.headers.get("Content-Encoding", "identity").strip().lower()
    try:
        unpacker = Unpacker(packing)
    except ValueError as error:
        raise FetchFailed(
            f"The host {target.host} sends content packed as '{packing[:40]}', which is not read."
        ) from error
    if (reply.content_length or 0) <= max_bytes:
        try:
            body = await _body(reply, unpacker, max_bytes=max_bytes)
        except Damaged as error:
            raise FetchFailed(f"What the host {target.host} sends is damaged: it cannot be unpacked.") from error
        if body is not None:
            return Fetched(body, reply.content_type.lower(), target.url, reply.charset)
    raise FetchFailed(f"It is larger than {max_bytes / 2**20:.1f} MiB.")


async def _body(reply: aiohttp.ClientResponse, unpacker: Unpacker, *, max_bytes: int) -> bytes | None:
    """All of it, unpacked; None when it is larger than `max_bytes`, packed or unpacked. No more than that is ever held."""
    body, received = bytearray(), 0
    async for piece in reply.content.iter_any():
        received += len(piece)
        for unpacked in unpacker.feed(piece):
            body += unpacked
            if len(body) > max_bytes:
                return None
        if received > max_bytes:
            return None
    unpacker.finish()
    return bytes(body)
