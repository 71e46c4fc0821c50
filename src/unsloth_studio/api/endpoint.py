"""What the routes have in common: authenticate, answer, and turn every failure into the dialect's envelope."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from msgspec.structs import replace
from starlette.types import Receive, Scope, Send

from unsloth_studio.api.auth import authenticate
from unsloth_studio.api.exchange import ClientGone, Exchange, Header
from unsloth_studio.api.load_notes import LoadNotes
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.origins import origin_of
from unsloth_studio.api.services import Services
from unsloth_studio.api.tool_access import refusal
from unsloth_studio.dialects.contract import StreamWriter
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.observe.client_names import client_name
from unsloth_studio.observe.request_shapes import RequestKey
from unsloth_studio.observe.watched_request import Arrival
from unsloth_studio.serving.forced_call import demands_call
from unsloth_studio.tools.loop import ToolLoop
from unsloth_studio.turn.accumulate import Turn, events_of
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import Event
from unsloth_studio.turn.messages import Request

log = logging.getLogger(__name__)


class Endpoint(ABC):
    """A raw ASGI application for one route. Subclasses read, run and write; `scope` is what the key must have, or else one
    of `also`; None where nobody is asked who they are."""

    operation: ClassVar[Operation]
    scope: ClassVar[str | None] = "inference"
    also: ClassVar[tuple[str, ...]] = ()
    watched: ClassVar[bool] = False
    """Whether the monitor lists its requests."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = self.services
        exchange = Exchange(scope, receive, send, limits=services.limits, request_id=services.new_id())
        trace = exchange.trace = services.requests.begin(_arrival(exchange)) if self.watched else None
        left = False
        try:
            if self.scope is not None:
                exchange.key = await authenticate(exchange, services, scope=self.scope, also=self.also)
                services.meter.begin(exchange.id, exchange.key)
                if self.watched:
                    services.meter.admit(exchange.key)
            if trace is not None and exchange.key is not None:
                trace.key = RequestKey(exchange.key.id, exchange.key.name)
            await self.answer(exchange)
        except ClientGone:
            left = True
        except Exception as error:
            if exchange.status:
                raise
            await self._refuse(exchange, exchange.error_of(error))
        finally:
            services.meter.end(exchange.id)
            if trace is not None:
                trace.finish(exchange.status, left=left)
            log.info("request id=%s path=%s status=%s", exchange.id, scope["path"], exchange.status or "client gone")

    @abstractmethod
    async def answer(self, exchange: Exchange) -> None:
        """Read the request, run it, write the reply. May raise `TurnFailure` until something is sent."""

    @abstractmethod
    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        """The dialect's envelope."""

    async def stream(self, exchange: Exchange, request: Request, writer: StreamWriter) -> None:
        """Answer with the frames of one turn."""
        demands = request.server_tools is None and demands_call(request)
        events = self.checked(exchange, request) if demands else self.run(exchange, request)
        await exchange.stream(events, writer.feed, writer=self.telling(writer, request))

    async def checked(self, exchange: Exchange, request: Request) -> AsyncGenerator[Sequence[Event]]:
        """The events of a turn that is mended first, since what was streamed could not be taken back."""
        yield events_of(await self._mended(exchange, request))

    def run(self, exchange: Exchange, request: Request) -> AsyncGenerator[Sequence[Event]]:
        """The turn's events, with the server's own tools if the request asks for them. Raises `TurnFailure` (permission)
        when it may not have them."""
        owner = exchange.key.owner if exchange.key else ""
        request = replace(request, origin=origin_of(exchange.scope["headers"], request.origin, owner=owner))
        wanted, toolbox, turns = request.server_tools, self.services.toolbox, self.services.turns
        if wanted is None:
            return turns.run(request, turn_id=exchange.id)
        assert exchange.key is not None, "every request has one"
        error = refusal(wanted, toolbox.policy if toolbox else None, exchange.key)
        if error is not None and not wanted.optional:
            raise TurnFailure(error)
        if error is not None or toolbox is None:
            return turns.run(replace(request, server_tools=None), turn_id=exchange.id)
        return ToolLoop(turns, toolbox).run(request, turn_id=exchange.id, owner=exchange.key.owner)

    def telling(self, writer: StreamWriter, request: Request) -> StreamWriter:
        """`writer`, whose signs of life also say when the model is being loaded."""
        return LoadNotes(writer, lambda: self.services.turns.load_note(request))

    async def whole(self, exchange: Exchange, request: Request) -> Turn:
        """One turn, folded; what of it does not fit its schema was asked for once more. Raises `TurnFailure`."""
        return await exchange.wait(self._mended(exchange, request))

    async def _mended(self, exchange: Exchange, request: Request) -> Turn:
        return await self.services.turns.second_tries.whole(request, lambda again: self.run(exchange, again))

    async def _refuse(self, exchange: Exchange, error: TurnError) -> None:
        if exchange.trace is not None:
            exchange.trace.failed(error.message)
        headers: list[Header] = []
        if error.retry_after is not None:
            headers.append((b"retry-after", str(error.retry_after).encode()))
        if error.kind == "authentication":
            headers.append((b"www-authenticate", b"Bearer"))
        await exchange.json(self.error_body(error, exchange), status=STATUS[error.kind], headers=headers)


def _arrival(exchange: Exchange) -> Arrival:
    return Arrival(exchange.id, exchange.scope["path"], client_name(exchange.header(b"user-agent")))
