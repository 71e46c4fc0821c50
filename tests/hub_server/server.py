"""A hub on 127.0.0.1 in threads of its own: the API, the resolver, and a CDN on another port.

Paths, headers and error codes are those that `huggingface_hub` 2.4 sends and reads (`hf_api.py`, `file_download.py`,
`utils/_http.py`). It counts what it serves, and answers wrongly on demand: `hub.fault("cdn", Fault(cut_after=1000))`.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_server.contents import Fault, HeldRepository, Place, digest, in_lfs
from tests.hub_server.replies import Reply, error, file_reply, json_reply, redirect

_FORGOTTEN = 5.0  # seconds until a test that forgot to release a held answer goes on


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came. `range_start` is None without a `Range`."""

    place: Place
    method: str
    path: str
    range_start: int | None
    authorization: str | None


class HubServer:
    """`with HubServer([...]) as hub`: give `hub.url` as the endpoint."""

    def __init__(self, repositories: Sequence[HeldRepository]) -> None:
        self.repositories = {held.name: held for held in repositories}
        self.seen: list[Seen] = []
        self.sent: Counter[str] = Counter()
        """Bytes of bodies that left, by path in the repository."""
        self.released, self.holding = threading.Event(), threading.Event()
        self._faults: defaultdict[Place, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._hub, self._cdn = (_Listener(("127.0.0.1", 0), _Connection) for _ in range(2))
        self._hub.hub = self._cdn.hub = self
        self._threads = [
            threading.Thread(target=listener.serve_forever, args=(0.01,)) for listener in (self._hub, self._cdn)
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._hub.server_port}"

    @property
    def cdn_url(self) -> str:
        return f"http://127.0.0.1:{self._cdn.server_port}"

    def fault(self, place: Place, fault: Fault, *, times: int = 1) -> None:
        """Answer the next `times` requests at `place` so (downloads: `GET` only), after those that were told before."""
        self._faults[place].extend([fault] * times)

    def requests(self, place: Place, method: str = "GET") -> list[Seen]:
        return [seen for seen in self.seen if (seen.place, seen.method) == (place, method)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        for listener, thread in zip((self._hub, self._cdn), self._threads, strict=True):
            listener.shutdown()
            thread.join()
            listener.server_close()

    def answer(self, request: BaseHTTPRequestHandler, *, from_cdn: bool) -> tuple[Reply, Fault]:
        """What a request gets; called in the request's own thread."""
        url = urlsplit(request.path)
        place: Place = "cdn" if from_cdn else "api" if url.path.startswith("/api/") else "resolve"
        wanted = request.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else None
        with self._lock:
            self.seen.append(Seen(place, request.command, url.path, start, request.headers.get("Authorization")))
            faulty = self._faults[place] and request.command == "GET"
            fault = self._faults[place].popleft() if faulty else Fault()
        if fault.status is not None:
            return error(fault.status, **fault.headers), fault
        match place:
            case "cdn":
                return self._from_cdn(url.path, wanted, fault), fault
            case "api":
                return self._from_api(url.path, parse_qs(url.query), request.headers.get("Authorization")), fault
            case "resolve":
                return self._resolve(url.path, request.headers.get("Authorization"), fault), fault

    def count(self, path: str, size: int) -> None:
        with self._lock:
            self.sent[path] += size

    def _from_api(self, path: str, query: dict[str, list[str]], authorization: str | None) -> Reply:
        if path == "/api/models":
            words = query.get("search", [""])[0].lower()
            return json_reply([held.listed() for held in self.repositories.values() if words in held.name.lower()])
        name = "/".join(path.split("/")[3:5])
        held = next((held for held in self.repositories.values() if held.name.lower() == name.lower()), None)
        if held is None or (held.private and not _opens(held, authorization)):
            return error(404 if authorization else 401, **{"X-Error-Code": "RepoNotFound"})
        described: dict[str, Any] = {"id": held.name, "sha": held.commit, "siblings": held.siblings()}
        return json_reply(described | {"gated": "auto" if held.gated else False, "private": held.private})

    def _resolve(self, path: str, authorization: str | None, fault: Fault) -> Reply:
        _, owner, name, _, revision, *rest = unquote(path).split("/")
        held, file = self.repositories.get(f"{owner}/{name}"), "/".join(rest)
        if held is None:
            return error(404, **{"X-Error-Code": "RepoNotFound"})
        if (held.gated or held.private) and not _opens(held, authorization):
            return error(403 if authorization else 401, **{"X-Error-Code": "GatedRepo"})
        if revision not in ("main", held.commit):
            return error(404, **{"X-Error-Code": "RevisionNotFound"})
        if file not in held.files:
            return error(404, **{"X-Error-Code": "EntryNotFound"})
        content, etag = held.files[file], digest(held.files[file], file)
        said = {"X-Repo-Commit": held.commit, "X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(content))}
        if in_lfs(file):
            return redirect(f"{self.cdn_url}/{owner}/{name}/{file}", **said)
        return file_reply(content, "", path=file, fault=fault, headers=said | {"ETag": f'"{etag}"'})

    def _from_cdn(self, path: str, wanted: str, fault: Fault) -> Reply:
        _, owner, name, *rest = unquote(path).split("/")
        file = "/".join(rest)
        return file_reply(self.repositories[f"{owner}/{name}"].files[file], wanted, path=file, fault=fault, headers={})


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    hub: HubServer


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        listener = cast("_Listener", self.server)
        hub = listener.hub
        reply, fault = hub.answer(self, from_cdn=listener.server_port == urlsplit(hub.cdn_url).port)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            try:
                self._send_body(hub, reply, fault)
            except ConnectionError:
                self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the base class's spelling

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's spelling
        del format, args

    def _send_body(self, hub: HubServer, reply: Reply, fault: Fault) -> None:
        body = reply.body
        if fault.cut_after is not None:
            body, self.close_connection = body[: fault.cut_after], True
        step = len(body) if fault.bytes_per_second is None else max(1, fault.bytes_per_second // 20)
        ends = sorted({*range(step, len(body), step or 1), len(body), min(fault.hold_after or 0, len(body))})
        start = 0
        for end in ends:
            self.wfile.write(body[start:end])
            hub.count(reply.path, end - start)
            start = end
            if end == fault.hold_after:
                hub.holding.set()
                hub.released.wait(_FORGOTTEN)
            elif fault.bytes_per_second is not None:
                hub.released.wait(0.05)


def _opens(held: HeldRepository, authorization: str | None) -> bool:
    return held.token is not None and authorization == f"Bearer {held.token}"
