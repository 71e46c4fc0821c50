"""What the OpenAPI document says of one route; it stands at the class that answers it, so that both change together.

The rule: one class, one method, one path. Its docstring is the operation's text: the first sentence the summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Operation(Struct, frozen=True):
    """`path` as Starlette writes it (`/api/keys/{key_id}`, `{name:path}` for one with slashes).

    `body` and `reply` are the msgspec types of the JSON that is read and sent; a `reply` of None is no body at all with
    status 204, else one of `media_type`. `query` is a Struct of the query's parameters. `events` are the names of a stream
    of server-sent events with the types of their data: alone, or with `streams_if` when the body's field of that name
    asks for them. `body_type` is the media type of a body that is not JSON.
    """

    method: Method
    path: str
    body: Any = None
    reply: Any = None
    status: int = 200
    query: Any = None
    events: Mapping[str, Any] = field(default_factory=dict[str, Any])
    streams_if: str | None = None
    body_type: str = "application/json"
    media_type: str = "application/json"
