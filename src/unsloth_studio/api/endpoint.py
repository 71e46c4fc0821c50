"""What the routes have in common: authenticate, answer, and turn every failure into the dialect's envelope."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import ClassVar

from starlette.types import Receive, Scope, Send

from unsloth_studio.api.auth import authenticate
from unsloth_studio.api.exchange import ClientGone, Exchange, Header
from unsloth_studio.api.load_notes import LoadNotes
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services
from unsloth_studio.dialects.contract import StreamWriter
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.observe.client_names import client_name
from unsloth_studio.observe.request_shapes import RequestKey
from unsloth_studio.observe.watched_request import Arrival
from unsloth_studio.schemas.check import Fault
from unsloth_studio.serving.forced_call import demand, demands_call, missing_call, with_call
from unsloth_studio.serving.recheck import ask_again, better, faults_of, without_cut_call
from unsloth_studio.tools.loop import ToolLoop
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.accumulate import Accumulator, Turn, events_of
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
        events = self._checked(exchange, request) if demands else self.run(exchange, request)
        await exchange.stream(events, writer.feed, writer=self.telling(writer, request))

    async def _checked(self, exchange: Exchange, request: Request) -> AsyncGenerator[Sequence[Event]]:
        """A turn that must call a tool, once it does: what was streamed could not be taken back."""
        turn = await self._turn(exchange, request)
        yield events_of(await self._mended(request, turn, lambda again: self._turn(exchange, again)))

    def run(self, exchange: Exchange, request: Request) -> AsyncGenerator[Sequence[Event]]:
        """The turn's events, with the server's own tools if the request asks for them. Raises `TurnFailure` (permission)
        when it may not have them."""
        wanted, toolbox, turns = request.server_tools, self.services.toolbox, self.services.turns
        if wanted is None:
            return turns.run(request, turn_id=exchange.id)
        if toolbox is None or not toolbox.policy.enabled:
            raise TurnFailure(
                TurnError("permission", _tools_off(toolbox), param="enable_tools", code="server_tools_off")
            )
        assert exchange.key is not None, "every request has one"
        if "tools" not in exchange.key.scopes:
            raise TurnFailure(TurnError("permission", _NO_SCOPE, param="enable_tools"))
        return ToolLoop(turns, toolbox).run(request, turn_id=exchange.id, owner=exchange.key.owner)

    def telling(self, writer: StreamWriter, request: Request) -> StreamWriter:
        """`writer`, whose signs of life also say when the model is being loaded."""
        return LoadNotes(writer, lambda: self.services.turns.load_note(request))

    async def whole(self, exchange: Exchange, request: Request) -> Turn:
        """One turn, folded; what of it does not fit its schema was asked for once more. Raises `TurnFailure`."""
        turn = await self._folded(exchange, request)
        return await self._mended(request, turn, lambda again: self._folded(exchange, again))

    async def _mended(self, request: Request, turn: Turn, ask: Callable[[Request], Awaitable[Turn]]) -> Turn:
        """The turn with what a second try made better. A second try that fails changes nothing."""
        turn = without_cut_call(turn)
        if request.server_tools is not None:
            return turn  # its calls have been run
        try:
            if missing_call(request, turn):
                log.info("turn id=%s is asked for once more: the request demands a call", turn.id)
                turn = with_call(request, turn, await ask(demand(request, turn)))
            for fault in await self._faults(request, turn):
                log.info("turn id=%s is asked for once more: %s", turn.id, fault.violation.path or "the whole value")
                turn = better(request, turn, fault, await ask(ask_again(request, turn, fault)))
        except TurnFailure as failure:
            log.warning("turn id=%s stays as it was: its second try failed: %s", turn.id, failure.error.message)
        return turn

    async def _faults(self, request: Request, turn: Turn) -> tuple[Fault, ...]:
        judged = bool(turn.tool_calls) or request.output.kind != "text"
        written = turn.usage.completion_tokens > 0  # not by us, who stopped an agent
        if not (judged and written and self.services.turns.heals and request.heal_tool_calls):
            return ()
        return await asyncio.to_thread(faults_of, request, turn)  # the first check imports for a tenth of a second

    async def _turn(self, exchange: Exchange, request: Request) -> Turn:
        """A further turn inside of a stream that is already watched over. Raises `TurnFailure`."""
        accumulator = Accumulator()
        async with aclosing(self.run(exchange, request)) as batches:
            async for events in batches:
                for event in events:
                    accumulator.feed(event)
        return finished(accumulator)

    async def _folded(self, exchange: Exchange, request: Request) -> Turn:
        accumulator = Accumulator()

        def take(events: Sequence[Event]) -> None:
            for event in events:
                accumulator.feed(event)

        await exchange.collect(self.run(exchange, request), take)
        return finished(accumulator)

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


_NO_SCOPE = (
    "This API key may not use the server's tools: it lacks the scope 'tools'. To make one that may: "
    "unsloth keys create NAME --scope inference --scope tools. Or leave out enable_tools."
)


def _tools_off(toolbox: Toolbox | None) -> str:
    why = toolbox.policy.reason if toolbox is not None else "it was started without them"
    return (
        f"This server does not run tools for its clients: {why}. Leave out enable_tools, or change how it is started."
    )


def finished(accumulator: Accumulator) -> Turn:
    """The turn, or its failure raised: a reply that is not streamed has no half."""
    turn = accumulator.turn()
    if turn.error is not None:
        raise TurnFailure(turn.error)
    return turn
