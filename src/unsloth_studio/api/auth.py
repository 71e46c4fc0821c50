"""Who is asking: the API key, as `Authorization: Bearer` (OpenAI's way) or `x-api-key` (Anthropic's); the former wins."""

from __future__ import annotations

import logging

from unsloth_studio.api.exchange import Exchange
from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.store.errors import StoreProblem
from unsloth_studio.store.key_ring import KeyRejected, KeyRing
from unsloth_studio.turn.errors import TurnError, TurnFailure

log = logging.getLogger(__name__)


async def authenticate(exchange: Exchange, keys: KeyRing, *, scope: str, also: tuple[str, ...] = ()) -> ApiKey:
    """The key's record, which must have `scope` or one of `also`.

    Raises `TurnFailure` (authentication, permission) with what to do.
    """
    try:
        key = await keys.verify(_presented(exchange))
    except KeyRejected as rejected:
        raise TurnFailure(TurnError("authentication", str(rejected))) from rejected
    except StoreProblem as problem:  # in doubt nobody gets in; the details are the operator's
        log.error("keys cannot be checked: %s", problem)
        message = "The server cannot check API keys at the moment; its log says why and what to do."
        raise TurnFailure(TurnError("internal", message)) from problem
    if not {scope, *also}.intersection(key.scopes):
        how = f"unsloth keys create NAME --scope {scope}"
        message = (
            f"This API key is good, but not for this: it lacks the scope '{scope}'. To make one that has it: {how}"
        )
        raise TurnFailure(TurnError("permission", message))
    return key


def _presented(exchange: Exchange) -> str | None:
    authorization = (exchange.header(b"authorization") or "").strip()
    if not authorization:  # some clients send an empty one beside their x-api-key
        return exchange.header(b"x-api-key")
    scheme, *credentials = authorization.split(maxsplit=1)
    if scheme.lower() == "bearer":
        return credentials[0] if credentials else ""
    return authorization
