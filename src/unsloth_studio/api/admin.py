"""`/api/models/load`, `unload` and `pull`, and `/metrics`: what the command line asks a running server for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, ErrorNote, error_event, event
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.observe.metrics import MEDIA_TYPE
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.turn.errors import invalid

LOAD_SECONDS = 3600.0

ModelName = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
"""As in a request: id, repository (with :QUANT), or alias."""


class NamedModel(msgspec.Struct):
    model: ModelName


class LoadedModel(msgspec.Struct, frozen=True):
    """`context_length` is per request, in tokens."""

    id: str
    state: str
    context_length: int | None = None


class Fetched(msgspec.Struct, frozen=True):
    """A model that is on the disk now."""

    id: str
    quantization: str


class FetchProgress(msgspec.Struct, frozen=True):
    """`speed` is in bytes per second; `note` tells of a wait or another try."""

    file: str
    bytes_done: int
    bytes_total: int
    speed: float
    seconds_left: float | None
    note: str | None


class LoadModel(AdminEndpoint):
    """Load a model that is on this disk, making room for it if need be; answers when it is ready."""

    operation = Operation("POST", "/api/models/load", body=NamedModel, reply=LoadedModel)

    async def answer(self, exchange: Exchange) -> None:
        pool = self.services.turns.pool
        wanted = (await self.read(exchange, NamedModel)).model
        status = await pool.load(pool.find(wanted, exact=True), wait=LOAD_SECONDS)
        await self.reply(exchange, LoadedModel(status.model_id, "ready", status.context_length))


class UnloadModel(AdminEndpoint):
    """Free a model's memory; running replies finish first."""

    operation = Operation("POST", "/api/models/unload", body=NamedModel, reply=LoadedModel)

    async def answer(self, exchange: Exchange) -> None:
        pool = self.services.turns.pool
        found = pool.find((await self.read(exchange, NamedModel)).model, exact=True)
        await pool.unload(found.id)
        await self.reply(exchange, LoadedModel(found.id, "unloaded"))


class PullModel(AdminEndpoint):
    """Fetch a model of the hub while you watch. Leaving ends the download; what came is kept."""

    operation = Operation(
        "POST",
        "/api/models/pull",
        body=NamedModel,
        events={"progress": FetchProgress, "done": Fetched, "error": ErrorNote},
    )

    async def answer(self, exchange: Exchange) -> None:
        name = (await self.read(exchange, NamedModel)).model
        if self.services.pull is None:
            raise invalid("This server stands in front of an upstream and keeps no models.")
        await self.watch(exchange, _frames(self.services.pull(name)))


class MetricsReport(AdminEndpoint):
    """Counts since the start, for Prometheus."""

    operation = Operation("GET", "/metrics", reply=str, media_type=MEDIA_TYPE)

    async def answer(self, exchange: Exchange) -> None:
        text = await asyncio.to_thread(self.services.metrics.text)  # the first time a library is imported
        await exchange.reply(text, media_type=MEDIA_TYPE)


async def _frames(steps: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        try:
            async for step in steps:
                yield event("done" if "id" in step else "progress", step)
        except OperatorProblem as problem:
            yield error_event(str(problem))
