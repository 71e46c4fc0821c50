"""Only the server of the data folder can answer, and only at its own address; nobody else ever sees a key."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from unsloth_studio.cli.proven import NoAnswer, NotOurs, Refused, prove
from unsloth_studio.store.proof import proof, proves
from unsloth_studio.store.secret import digest_of

SECRET, OTHER = b"s" * 32, b"o" * 32
NONCE = b"n" * 32
ADDRESS = ("127.0.0.1", 8888)


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (proof(SECRET, NONCE, ADDRESS), True),
        (proof(SECRET, NONCE, ("::ffff:127.0.0.1", 8888)), True),
        (proof(OTHER, NONCE, ADDRESS), False),
        (proof(SECRET, b"m" * 32, ADDRESS), False),
        (proof(SECRET, NONCE, ("127.0.0.1", 8889)), False),
        (proof(SECRET, NONCE, ("127.0.0.2", 8888)), False),
        ("", False),
        ("ö" * 64, False),
    ],
)
def test_what_holds(answer: str, holds: bool) -> None:
    assert proves(answer, SECRET, NONCE, ADDRESS) is holds


def test_an_answer_is_never_the_digest_of_a_key() -> None:
    asked = NONCE + b"127.0.0.1|8888"
    assert proof(SECRET, NONCE, ADDRESS) != digest_of(SECRET, asked.decode()).hex()


class Server:
    """A program on a port: `answer` makes the answer to the question for a proof; what it was sent is in `seen`."""

    def __init__(self, kind: str, real: str | None = None) -> None:
        self.kind, self.real = kind, real
        self.seen: list[tuple[str, str | None]] = []
        self.url = ""

    def reply(self, path: str, address: tuple[str, int]) -> tuple[int, object]:
        nonce = bytes.fromhex(parse_qs(urlsplit(path).query).get("nonce", [""])[0])
        if not path.startswith("/api/proof"):
            return 200, {"path": path}
        if self.kind == "ours":
            return 200, {"proof": proof(SECRET, nonce, address)}
        if self.kind == "guess":
            return 200, {"proof": "0" * 64}
        if self.kind == "list":
            return 200, ["no object"]
        if self.kind == "relay":
            with urllib.request.urlopen(f"{self.real}{path}", timeout=5) as answer:
                return 200, json.loads(answer.read())
        return 404, {"error": {"message": "no such route", "code": None}}


@contextmanager
def running(server: Server) -> Generator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.seen.append((self.path, self.headers["authorization"]))
            status, body = server.reply(self.path, self.connection.getsockname()[:2])
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def test_the_key_goes_over_the_connection_that_was_proved() -> None:
    with running(Server("ours")) as server:
        proven = prove(server.url, SECRET, timeout=5)
        assert proven.get("/v1/models", "the-key") == {"path": "/v1/models"}
        proven.close()
        with pytest.raises(NoAnswer):  # it is not opened anew for a key
            proven.get("/v1/models", "the-key")
    assert [key for _, key in server.seen] == [None, "Bearer the-key"]


@pytest.mark.parametrize("kind", ["guess", "none", "list", "relay"])
def test_who_cannot_prove_it_gets_no_key(kind: str) -> None:
    with (
        running(Server("ours")) as real,
        running(Server(kind, real.url)) as impostor,
        pytest.raises(NotOurs, match="no key was sent"),
    ):
        prove(impostor.url, SECRET, timeout=5)
    assert [key for _, key in impostor.seen] == [None]


def test_the_server_of_another_folder_is_not_ours() -> None:
    with running(Server("ours")) as server, pytest.raises(NotOurs):
        prove(server.url, OTHER, timeout=5)


def test_nobody_there_and_refusals_are_told() -> None:
    with pytest.raises(NoAnswer):
        prove("http://127.0.0.1:9", SECRET, timeout=5)
    server = Server("ours")
    with running(server):
        proven = prove(server.url, SECRET, timeout=5)
        server.kind = "none"
        with pytest.raises(Refused, match="no such route"):
            proven.get("/api/proof?nonce=00", "k")
        proven.close()
