"""A search provider and a page on 127.0.0.1, for servers that run as a child process."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RESULTS = [
    {"title": "About llamas", "url": "https://llamas.example/hum", "content": "Llamas hum."},
    {"title": "Blocked", "url": "https://blocked.example/", "content": "Nothing."},
]
PAGE = "<html><body><main><p>Llamas hum to their young.</p></main></body></html>"


@dataclass(frozen=True, slots=True)
class SearchSite:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server that searches here and may read pages from here."""
        return {
            "UNSLOTH_STUDIO_SEARXNG_URL": self.url,
            "UNSLOTH_STUDIO_SEARCH_PROVIDERS": '["searxng"]',
            "UNSLOTH_STUDIO_FETCH_ALLOWED_HOSTS": json.dumps([f"127.0.0.1:{self.port}"]),
        }


@contextmanager
def search_site() -> Generator[SearchSite]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield SearchSite(server.server_port)
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """SearXNG's JSON on `/search`, a page on every other path."""

    def do_GET(self) -> None:
        search = self.path.startswith("/search")
        body = json.dumps({"results": RESULTS}) if search else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if search else "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        del format, args
