"""`GET /health`: whether the model answers. Public, so it says nothing that only the owner should know."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import ORJSONResponse

from unsloth_studio.api.services import Services

_WORD = {"ready": "ok", "starting": "loading", "stopped": "stopped", "stopping": "stopping", "failed": "failed"}


def health_router(services: Services) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    @router.get("/v1/health", include_in_schema=False)
    async def health() -> ORJSONResponse:
        """200 with `status: ok` when the model is ready; 503 with `loading` (and how far), or `failed` otherwise."""
        status = services.turns.engine.status
        body: dict[str, Any] = {
            "status": _WORD[status.state],
            "service": "unsloth-studio",
            "version": services.version,
            "model": status.model_id,
        }
        if status.state == "starting" and status.progress is not None:
            body["progress"] = round(status.progress, 3)
        ready = status.state == "ready"
        return ORJSONResponse(body, status_code=200 if ready else 503, headers={} if ready else {"Retry-After": "2"})

    return router
