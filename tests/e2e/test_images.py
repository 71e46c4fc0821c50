"""Images through every dialect's reader, through `prepare_images`, into the real engine with a projector, and into the fake
one, which tells what it got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson
import pytest
from tests.support.chains import PLAIN_TEXT
from tests.support.engines import RunningEngine, fake_engine
from tests.support.fixtures import ScriptedGguf
from tests.support.image_requests import IMAGE_FORMS, Json, Read
from tests.support.pictures import data_url, picture, turned
from tests.support.vision import IMAGE_TOKENS, seeing_engine, write_projector

from unsloth_studio.engine.encode import count_body, engine_body
from unsloth_studio.engine.replies import error_of_reply
from unsloth_studio.serving.fetch import Fetched
from unsloth_studio.serving.images import ImagePolicy, prepare_images
from unsloth_studio.turn.messages import Conversation, ImagePart, Message, Request, TextPart

pytestmark = pytest.mark.e2e

COUNT = "/v1/chat/completions/input_tokens"
FILES: Mapping[str, bytes] = {
    "PNG": picture("PNG"),
    "PNG with alpha": picture("PNG", mode="RGBA"),
    "PNG, one pixel": picture("PNG", size=(1, 1)),
    "JPEG": picture("JPEG"),
    "JPEG, progressive": picture("JPEG", progressive=True),
    "JPEG in CMYK": picture("JPEG", mode="CMYK"),
    "JPEG on its side": turned("JPEG", 6),
    "GIF": picture("GIF"),
    "BMP": picture("BMP"),
    "BMP in black and white": picture("BMP", mode="1"),
    "WebP": picture("WEBP"),
    "AVIF": picture("AVIF"),
    "TIFF": picture("TIFF"),
    "larger than any screen": picture("PNG", size=(5000, 100)),
}
ENGINE_CANNOT = ("WebP", "AVIF", "TIFF")


class Web:
    """Every URL is a WebP picture."""

    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        return Fetched(FILES["WebP"], "text/plain", url)


POLICY = ImagePolicy(fetcher=Web())


@pytest.fixture(scope="module")
def engine(scripted_gguf: ScriptedGguf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """The real engine with a model that can see and always says the same."""
    model = scripted_gguf(PLAIN_TEXT)
    projector = write_projector(tmp_path_factory.mktemp("projector") / "mmproj-scripted.gguf", model)
    with seeing_engine(model, projector) as engine:
        yield engine


@pytest.fixture(scope="module")
def blind(scripted_gguf: ScriptedGguf) -> Iterator[RunningEngine]:
    with seeing_engine(scripted_gguf(PLAIN_TEXT), None) as engine:
        yield engine


def showing(*urls: str) -> Request:
    parts = (TextPart("What is this?"), *map(ImagePart, urls))
    return Request(Conversation((Message("user", parts),)), max_tokens=20)


def answer(engine: RunningEngine, request: Request) -> Json:
    """The engine's whole reply to what it would be asked."""
    body: Json = orjson.loads(engine_body(request, model="m", speaks_llama=True))
    reply = engine.post("/v1/chat/completions", {**body, "stream": False, "stream_options": None})
    assert reply.status_code == 200, reply.text
    return reply.json()


def tokens(engine: RunningEngine, request: Request) -> int:
    return engine.post(COUNT, orjson.loads(count_body(request, model="m"))).raise_for_status().json()["input_tokens"]


def test_the_engine_says_whether_it_can_see(engine: RunningEngine, blind: RunningEngine) -> None:
    assert (engine.get("/props")["modalities"]["vision"], blind.get("/props")["modalities"]["vision"]) == (True, False)


@pytest.mark.parametrize("name", FILES)
async def test_every_format_is_seen_and_counted(engine: RunningEngine, name: str) -> None:
    request = await prepare_images(showing(data_url(FILES[name])), vision=True, policy=POLICY)
    reply = answer(engine, request)
    assert reply["choices"][0]["message"]["content"] == "".join(PLAIN_TEXT)
    assert reply["usage"]["prompt_tokens"] == tokens(engine, showing()) + IMAGE_TOKENS
    assert tokens(engine, request) == reply["usage"]["prompt_tokens"]


