"""Images through the whole server: seen with a projector, refused in the dialect's shape without, fetched only where allowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.pictures import data_url, picture
from tests.support.server import StudioServer
from tests.support.vision import IMAGE_TOKENS, write_projector
from tests.support.workplace import Workplace, cards

pytestmark = pytest.mark.e2e

PNG = picture("PNG")
Json = dict[str, Any]


class Pictures(BaseHTTPRequestHandler):
    """Every path is a WebP picture, which the engine itself cannot read."""

    def do_GET(self) -> None:
        body = picture("WEBP")
        self.send_response(200)
        self.send_header("Content-Type", "image/webp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's spelling
        del format, args


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """`127.0.0.1:PORT` of a server with pictures."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`seeing.gguf` and a projector elsewhere; `pair` holds both side by side; `blind.gguf` is alone."""
    folder = tmp_path_factory.mktemp("seeing")
    model = write_scripted_gguf(folder / "seeing.gguf", ("I", " see"))
    (folder / "elsewhere").mkdir()
    projector = write_projector(folder / "elsewhere" / "eye.gguf", model)
    (folder / "pair").mkdir()
    (folder / "pair" / "beside.gguf").symlink_to(model)
    (folder / "pair" / "mmproj-F16.gguf").symlink_to(projector)
    return folder


def place(tmp_path_factory: pytest.TempPathFactory, web: str) -> Workplace:
    place = Workplace(tmp_path_factory.mktemp("place"))
    place.configure(f'fetch_allowed_hosts = ["{web}"]\n')
    return place


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory, folder: Path, web: str) -> Iterator[StudioServer]:
    words = ("--model", str(folder / "seeing.gguf"), "--mmproj", str(folder / "elsewhere" / "eye.gguf"))
    with place(tmp_path_factory, web).serve(*words, "-c", "2048") as server:
        yield server


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory, folder: Path, web: str) -> Iterator[StudioServer]:
    with place(tmp_path_factory, web).serve("--model", str(folder / "seeing.gguf"), "-c", "2048") as server:
        yield server


def ask(server: StudioServer, dialect: str, url: str | None) -> httpx.Response:
    """One question with the image at `url`, or (None) without."""
    text, image = "What is this?", url
    match dialect:
        case "chat":
            path, kind = "/v1/chat/completions", "text"
            part: Json = {"type": "image_url", "image_url": {"url": image}}
        case "responses":
            path, kind = "/v1/responses", "input_text"
            part = {"type": "input_image", "image_url": image}
        case _:
            path, kind = "/v1/messages", "text"
            part = {"type": "image", "source": {"type": "url", "url": image}}
            if image is not None and image.startswith("data:"):
                encoded = image.partition(",")[2]
                part["source"] = {"type": "base64", "media_type": "image/png", "data": encoded}
    content = [{"type": kind, "text": text}, *([] if image is None else [part])]
    turns = [{"role": "user", "content": content}]
    body: Json = {"input": turns} if dialect == "responses" else {"messages": turns}
    with server.client() as client:
        return client.post(path, json={**body, "max_tokens": 20} if dialect == "messages" else body)


def prompt_tokens(reply: httpx.Response) -> int:
    assert reply.status_code == 200, reply.text
    assert "I see" in reply.text
    usage = reply.json()["usage"]
    if "prompt_tokens" in usage:
        return usage["prompt_tokens"]
    return usage["input_tokens"] + usage.get("cache_read_input_tokens", 0)


DIALECTS = ("chat", "responses", "messages")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("source", ["in the request", "at an allowed host"])
def test_image_is_seen(seeing: StudioServer, web: str, dialect: str, source: str) -> None:
    url = data_url(PNG) if source == "in the request" else f"http://{web}/a.webp"
    assert prompt_tokens(ask(seeing, dialect, url)) == prompt_tokens(ask(seeing, dialect, None)) + IMAGE_TOKENS


def test_projector_beside_the_model_is_found(tmp_path_factory: pytest.TempPathFactory, folder: Path, web: str) -> None:
    with place(tmp_path_factory, web).serve("-m", str(folder / "pair" / "beside.gguf"), "-c", "2048") as server:
        more = prompt_tokens(ask(server, "chat", data_url(PNG))) - prompt_tokens(ask(server, "chat", None))
        assert more == IMAGE_TOKENS
        with server.client() as client:
            assert cards(client)["beside"]["capabilities"]["image_input"]["supported"] is True


def problem(reply: httpx.Response, dialect: str) -> str:
    """The sentence of a 400 in the dialect's own shape."""
    assert reply.status_code == 400, reply.text
    said = reply.json()
    if dialect == "messages":
        assert (said["type"], said["error"]["type"]) == ("error", "invalid_request_error")
    else:
        assert set(said["error"]) == {"message", "type", "param", "code"}
    return said["error"]["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_blind_model_refuses_with_advice(blind: StudioServer, dialect: str) -> None:
    assert "projector" in problem(ask(blind, dialect, data_url(PNG)), dialect)
    with blind.client() as client:
        assert cards(client)["seeing"]["capabilities"]["image_input"]["supported"] is False


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.png", "http://169.254.169.254/latest", "http://[::1]/a.png", "file:///etc/passwd"]
)
def test_private_address_is_never_asked(seeing: StudioServer, dialect: str, url: str) -> None:
    said = problem(ask(seeing, dialect, url), dialect)
    assert "root:" not in said
    assert said


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bytes_that_are_no_image_are_the_clients_mistake(seeing: StudioServer, dialect: str) -> None:
    assert "image" in problem(ask(seeing, dialect, data_url(b"no image at all")), dialect)
