"""`/api/models/pull`, a download that lasts as long as somebody watches it, and `/metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, ErrorNote, error_event, event
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.model_routes import NamedModel
from unsloth_studio.api.operation import Operation
from unsloth_studio.observe.metrics import MEDIA_TYPE
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.turn.errors import invalid


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
    """Counts since the start, and how the event loop does, for Prometheus."""

    operation = Operation("GET", "/metrics", reply=str, media_type=MEDIA_TYPE)

    async def answer(self, exchange: Exchange) -> None:
        self.services.metrics.loop.look()
        text = await asyncio.to_thread(self.services.metrics.text)  # the first time a library is imported
        await exchange.reply(text, media_type=MEDIA_TYPE)


async def _frames(steps: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        try:
            async for step in steps:
                yield event("done" if "id" in step else "progress", step)
        except OperatorProblem as problem:
            yield error_event(str(problem))
