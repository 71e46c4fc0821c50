"""`GET /health`: whether the model answers. Public, so it says nothing that only the owner should know."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from unsloth_studio.api.services import Services
from unsloth_studio.engine.contract import EngineState

HealthStatus = Literal["ok", "idle", "loading", "stopped", "stopping", "failed"]

_STATUS: dict[EngineState, HealthStatus] = {
    "ready": "ok",
    "starting": "loading",
    "stopped": "stopped",
    "stopping": "stopping",
    "failed": "failed",
}


class Health(BaseModel):
    """`model` is the default one. `idle`: it was put away, and the next request loads it again. `progress` (0 to 1) is there
    while it loads."""

    status: HealthStatus
    service: Literal["unsloth-studio"] = "unsloth-studio"
    version: str
    model: str
    progress: float | None = None


def health_router(services: Services) -> APIRouter:
    router = APIRouter()

    @router.head("/health", include_in_schema=False)
    @router.get("/health")
    async def health(response: Response) -> Health:  # pyright: ignore[reportUnusedFunction] - the router holds it
        """200 when a request would be answered (`ok`, `idle`), else 503 with Retry-After."""
        pool = services.turns.pool
        engine = pool.status
        status: HealthStatus = "idle" if pool.resting else _STATUS[engine.state]
        if status not in ("ok", "idle"):
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        progress = engine.progress if engine.state == "starting" else None
        return Health(status=status, version=services.version, model=engine.model_id, progress=progress)

    return router
