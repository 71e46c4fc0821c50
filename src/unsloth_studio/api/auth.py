"""Who is asking: the API key, as `Authorization: Bearer` (OpenAI's way) or `x-api-key` (Anthropic's); the former wins.
Without either, the cookie of a browser that has signed in.

The rule: a browser sends its cookie by itself, so a request by cookie counts only when this server's own page made it.
"""

from __future__ import annotations

import logging

from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.services import Services
from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.errors import StoreProblem
from unsloth_studio.store.key_ring import KeyRejected
from unsloth_studio.store.session import Session
from unsloth_studio.turn.errors import TurnError, TurnFailure

COOKIE = "studio_session"
PAGE_HEADER = b"x-studio"
SESSION_SCOPES = ("inference", "tools", "admin")
"""Whoever has signed in to the page owns the server."""

_NOT_OURS = (
    "A request by cookie that changes something must come from this server's own page, with the header 'x-studio: 1'. "
    "Programs use an API key: unsloth keys create NAME"
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = logging.getLogger(__name__)


async def authenticate(exchange: Exchange, services: Services, *, scope: str, also: tuple[str, ...] = ()) -> ApiKey:
    """The key's record, which must have `scope` or one of `also`.

    Raises `TurnFailure` (authentication, permission) with what to do.
    """
    presented = _presented(exchange)
    try:
        if presented is None and (session := await session_of(exchange, services)) is not None:
            exchange.session = session
            if exchange.scope["method"] not in _SAFE:
                require_own_page(exchange)
            return ApiKey(0, "studio", "", SESSION_SCOPES, session.created_at, session.expires_at)
        key = await services.keys.verify(presented)
    except KeyRejected as rejected:
        raise TurnFailure(TurnError("authentication", str(rejected))) from rejected
    except StoreProblem as problem:
        raise cannot_check(problem) from problem
    if not {scope, *also}.intersection(key.scopes):
        how = f"unsloth keys create NAME --scope {scope}"
        message = (
            f"This API key is good, but not for this: it lacks the scope '{scope}'. To make one that has it: {how}"
        )
        raise TurnFailure(TurnError("permission", message))
    return key


async def session_of(exchange: Exchange, services: Services) -> Session | None:
    """The session of the request's cookie; None for one that another site's page brought about. Raises `StoreProblem`."""
    cookie = _cookie(exchange)
    if not cookie or _from_elsewhere(exchange):
        return None
    return await services.sessions.verify(cookie)


def require_own_page(exchange: Exchange) -> None:
    """Refuse what a page of another origin could have sent: our page adds a header that others cannot, and where the
    browser names the origin it is our own. Raises `TurnFailure` (permission)."""
    require_own_origin(exchange)
    if exchange.header(PAGE_HEADER) != "1":
        raise TurnFailure(TurnError("permission", _NOT_OURS, code="not_own_page"))


def require_own_origin(exchange: Exchange) -> None:
    """Refuse a request of which the browser says that another origin's page made it. Raises `TurnFailure` (permission)."""
    origin = exchange.header(b"origin")
    host = (exchange.header(b"host") or "").lower()
    own = origin is None or origin.lower() in (f"http://{host}", f"https://{host}")
    if not own or _from_elsewhere(exchange):
        raise TurnFailure(TurnError("permission", _NOT_OURS, code="not_own_page"))


def _from_elsewhere(exchange: Exchange) -> bool:
    """What the browser says; ports do not count for its `SameSite`, but they do here (W3C, "Fetch Metadata")."""
    return exchange.header(b"sec-fetch-site") in ("cross-site", "same-site")


def cannot_check(problem: StoreProblem) -> TurnFailure:
    """In doubt nobody gets in; the details are the operator's."""
    log.error("keys cannot be checked: %s", problem)
    message = "The server cannot check API keys at the moment; its log says why and what to do."
    return TurnFailure(TurnError("internal", message))


def _presented(exchange: Exchange) -> str | None:
    authorization = (exchange.header(b"authorization") or "").strip()
    if not authorization:  # some clients send an empty one beside their x-api-key
        return exchange.header(b"x-api-key")
    scheme, *credentials = authorization.split(maxsplit=1)
    if scheme.lower() == "bearer":
        return credentials[0] if credentials else ""
    return authorization


def _cookie(exchange: Exchange) -> str | None:
    for name, value in exchange.scope["headers"]:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, given = pair.partition("=")
                if key.strip() == COOKIE:
                    return given.strip()
    return None
