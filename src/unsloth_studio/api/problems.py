"""Errors that happen before a route is reached (no such path, wrong method, foreign Host), in the envelope of the path."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.anthropic import errors as anthropic_errors
from unsloth_studio.dialects.status import STATUS
from unsloth_studio.turn.errors import ErrorKind, TurnError

_KIND: dict[int, ErrorKind] = {404: "not_found", 405: "method_not_allowed", 403: "permission"}


def problem(path: str, error: TurnError) -> Response:
    """`error` as the dialect that lives at `path` spells it."""
    body = anthropic_errors.error_body(error) if path.startswith("/v1/messages") else openai_errors.error_body(error)
    return Response(body, status_code=STATUS[error.kind], media_type="application/json")


async def on_http_exception(request: Request, exception: Exception) -> Response:
    """Starlette's own 404 and 405."""
    assert isinstance(exception, HTTPException)
    kind = _KIND.get(exception.status_code, "invalid_request")
    path = request.url.path
    message = {
        "not_found": f"There is no route {path}. The API lives under /v1; see /v1/models.",
        "method_not_allowed": f"{request.method} does not work on {path}.",
    }.get(kind, str(exception.detail))
    response = problem(path, TurnError(kind, message))
    response.headers.update(exception.headers or {})
    return response


class HostCheck:
    """Refuses foreign Host names on a loopback bind: a web page that rebinds its name to 127.0.0.1 must not get in."""

    def __init__(self, app: ASGIApp, *, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if not self._known(hosts):
            error = TurnError(
                "permission",
                "This server only answers to localhost. To reach it under another name, add that name to allowed_hosts "
                "in its settings.",
                code="host_not_allowed",
            )
            await problem(scope["path"], error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _known(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:  # two of them mean different things to different readers
            return False
        host = hosts[0]
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower().rstrip(".")
        return name in self._allowed or name == "::1" or _is_ipv4_loopback(name)


def _is_ipv4_loopback(name: str) -> bool:
    octets = name.split(".")
    return len(octets) == 4 and octets[0] == "127" and all(octet.isdigit() and int(octet) < 256 for octet in octets)
