"""Images through `unsloth run`: in every dialect, with a projector that was named or lies beside the model, and without."""

from __future__ import annotations

import base64
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.pictures import data_url, picture, turned
from tests.support.vision import IMAGE_TOKENS, write_projector
from tests.support.workplace import Workplace, cards

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
PNG = picture("PNG")


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's spelling
        del format, args


@contextmanager
def web(folder: Path) -> Generator[str]:
    """A web server on 127.0.0.1 with the files of `folder`; its host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.server_port}"
        finally:
            listener.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its projector beside it, one whose projector is elsewhere, and a picture in two formats."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("seeing", "bare", "elsewhere"):
        (folder / name).mkdir()
    for name in ("seeing/seeing.gguf", "bare/bare.gguf"):
        write_scripted_gguf(folder / name, ("I ", "saw ", "it"))
    write_projector(folder / "seeing" / "mmproj-seeing-F32.gguf", folder / "seeing" / "seeing.gguf")
    write_projector(folder / "elsewhere" / "projector.gguf", folder / "bare" / "bare.gguf")
    (folder / "picture.png").write_bytes(PNG)
    (folder / "picture.webp").write_bytes(picture("WEBP"))
    return folder


@pytest.fixture(scope="module")
def pictures(models: Path) -> Iterator[str]:
    with web(models) as host:
        yield host


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory, models: Path, pictures: str) -> Iterator[httpx.Client]:
    """A server whose model found its projector by itself, and that may fetch from `pictures`."""
    place = Workplace(tmp_path_factory.mktemp("seeing"))
    place.configure(f'fetch_allowed_hosts = ["{pictures}"]\n')
    with (
        place.serve("--model", str(models / "seeing" / "seeing.gguf"), "-c", "1024") as server,
        server.client() as http,
    ):
        yield http


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[httpx.Client]:
    place = Workplace(tmp_path_factory.mktemp("blind"))
    with place.serve("--model", str(models / "bare" / "bare.gguf"), "-c", "1024") as server, server.client() as http:
        yield http


def chat(*urls: str) -> Json:
    parts: list[Json] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}]}


def responses(*urls: str) -> Json:
    parts: list[Json] = [{"type": "input_image", "image_url": url} for url in urls]
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "What is this?"}, *parts]}]}


def messages(*urls: str) -> Json:
    parts: list[Json] = [{"type": "image", "source": _source(url)} for url in urls]
    content = [{"type": "text", "text": "What is this?"}, *parts]
    return {"max_tokens": 50, "messages": [{"role": "user", "content": content}]}


def _source(url: str) -> Json:
    """As Anthropic's clients send it: base64 with its type, or an address."""
    head, comma, payload = url.partition(";base64,")
    if not comma:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": head.removeprefix("data:"), "data": payload}


def said_in_chat(reply: Json) -> tuple[str, int]:
    return reply["choices"][0]["message"]["content"], reply["usage"]["prompt_tokens"]


def said_in_responses(reply: Json) -> tuple[str, int]:
    return reply["output"][-1]["content"][0]["text"], reply["usage"]["input_tokens"]


def said_in_messages(reply: Json) -> tuple[str, int]:
    usage = reply["usage"]
    return reply["content"][0]["text"], usage["input_tokens"] + (usage.get("cache_read_input_tokens") or 0)


DIALECTS = {
    "chat": ("/v1/chat/completions", chat, said_in_chat),
    "responses": ("/v1/responses", responses, said_in_responses),
    "messages": ("/v1/messages", messages, said_in_messages),
}


def ask(http: httpx.Client, dialect: str, *urls: str) -> tuple[str, int]:
    """What the model says to these images, and how many tokens the prompt had."""
    path, body, said = DIALECTS[dialect]
    reply = http.post(path, json=body(*urls))
    assert reply.status_code == 200, reply.text
    return said(reply.json())


def refusal(http: httpx.Client, dialect: str, url: str) -> Json:
    """The error that this image gets; its envelope must be the dialect's."""
    path, body, _ = DIALECTS[dialect]
    reply = http.post(path, json=body(url))
    assert reply.status_code == 400, reply.text
    envelope = reply.json()
    error = envelope["error"]
    assert error["type"] == "invalid_request_error"
    if dialect == "messages":
        assert envelope["type"] == "error"
        assert {"type", "message"} <= set(error) <= {"type", "message", "param", "details"}
    else:
        assert (set(envelope), set(error)) == ({"error"}, {"message", "type", "param", "code"})
    return error


