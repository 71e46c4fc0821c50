"""One question to a provider's JSON API.

The rule: the operator chose the address, so it may be private; a redirect is not followed, so that no key goes elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from unsloth_studio.tools.search.provider import SearchFailed

_MAX_BYTES = 4 * 2**20


class Question(Struct, frozen=True):
    """`body` makes it a POST. `advice` says, for a status, what the operator must do."""

    provider: str
    url: str
    timeout: float
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Mapping[str, Any] | None = None
    advice: Mapping[int, str] = field(default_factory=dict[int, str])


async def ask(question: Question) -> dict[str, Any]:
    """The answer, which must be a JSON object. Raises `SearchFailed`."""
    import aiohttp  # slow to import, and seldom needed

    timeout = aiohttp.ClientTimeout(total=question.timeout)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                "GET" if question.body is None else "POST",
                question.url,
                params=question.params,
                headers={"Accept": "application/json", "User-Agent": "unsloth-studio", **question.headers},
                json=question.body,
                allow_redirects=False,
            ) as reply,
        ):
            if reply.status != 200:
                raise SearchFailed(_refusal(question, reply.status))
            body = await _bounded(reply.content)
    except TimeoutError as error:
        raise SearchFailed(
            f"{question.provider} did not answer within {question.timeout:g} s; try again later."
        ) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise SearchFailed(f"{question.provider} cannot be reached. {_OPERATOR}") from error
    return _object(question, body)


_OPERATOR = "The operator of this server must check the address that is configured, and the network."


async def _bounded(content: Any) -> bytes | None:
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > _MAX_BYTES:
            return None
    return bytes(body)


def _object(question: Question, body: bytes | None) -> dict[str, Any]:
    try:
        value: Any = json.loads(body) if body is not None else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise SearchFailed(f"{question.provider} answers with something else than a JSON object. {_OPERATOR}")
    return value  # pyright: ignore[reportUnknownVariableType] - JSON


def _refusal(question: Question, status: int) -> str:
    said = f"{question.provider} answers with status {status}"
    if status in question.advice:
        return f"{said}: {question.advice[status]}"
    if status == 429:
        return f"{said}: too many searches. Wait a minute, then try again."
    if status >= 500:
        return f"{said}. Try again later."
    return f"{said}. {_OPERATOR}"
