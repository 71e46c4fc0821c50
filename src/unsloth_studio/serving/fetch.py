"""Fetching a URL that a client (or a model) named, without becoming its way into this machine's network.

The rule: a host is looked up once, every address it has must be public, and the connection goes to these addresses and to
no others, also after a redirect; a second look-up that answers differently (DNS rebinding) is never made.
No cookies, no proxies, no credentials; bodies are bounded in time and in size, and that counts what they unpack to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urljoin

from msgspec import Struct

from unsloth_studio.serving.fetch_guard import Target, read_target, require_public

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""From host and port to addresses in text form. Raises `OSError` when the name is not known."""
Connect = Callable[[tuple[Any, ...]], socket.socket]
"""Makes the socket for one entry of `getaddrinfo`'s result."""


class FetchFailed(Exception):  # noqa: N818 - the other side's doing
    """The fetch was allowed and did not succeed; the message is a sentence."""


class FetchPolicy(Struct, frozen=True):
    """`timeout` in seconds for the whole fetch with its redirects, `connect_timeout` for each connection.

    `allowed_hosts` are names or addresses (`nas.lan`, `127.0.0.1:9000`) that are fetched from although they are not public.
    `accept` is the header of that name (RFC 9110, 12.5.1).
    """

    timeout: float = 20.0
    connect_timeout: float = 5.0
    max_redirects: int = 5
    allowed_hosts: frozenset[str] = frozenset()
    accept: str = "*/*"


class Fetched(Struct, frozen=True):
    """`media_type` is what the server claims, in small letters and without parameters; look at the bytes to be sure.
    `charset` is the parameter of that name, as it was written."""

    body: bytes
    media_type: str
    final_url: str
    charset: str | None = None


class Fetcher(Protocol):
    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        """The body at `url`. Raises `FetchRefused` and `FetchFailed`."""
        ...


async def look_up(host: str, port: int) -> list[str]:
    """The system's answer for `host`, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def open_socket(entry: tuple[Any, ...]) -> socket.socket:
    """A plain socket of the entry's family."""
    family, kind, protocol, *_ = entry
    return socket.socket(family, kind, protocol)


class Ways(Struct, frozen=True):
    """Where one request may connect to (`addresses`, and no others), within how many seconds, and how a socket is made."""

    addresses: list[str]
    connect_timeout: float
    open_socket: Connect


class GuardedFetcher:
    """Holds no connection and no state between two fetches. `look_up` and `open_socket` are the ways out to the network."""

    def __init__(self, policy: FetchPolicy, *, look_up: Lookup = look_up, open_socket: Connect = open_socket) -> None:
        self._policy = policy
        self._look_up = look_up
        self._open_socket = open_socket

    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        """The body at `url`, at most `max_bytes`. Raises `FetchRefused` (nothing was connected to that may not be) and
        `FetchFailed` (unreachable, another status than 200, too large, too slow, too many redirects)."""
        try:
            async with asyncio.timeout(self._policy.timeout):
                return await self._follow(url, max_bytes)
        except TimeoutError as error:
            raise FetchFailed(f"It took longer than {self._policy.timeout:g} s.") from error

    async def _follow(self, url: str, max_bytes: int) -> Fetched:
        for _ in range(self._policy.max_redirects + 1):
            target = read_target(url)
            answer = await self._ask(target, max_bytes)
            if isinstance(answer, Fetched):
                return answer
            url = urljoin(target.url, answer)
        raise FetchFailed(f"It redirects more than {self._policy.max_redirects} times.")

    async def _ask(self, target: Target, max_bytes: int) -> Fetched | str:
        """One request: the body, or where it redirects to."""
        addresses = await checked_addresses(target, self._policy.allowed_hosts, self._look_up)
        from unsloth_studio.serving.fetch_session import ask_once  # aiohttp: slow to import, and seldom needed

        ways = Ways(addresses, self._policy.connect_timeout, self._open_socket)
        return await ask_once(target, ways, accept=self._policy.accept, max_bytes=max_bytes)


async def checked_addresses(target: Target, allowed_hosts: frozenset[str], look_up: Lookup) -> list[str]:
    """Where to connect to for `target`: the only look-up there is for this request. `allowed_hosts` as in `FetchPolicy`.

    Raises `FetchRefused` when one of them is not public, `FetchFailed` when there is none.
    """
    if target.address is not None:
        addresses = [target.host]
    else:
        try:
            addresses = await look_up(target.host, target.port)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(f"The host {target.host} is not known.") from error
    if not _names(target) & {name.casefold() for name in allowed_hosts}:
        require_public(addresses, target.host)
    return addresses


def _names(target: Target) -> set[str]:
    """How an operator may write it."""
    hosts = {target.host, f"[{target.host}]"} if ":" in target.host else {target.host}
    return hosts | {f"{host}:{target.port}" for host in hosts}