@pytest.mark.parametrize("dialect", DIALECTS)
def test_image_is_seen(seeing: httpx.Client, dialect: str) -> None:
    text, without = ask(seeing, dialect)
    assert text == "I saw it"
    kinds = {"PNG": data_url(PNG), "WebP": data_url(picture("WEBP"), "image/webp"), "JPEG": data_url(turned("JPEG", 6))}
    for url in kinds.values():
        assert ask(seeing, dialect, url) == ("I saw it", without + IMAGE_TOKENS)
    assert ask(seeing, dialect, *kinds.values()) == ("I saw it", without + 3 * IMAGE_TOKENS)


def test_image_in_a_tool_result_is_seen(seeing: httpx.Client) -> None:
    shot = {"type": "image", "source": _source(data_url(PNG))}

    def body(*result: Json) -> Json:
        call: Json = {"type": "tool_use", "id": "toolu_1", "name": "screenshot", "input": {}}
        answer: Json = {"type": "tool_result", "tool_use_id": "toolu_1", "content": list(result)}
        turns: list[Json] = [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [answer]},
        ]
        tool: Json = {"name": "screenshot", "input_schema": {"type": "object", "properties": {}}}
        return {"max_tokens": 50, "messages": turns, "tools": [tool]}

    text = {"type": "text", "text": "Here."}
    without = seeing.post("/v1/messages", json=body(text))
    shown = seeing.post("/v1/messages", json=body(text, shot))
    assert (without.status_code, shown.status_code) == (200, 200), (without.text, shown.text)
    assert said_in_messages(shown.json())[0] == "I saw it"
    assert said_in_messages(shown.json())[1] >= said_in_messages(without.json())[1] + IMAGE_TOKENS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_allowed_host_is_fetched_from(seeing: httpx.Client, pictures: str, dialect: str) -> None:
    without = ask(seeing, dialect)[1]
    for name in ("picture.png", "picture.webp"):
        assert ask(seeing, dialect, f"http://{pictures}/{name}") == ("I saw it", without + IMAGE_TOKENS)
    assert "404" in refusal(seeing, dialect, f"http://{pictures}/nothing.png")["message"]


PRIVATE = {
    "loopback": "http://127.0.0.1:{port}/picture.png",
    "loopback by name": "http://localhost:{port}/picture.png",
    "loopback in IPv6": "http://[::1]:{port}/picture.png",
    "loopback as a number": "http://2130706433:{port}/picture.png",
    "the cloud's own data": "http://169.254.169.254/latest/meta-data/",
}


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_address_of_the_inside_is_not_fetched(seeing: httpx.Client, models: Path, dialect: str, name: str) -> None:
    with web(models) as other:
        error = refusal(seeing, dialect, PRIVATE[name].format(port=other.rpartition(":")[2]))
    assert "cannot be fetched" in error["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_file_of_this_machine_is_not_read(seeing: httpx.Client, models: Path, dialect: str) -> None:
    assert "http(s) URL" in refusal(seeing, dialect, (models / "picture.png").as_uri())["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_model_without_a_projector_says_so(blind: httpx.Client, dialect: str) -> None:
    error = refusal(blind, dialect, data_url(PNG))
    assert "mmproj" in error["message"]
    assert error.get("code", "image_not_supported") == "image_not_supported"
    assert ask(blind, dialect)[0] == "I saw it", "and goes on"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_picture_that_is_none_is_refused(seeing: httpx.Client, dialect: str) -> None:
    nonsense = f"data:image/png;base64,{base64.b64encode(b'no picture at all').decode()}"
    assert "image" in refusal(seeing, dialect, nonsense)["message"].lower()


def test_projector_that_was_named_is_used(tmp_path: Path, models: Path) -> None:
    words = ["--model", str(models / "bare" / "bare.gguf"), "--mmproj", str(models / "elsewhere" / "projector.gguf")]
    with Workplace(tmp_path).serve(*words, "-c", "1024") as server, server.client() as http:
        assert ask(http, "chat", data_url(PNG))[0] == "I saw it"
        assert cards(http)["bare"]["capabilities"]["image_input"] == {"supported": True}


def test_list_says_who_can_see(seeing: httpx.Client, blind: httpx.Client) -> None:
    (one,), (other,) = cards(seeing).values(), cards(blind).values()
    assert [card["capabilities"]["image_input"]["supported"] for card in (one, other)] == [True, False]


def test_projector_that_is_not_there_is_named(tmp_path: Path, models: Path) -> None:
    words = ["--model", str(models / "bare" / "bare.gguf"), "--mmproj", "/nowhere/projector.gguf"]
    result = Workplace(tmp_path).unsloth("run", "-p", "0", *words)
    assert result.returncode == 2, result.stderr
    assert "/nowhere/projector.gguf" in result.stderr
