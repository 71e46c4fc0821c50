"""`GET /health`: whether the model answers. Public, so it says nothing that only the owner should know."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from unsloth_studio.api.operation import Operation
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


class HealthReport(msgspec.Struct, kw_only=True):
    """`model` is the default one. `idle`: it was put away, and the next request loads it again. `progress` (0 to 1) is there
    while it loads."""

    status: HealthStatus
    service: Literal["unsloth-studio"] = "unsloth-studio"
    version: str
    model: str
    progress: float | None = None
    server_tools: bool = False
    server_tools_reason: str = ""


class Health:
    """Whether the model answers: 200 when a request would be answered (`ok`, `idle`), else 503 with Retry-After."""

    operation: ClassVar[Operation] = Operation("GET", "/health", reply=HealthReport)
    scope: ClassVar[str | None] = None

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        report = self._report()
        ready = report.status in ("ok", "idle")
        response = Response(
            msgspec.json.encode(report),
            status_code=200 if ready else 503,
            headers={} if ready else {"Retry-After": "2"},
            media_type="application/json",
        )
        await response(scope, receive, send)

    def _report(self) -> HealthReport:
        pool = self._services.turns.pool
        engine = pool.status
        status: HealthStatus = "idle" if pool.resting else _STATUS[engine.state]
        progress = engine.progress if engine.state == "starting" else None
        version = self._services.version
        toolbox = self._services.toolbox
        report = HealthReport(status=status, version=version, model=engine.model_id, progress=progress)
        if toolbox is not None:
            report.server_tools, report.server_tools_reason = toolbox.policy.enabled, toolbox.policy.reason
        return report
