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
    """The routes without a variable in their path, found in a dictionary; `others` answers everything else.

    Why: each request of a model and each stream goes through here, and Starlette's layers cost a request 60 microseconds and
    a stream 3 KiB. They are for what needs them: patterns, methods that are not allowed, pages, unknown paths.
    """

    def __init__(self, services: Services, others: ASGIApp) -> None:
        self._others = others
        self._endpoints = {
            (one.operation.method, one.operation.path): one(services)
            for one in ENDPOINTS
            if "{" not in one.operation.path and one not in DOCUMENT_ENDPOINTS
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoints.get((scope["method"], scope["path"]), self._others)(scope, receive, send)


def build_app(services: Services) -> ASGIApp:
    """The application, with the middleware that applies to every route (none of which acts per streamed chunk)."""
    app = Starlette(routes=routes(services), exception_handlers={HTTPException: on_http_exception})
    wrapped: ASGIApp = _Direct(services, app)
    if services.cors_origins:
        wrapped = CORSMiddleware(
            wrapped, allow_origins=services.cors_origins, allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"]
        )
    return HostCheck(wrapped, allowed=services.allowed_hosts) if services.loopback else wrapped