@pytest.mark.parametrize("name", ENGINE_CANNOT)
def test_the_engine_itself_cannot_read_these(engine: RunningEngine, name: str) -> None:
    """When one of these passes, its conversion is no longer needed."""
    body: Json = orjson.loads(engine_body(showing(data_url(FILES[name])), model="m", speaks_llama=True))
    reply = engine.post("/v1/chat/completions", {**body, "stream": False, "stream_options": None})
    error = error_of_reply(reply.status_code, reply.content)
    assert (error.kind, error.code) == ("invalid_request", "invalid_image")


async def test_three_images_count_three_times(engine: RunningEngine) -> None:
    request = showing(data_url(FILES["PNG"]), data_url(FILES["WebP"]), "https://example.com/a")
    reply = answer(engine, await prepare_images(request, vision=True, policy=POLICY))
    assert reply["usage"]["prompt_tokens"] == tokens(engine, showing()) + 3 * IMAGE_TOKENS


REAL = data_url(FILES["PNG"])


def shown(name: str) -> tuple[Read, Json]:
    """A form of `IMAGE_FORMS` with a picture in it that can be decoded."""
    read, body, url = IMAGE_FORMS[name]
    text = orjson.dumps(body).decode().replace("iVBORw0KGgo=", REAL.partition(",")[2])
    return read, orjson.loads(text if url.startswith("data:") else orjson.dumps(body))


@pytest.mark.parametrize("name", IMAGE_FORMS)
async def test_an_image_of_every_dialect_is_seen(engine: RunningEngine, name: str) -> None:
    read, body = shown(name)
    request = await prepare_images(read({"model": "m", "max_tokens": 20, **body}), vision=True, policy=POLICY)
    assert isinstance(request.prompt, Conversation)
    reply = answer(engine, request)
    assert reply["choices"][0]["message"]["content"] == "".join(PLAIN_TEXT)
    assert reply["usage"]["prompt_tokens"] > IMAGE_TOKENS + 10


@pytest.mark.parametrize("name", IMAGE_FORMS)
async def test_the_engine_gets_bytes_and_never_a_url(name: str) -> None:
    read, body = shown(name)
    request = await prepare_images(read({"model": "m", "max_tokens": 20, **body}), vision=True, policy=POLICY)
    with fake_engine() as engine:
        engine.post("/v1/chat/completions", orjson.loads(engine_body(request, model="m", speaks_llama=True)))
        (record,) = engine.state()["requests"]
    messages: list[Json] = record["body"]["messages"]
    lists: list[tuple[str, list[Json]]] = [(m["role"], m["content"]) for m in messages if type(m["content"]) is list]
    sent = [(role, part["image_url"]["url"]) for role, parts in lists for part in parts if part["type"] == "image_url"]
    converted = (await prepare_images(showing("https://x/"), vision=True, policy=POLICY)).prompt
    assert isinstance(converted, Conversation)
    fetched = converted.messages[0].parts[1]
    assert isinstance(fetched, ImagePart)
    assert sent == [("user", REAL if IMAGE_FORMS[name][2].startswith("data:") else fetched.url)]
    assert not [message for message in messages if message["role"] == "tool" and "image_url" in message["content"]]


def test_a_blind_engine_is_a_400_with_advice_even_when_nobody_asked_before(blind: RunningEngine) -> None:
    body: Json = orjson.loads(engine_body(showing(REAL), model="m", speaks_llama=True))
    reply = blind.post("/v1/chat/completions", {**body, "stream": False, "stream_options": None})
    assert reply.status_code == 500, "the engine blames itself"
    error = error_of_reply(reply.status_code, reply.content)
    assert (error.kind, error.code) == ("invalid_request", "image_not_supported")
    assert "mmproj" in error.message
