"""What the routes under `/api` have in common: typed bodies, queries and replies, OpenAI's error envelope, event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.catalog.hub_errors import HubError
from unsloth_studio.catalog.running_downloads import UnknownDownload
from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.body import read_shape
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.sse import KEEP_ALIVE, named_frame
from unsloth_studio.turn.errors import ErrorKind, TurnError, TurnFailure, invalid
from unsloth_studio.turn.events import Event, TurnFailed

Shape = TypeVar("Shape", bound=msgspec.Struct)


class AdminEndpoint(Endpoint):
    """A route of the management API; the key needs the scope `admin`."""

    scope = "admin"

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    async def read(self, exchange: Exchange, shape: type[Shape]) -> Shape:
        """The JSON body. Raises `TurnFailure` with the field's name."""
        return read_shape(await exchange.body(), shape)[0]

    def query(self, exchange: Exchange, shape: type[Shape]) -> Shape:
        """The query's parameters; text is read as the number or truth value that the field wants. Raises `TurnFailure`."""
        given = dict(parse_qsl(exchange.scope["query_string"].decode("latin-1")))
        try:
            return msgspec.convert(given, shape, strict=False)
        except msgspec.ValidationError as error:
            raise invalid(f"The query: {error}.".replace("`", "'"), code="invalid_query") from error

    def part(self, exchange: Exchange, name: str) -> str:
        """A part of the path by its name."""
        return str(exchange.scope["path_params"][name])

    async def reply(self, exchange: Exchange, value: Any, *, status: int = 200) -> None:
        """`value` as JSON."""
        await exchange.json(msgspec.json.encode(value), status=status)

    async def watch(self, exchange: Exchange, frames: AsyncGenerator[bytes]) -> None:
        """Send `frames` of server-sent events (see `event`) until they end, the client leaves or the server stops."""
        owner = asyncio.current_task()
        assert owner is not None
        stopping = asyncio.create_task(self.services.stopping.wait())
        stopping.add_done_callback(lambda done: None if done.cancelled() else owner.cancel())
        try:
            await exchange.stream(frames, bytes, writer=EventWriter())
        finally:
            stopping.cancel()


class EventWriter:
    """The `StreamWriter` of a stream without a turn: signs of life, and a failure as its last event, `error`."""

    def feed(self, events: Iterable[Event]) -> bytes:
        return b"".join(error_event(event.error.message) for event in events if isinstance(event, TurnFailed))

    def heartbeat(self) -> bytes:
        return KEEP_ALIVE


class ErrorNote(msgspec.Struct, frozen=True):
    """The data of an `error` event."""

    message: str


def event(name: str, value: Any) -> bytes:
    """One server-sent event with `value` as its JSON."""
    return named_frame(name, msgspec.json.encode(value))


def error_event(message: str) -> bytes:
    """The event that ends a stream because something failed."""
    return event("error", ErrorNote(message))


@contextmanager
def problems_told() -> Generator[None]:
    """What the operator is told of a problem goes to whoever asked."""
    try:
        yield
    except OperatorProblem as problem:
        raise TurnFailure(_told(problem)) from problem


_KINDS: dict[str, ErrorKind] = {
    "not_found": "not_found",
    "gated": "permission",
    "denied": "permission",
    "rate_limited": "rate_limited",
    "unreachable": "engine_unavailable",
    "offline": "engine_unavailable",
    "hub_failed": "engine_unavailable",
}
"""Of what the hub says."""


def _told(problem: OperatorProblem) -> TurnError:
    if isinstance(problem, HubError):
        kind = _KINDS.get(problem.problem, "invalid_request")
        return TurnError(kind, str(problem), code=problem.problem, retry_after=problem.retry_after)
    unknown = isinstance(problem, UnknownDownload)
    return TurnError("not_found" if unknown else "invalid_request", str(problem))


def not_found(message: str, *, code: str = "not_found") -> TurnFailure:
    """There is no such thing."""
    return TurnFailure(TurnError("not_found", message, code=code))
