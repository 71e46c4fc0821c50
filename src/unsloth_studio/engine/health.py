"""Short HTTP questions to an engine: is it well, what is it, what does it serve.

The rule: a question has a short time limit and never raises for a silent engine; `Answer.status` 0 means that none came.
Only `/health`, `/props` and `/v1/models` are asked: `/slots` would wake a sleeping model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: no answer, and `problem` says why. `body` is empty unless the answer was a JSON object."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    server: str = ""
    problem: str = ""


async def ask(
    url: str, *, api_key: str | None = None, timeout: float = 2.0, post: Mapping[str, Any] | None = None
) -> Answer:
    """GET (or POST, when there is something to post) `url` on a connection of its own; `timeout` in seconds."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout), trust_env=False) as session,
            session.request("GET" if post is None else "POST", url, json=post, headers=headers) as response,
        ):
            return Answer(response.status, _object(await response.read()), response.headers.get("Server", ""))
    except TimeoutError:
        return Answer(0, problem=f"no answer within {timeout:g} seconds")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answer(0, problem=str(error) or type(error).__name__)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value: Any = json.loads(raw)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
