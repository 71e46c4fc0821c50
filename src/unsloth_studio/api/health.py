"""`GET /health`: whether the model answers. Public, so it says nothing that only the owner should know."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from unsloth_studio.api.services import Services
from unsloth_studio.engine.contract import EngineState

HealthStatus = Literal["ok", "loading", "stopped", "stopping", "failed"]

_STATUS: dict[EngineState, HealthStatus] = {
    "ready": "ok",
    "starting": "loading",
    "stopped": "stopped",
    "stopping": "stopping",
    "failed": "failed",
}


class Health(BaseModel):
    """`progress` (0 to 1) is there while the model loads."""

    status: HealthStatus
    service: Literal["unsloth-studio"] = "unsloth-studio"
    version: str
    model: str
    progress: float | None = None


def health_router(services: Services) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    async def health(response: Response) -> Health:  # pyright: ignore[reportUnusedFunction] - the router holds it
        """200 when the model is ready, else 503 with Retry-After."""
        engine = services.turns.engine.status
        if engine.state != "ready":
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        progress = engine.progress if engine.state == "starting" else None
        return Health(status=_STATUS[engine.state], version=services.version, model=engine.model_id, progress=progress)

    return router
