"""The one HTTP application: FastAPI's router, with the inference routes as raw ASGI endpoints in it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from unsloth_studio.api.admin import admin_router
from unsloth_studio.api.chat import ChatCompletions, Completions
from unsloth_studio.api.health import health_router
from unsloth_studio.api.messages import CountTokens, Messages
from unsloth_studio.api.models import ModelById, ModelList
from unsloth_studio.api.problems import HostCheck, on_failure, on_http_exception, on_invalid_body
from unsloth_studio.api.responses import Responses
from unsloth_studio.api.services import Services
from unsloth_studio.turn.errors import TurnFailure

_ROOT = """Unsloth Studio is running.

OpenAI clients:    base URL http://{host}/v1
Anthropic clients: base URL http://{host}
State:             http://{host}/health
"""


def build_app(services: Services) -> ASGIApp:
    """The application, with the middleware that applies to every route (none of which acts per streamed chunk)."""
    app = FastAPI(title="Unsloth Studio", version=services.version, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend(
        [
            Route("/v1/chat/completions", ChatCompletions(services), methods=["POST"]),
            Route("/v1/completions", Completions(services), methods=["POST"]),
            Route("/v1/responses", Responses(services), methods=["POST"]),
            Route("/v1/messages", Messages(services), methods=["POST"]),
            Route("/v1/messages/count_tokens", CountTokens(services), methods=["POST"]),
            Route("/v1/models", ModelList(services), methods=["GET"]),
            Route("/v1/models/{model_id:path}", ModelById(services), methods=["GET"]),
            Route("/", _root, methods=["GET"]),
        ]
    )
    app.include_router(health_router(services))
    app.include_router(admin_router(services))
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(TurnFailure, on_failure)
    app.add_exception_handler(RequestValidationError, on_invalid_body)
    wrapped: ASGIApp = app
    if services.cors_origins:
        wrapped = CORSMiddleware(
            wrapped, allow_origins=services.cors_origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )
    return HostCheck(wrapped, allowed=services.allowed_hosts) if services.loopback else wrapped


async def _root(request: Request) -> PlainTextResponse:
    return PlainTextResponse(_ROOT.format(host=request.headers.get("host", "localhost")))
