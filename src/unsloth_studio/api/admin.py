"""`/api/models` (load, unload and fetch) and `/metrics`. Only for keys with the scope `admin`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
import orjson

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.body import read_shape
from unsloth_studio.observe.metrics import MEDIA_TYPE
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.sse import KEEP_ALIVE, named_frame
from unsloth_studio.turn.errors import TurnError, invalid
from unsloth_studio.turn.events import Event, TurnFailed

LOAD_SECONDS = 3600.0


class NamedModel(msgspec.Struct):
    """Every body of these routes: a model as in a request (id, repository, with :QUANT, or alias)."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class _AdminEndpoint(Endpoint):
    scope = "admin"

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    async def wanted(self, exchange: Exchange) -> str:
        """The name in the body. Raises `TurnFailure`."""
        return read_shape(await exchange.body(), NamedModel)[0].model

    async def reply(self, exchange: Exchange, **fields: Any) -> None:
        await exchange.json(orjson.dumps(fields))


class LoadModel(_AdminEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        """Load a model that is on this disk, making room for it if need be; answers when it is ready, with its context
        per request in tokens."""
        pool = self.services.turns.pool
        status = await pool.load(pool.find(await self.wanted(exchange), exact=True), wait=LOAD_SECONDS)
        await self.reply(exchange, id=status.model_id, state="ready", context_length=status.context_length)


class UnloadModel(_AdminEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        """Free a model's memory; running replies finish first."""
        pool = self.services.turns.pool
        found = pool.find(await self.wanted(exchange), exact=True)
        await pool.unload(found.id)
        await self.reply(exchange, id=found.id, state="unloaded", context_length=None)


class PullModel(_AdminEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        """Fetch a model of the hub, as server-sent events: `progress` (bytes_done, bytes_total, speed, seconds_left), then
        `done` (id, quantization) or `error` (message). Leaving ends the download; what came is kept."""
        name = await self.wanted(exchange)
        if self.services.pull is None:
            raise invalid("This server stands in front of an upstream and keeps no models.")
        await exchange.stream(_frames(self.services.pull(name)), bytes, writer=_PullWriter())


class MetricsReport(_AdminEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        """Counts since the start, for Prometheus."""
        text = await asyncio.to_thread(self.services.metrics.text)  # the first time a library is imported
        await exchange.reply(text, media_type=MEDIA_TYPE)


class _PullWriter:
    """The `StreamWriter` of a download: signs of life, and a defect of ours as its last event."""

    def feed(self, events: Iterable[Event]) -> bytes:
        return b"".join(_error(event.error.message) for event in events if isinstance(event, TurnFailed))

    def heartbeat(self) -> bytes:
        return KEEP_ALIVE


async def _frames(steps: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        try:
            async for step in steps:
                yield named_frame("done" if "id" in step else "progress", orjson.dumps(step))
        except OperatorProblem as problem:
            yield _error(str(problem))


def _error(message: str) -> bytes:
    return named_frame("error", orjson.dumps({"message": message}))
