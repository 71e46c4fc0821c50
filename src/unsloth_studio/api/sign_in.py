"""`/api/session`: signing in to the page and out of it.

The rule: a link works for browsers on the server's own machine only, where the person who reads the terminal sits. From
other machines, and wherever a proxy hides who asks, the password is the only way, and there is none until one was set.
"""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.attempts import Attempts
from unsloth_studio.api.auth import COOKIE, cannot_check, require_own_origin, session_of
from unsloth_studio.api.exchange import Exchange, Header
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services
from unsloth_studio.store.errors import StoreProblem
from unsloth_studio.store.session import SESSION_SECONDS
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid

Way = Literal["link", "password"]

BAD_LINK = "This link does not hold: each works once, for a day. To get another, on the server's machine: unsloth link"
BAD_PASSWORD = "The password is wrong."  # noqa: S105 - a sentence about one
NOT_HERE = (
    "A link works only in a browser on the server's own machine. From elsewhere sign in with the password; "
    "to set one, on the server's machine: unsloth password set"
)
NO_PASSWORD = "No password is set. To set one, on the server's machine: unsloth password set"  # noqa: S105


class SessionReport(msgspec.Struct, kw_only=True):
    """Whether this browser has signed in, and by which `ways` it can. `here`: it is on the server's own machine."""

    signed_in: bool
    ways: list[Way]
    version: str
    service: Literal["unsloth-studio"] = "unsloth-studio"
    password_set: bool
    here: bool


class Credentials(msgspec.Struct, kw_only=True):
    """One of them: the token of a link, or the page's password."""

    token: str | None = None
    password: str | None = None


class _OpenEndpoint(AdminEndpoint):
    scope = None

    async def report(self, exchange: Exchange, *, signed_in: bool) -> SessionReport:
        """Raises `TurnFailure` when the store cannot be read."""
        try:
            password_set = await self.services.sessions.password_set()
        except StoreProblem as problem:
            raise cannot_check(problem) from problem
        here = is_here(exchange, self.services)
        ways: list[Way] = [*(["link"] if here else []), *(["password"] if password_set else [])]
        return SessionReport(
            signed_in=signed_in, ways=ways, version=self.services.version, password_set=password_set, here=here
        )


class SessionState(_OpenEndpoint):
    """Whether this browser has signed in, and how it can. Open to everybody."""

    operation = Operation("GET", "/api/session", reply=SessionReport)

    async def answer(self, exchange: Exchange) -> None:
        try:
            session = await session_of(exchange, self.services)
        except StoreProblem as problem:
            raise cannot_check(problem) from problem
        await self.reply(exchange, await self.report(exchange, signed_in=session is not None))


class SignIn(_OpenEndpoint):
    """Sign in with a link's token or with the password; the reply sets the session's cookie. After some failures within a
    minute: 429 with Retry-After."""

    operation = Operation("POST", "/api/session", body=Credentials, reply=SessionReport)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._attempts: dict[Way, Attempts] = {"link": Attempts(), "password": Attempts()}

    async def answer(self, exchange: Exchange) -> None:
        require_own_origin(exchange)
        given = await self.read(exchange, Credentials)
        try:
            plaintext = await self._session(exchange, given)
        except StoreProblem as problem:
            raise cannot_check(problem) from problem
        report = await self.report(exchange, signed_in=True)
        cookie = _cookie(exchange, plaintext, seconds=SESSION_SECONDS)
        await exchange.json(msgspec.json.encode(report), headers=[cookie])

    async def _session(self, exchange: Exchange, given: Credentials) -> str:
        sessions, address = self.services.sessions, _address(exchange)
        way: Way = "link" if given.token is not None else "password"
        if way == "link" and not is_here(exchange, self.services):
            raise TurnFailure(TurnError("permission", NOT_HERE, code="link_not_here"))
        if way == "password" and not await sessions.password_set():
            raise TurnFailure(TurnError("permission", NO_PASSWORD, code="no_password"))
        attempts = self._attempts[way]
        attempts.begin(address)
        if given.token is not None:
            plaintext = await sessions.sign_in_by_link(given.token)
        elif given.password is not None:
            plaintext = await sessions.sign_in_by_password(given.password)
        else:
            attempts.succeeded(address)
            raise invalid("Give a token or a password.")
        if plaintext is None:
            message = BAD_LINK if way == "link" else BAD_PASSWORD
            raise TurnFailure(TurnError("authentication", message, code=f"bad_{way}"))
        attempts.succeeded(address)
        return plaintext


class SignOut(AdminEndpoint):
    """End this browser's session and clear its cookie."""

    operation = Operation("DELETE", "/api/session", status=204)

    async def answer(self, exchange: Exchange) -> None:
        if exchange.session is None:
            raise invalid("Only a browser that has signed in can sign out; to end a key: unsloth keys revoke")
        await self.services.sessions.revoke(exchange.session)
        await exchange.nothing(headers=[_cookie(exchange, "", seconds=0)])


def is_here(exchange: Exchange, services: Services) -> bool:
    """Whether the client is on this machine, as far as its address tells: a loopback one, or the one it has reached. Behind
    a proxy every address is the proxy's."""
    if services.behind_proxy:
        return False
    server: object = (exchange.scope.get("server") or ("", 0))[0]
    address = _address(exchange)
    return address == server or _is_loopback(address)


def _address(exchange: Exchange) -> str:
    client = exchange.scope.get("client")
    return str(client[0]) if client else ""


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _cookie(exchange: Exchange, value: str, *, seconds: int) -> Header:
    """`Secure` where the browser's side is https: said by the server itself or by the proxy before it."""
    https = exchange.scope.get("scheme") == "https" or exchange.header(b"x-forwarded-proto") == "https"
    secure = "; Secure" if https else ""
    text = f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    return (b"set-cookie", text.encode())
