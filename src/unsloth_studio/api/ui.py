"""The Studio page as `make web` built it: files from one folder, for anybody (the page itself is no secret; `/api` is).

The rule: a path is looked up in the list of the files that are there, never joined to a folder; so no path leaves it. What
touches the disk runs on a thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

BUILT = Path(__file__).parents[1] / "studio_page"
"""Where the build goes (`web/vite.config.ts`); in the wheel too."""

PAGE_PATHS = ("/", "/chat/{thread}", "/models", "/monitor", "/keys", "/connect", "/settings", "/settings/{tab}")
"""The page's own addresses (`web/src/router.tsx`): each is answered with the page, which finds its way by itself."""

BESIDE = ("theme.js", "leaf.svg", "licences.txt")
"""Files beside the page (`web/public`; the build adds the licences of its libraries)."""

_NONCE = "__NONCE__"
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'{nonce}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_ASSETS = "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"

_NOT_BUILT = """Unsloth Studio is running.

OpenAI clients:    base URL http://{host}/v1
Anthropic clients: base URL http://{host}
State:             http://{host}/health
Reference:         http://{host}/docs

The Studio page is not built. With Node 20.19 or later, run "make web" in the checkout and reload.
"""


class _Built(Struct, frozen=True):
    """What a folder holds: `index` is its page, empty when there is none; `files` by their path in it, with slashes."""

    index: str
    files: Mapping[str, Path]


def page_routes(folder: Path = BUILT) -> list[Route]:
    """The routes of the page that was built into `folder`. A page that is built later appears without a restart."""
    page = _Page(folder)
    return [
        *(Route(path, page.index, methods=["GET"], include_in_schema=False) for path in PAGE_PATHS),
        Route("/assets/{name}", page.asset, methods=["GET"], include_in_schema=False),
        *(Route(f"/{name}", page.beside, methods=["GET"], include_in_schema=False) for name in BESIDE),
    ]


class _Page:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built = _Built("", {})

    async def index(self, request: Request) -> Response:
        """The page, with a nonce of its own for the style elements that its dialogs add (react-style-singleton)."""
        self._built = await asyncio.to_thread(_listed, self._folder)
        if not self._built.index:
            return PlainTextResponse(_NOT_BUILT.format(host=request.headers.get("host", "localhost")))
        nonce = secrets.token_urlsafe(16)
        policy = _POLICY.format(nonce=f" 'nonce-{nonce}'")
        headers = {**_COMMON, "content-security-policy": policy, "cache-control": "no-store"}
        return Response(self._built.index.replace(_NONCE, nonce), headers=headers, media_type=_MEDIA_TYPES[".html"])

    async def asset(self, request: Request) -> Response:
        """A file whose name changes with its content: kept by browsers for ever."""
        return await self._file(request, _ASSETS + request.path_params["name"], caching=_FOR_EVER)

    async def beside(self, request: Request) -> Response:
        """A file beside the page whose name stays: asked for again each time."""
        return await self._file(request, request.url.path.removeprefix("/"), caching="no-cache")

    async def _file(self, request: Request, name: str, *, caching: str) -> Response:
        if not self._built.files:
            self._built = await asyncio.to_thread(_listed, self._folder)
        files = self._built.files
        found, media_type = files.get(name), _MEDIA_TYPES.get(Path(name).suffix)
        if found is None or media_type is None:
            raise HTTPException(404)
        headers = {
            **_COMMON,
            "content-security-policy": _POLICY.format(nonce=""),
            "cache-control": caching,
            "vary": "accept-encoding",
        }
        for encoding, suffix in _ENCODINGS:
            if name + suffix in files and _accepts(request.headers, encoding):
                headers["content-encoding"] = encoding
                found = files[name + suffix]
                break
        return FileResponse(found, headers=headers, media_type=media_type)


def _accepts(headers: Headers, encoding: str) -> bool:
    offered = headers.get("accept-encoding", "").lower().split(",")
    return any(one.split(";")[0].strip() == encoding and "q=0" not in one.replace("q=0.", "") for one in offered)


def _listed(folder: Path) -> _Built:
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    index = files.pop("index.html", None)
    return _Built("", {}) if index is None else _Built(index.read_text(encoding="utf-8"), files)
