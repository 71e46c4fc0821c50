"""The one HTTP application: Starlette's router, with every route as a raw ASGI endpoint in it."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from unsloth_studio.api.admin import MetricsReport, PullModel
from unsloth_studio.api.approvals import ConfirmCall, DecideCall, WaitingCalls
from unsloth_studio.api.chat import ChatCompletions, Completions
from unsloth_studio.api.clients import ListClients
from unsloth_studio.api.documents import DOCUMENT_ENDPOINTS
from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.health import Health
from unsloth_studio.api.hub_routes import HUB_ENDPOINTS
from unsloth_studio.api.messages import CountTokens, Messages
from unsloth_studio.api.model_routes import MODEL_ENDPOINTS
from unsloth_studio.api.models import ModelById, ModelList
from unsloth_studio.api.monitor import MONITOR_ENDPOINTS
from unsloth_studio.api.problems import HostCheck, on_http_exception
from unsloth_studio.api.proof import Proof
from unsloth_studio.api.responses import Responses
from unsloth_studio.api.services import Services
from unsloth_studio.api.sessions import DeleteSession, DownloadFile, SessionFiles, Sessions
from unsloth_studio.api.settings import ShowSettings
from unsloth_studio.api.status import Status
from unsloth_studio.api.studio_routes import STUDIO_ENDPOINTS
from unsloth_studio.api.ui import page_routes

Served = type[Endpoint] | type[Health]

ENDPOINTS: tuple[Served, ...] = (
    ChatCompletions,
    Completions,
    Responses,
    Messages,
    CountTokens,
    ModelList,
    ModelById,
    *MODEL_ENDPOINTS,
    PullModel,
    *STUDIO_ENDPOINTS,
    WaitingCalls,
    DecideCall,
    ConfirmCall,
    Sessions,
    SessionFiles,
    DownloadFile,
    DeleteSession,
    *HUB_ENDPOINTS,
    *MONITOR_ENDPOINTS,
    Status,
    Proof,
    ShowSettings,
    ListClients,
    *DOCUMENT_ENDPOINTS,
    MetricsReport,
    Health,
)
"""Everything that programs may ask for; the routes and the OpenAPI document follow from it."""


def routes(services: Services) -> list[Route]:
    """Every route there is."""
    asked = [
        Route(one.operation.path, one(services), methods=[one.operation.method], name=one.__name__) for one in ENDPOINTS
    ]
    return [*asked, *page_routes()]


class _Direct:
    """The endpoints of `app` without a variable in their path, found in a dictionary; `app` answers everything else.

    Why: each request of a model and each stream goes through here, and Starlette's layers cost a request 60 microseconds and
    a stream 3 KiB. They are for what needs them: patterns, methods that are not allowed, pages, unknown paths.
    """

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._endpoints: dict[tuple[str, str], ASGIApp] = {
            (method, route.path): route.endpoint
            for route in app.routes
            if isinstance(route, Route) and not route.param_convertors and isinstance(route.endpoint, Endpoint | Health)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._app  # as Starlette says it
        await self._endpoints.get((scope["method"], scope["path"]), self._app)(scope, receive, send)


def build_app(services: Services) -> ASGIApp:
    """The application, with the middleware that applies to every route (none of which acts per streamed chunk)."""
    app = Starlette(routes=routes(services), exception_handlers={HTTPException: on_http_exception})
    wrapped: ASGIApp = _Direct(app)
    if services.cors_origins:
        wrapped = CORSMiddleware(
            wrapped, allow_origins=services.cors_origins, allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"]
        )
    return HostCheck(wrapped, allowed=services.allowed_hosts) if services.loopback else wrapped
