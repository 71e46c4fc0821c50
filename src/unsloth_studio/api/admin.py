"""`/api/models`: load, unload and fetch. Only for keys with the scope `admin`; typed, so that OpenAPI describes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from unsloth_studio.api.auth import verified
from unsloth_studio.api.services import Services
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.sse import named_frame
from unsloth_studio.turn.errors import invalid

LOAD_SECONDS = 3600.0


class NamedModel(BaseModel):
    model: str = Field(
        min_length=1, max_length=500, description="As in a request: id, repository, with :QUANT, or alias."
    )


class LoadedModel(BaseModel):
    """What is in memory now. `context_length` is per request, in tokens."""

    id: str
    state: Literal["ready", "unloaded"]
    context_length: int | None = None


def admin_router(services: Services) -> APIRouter:
    async def admin(request: Request) -> None:
        headers = request.headers
        await verified(headers.get("authorization"), headers.get("x-api-key"), services.keys, scope="admin")

    router = APIRouter(prefix="/api/models", dependencies=[Depends(admin)], tags=["models"])

    @router.post("/load")
    async def load(wanted: NamedModel) -> LoadedModel:  # pyright: ignore[reportUnusedFunction] - the router holds it
        """Load a model that is on this disk, making room for it if need be; answers when it is ready."""
        pool = services.turns.pool
        status = await pool.load(pool.find(wanted.model, exact=True), wait=LOAD_SECONDS)
        return LoadedModel(id=status.model_id, state="ready", context_length=status.context_length)

    @router.post("/unload")
    async def unload(wanted: NamedModel) -> LoadedModel:  # pyright: ignore[reportUnusedFunction]
        """Free a model's memory; running replies finish first."""
        pool = services.turns.pool
        found = pool.find(wanted.model, exact=True)
        await pool.unload(found.id)
        return LoadedModel(id=found.id, state="unloaded")

    @router.post("/pull", response_class=StreamingResponse)
    async def pull(wanted: NamedModel) -> StreamingResponse:  # pyright: ignore[reportUnusedFunction]
        """Fetch a model of the hub, as server-sent events: `progress` (bytes_done, bytes_total, speed, seconds_left), then
        `done` (id, quantization) or `error` (message). Leaving ends the download; what came is kept."""
        if services.pull is None:
            raise invalid("This server stands in front of an upstream and keeps no models.")
        return StreamingResponse(_events(services.pull(wanted.model)), media_type="text/event-stream")

    return router


async def _events(steps: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        try:
            async for step in steps:
                yield named_frame("done" if "id" in step else "progress", orjson.dumps(step))
        except OperatorProblem as problem:
            yield named_frame("error", orjson.dumps({"message": str(problem)}))
