"""A request's images on their way to the engine: found everywhere, looked at once, or refused in a sentence."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.pictures import data_url, picture

from unsloth_studio.serving.fetch import Fetched, FetchFailed
from unsloth_studio.serving.fetch_guard import FetchRefused
from unsloth_studio.serving.image_file import ImageLimits
from unsloth_studio.serving.images import UNSEEN, ImagePolicy, prepare_images
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    Part,
    RawPrompt,
    Request,
    TextPart,
    ToolResultPart,
)

PNG, WEBP = picture("PNG"), picture("WEBP")
URL = data_url(PNG)
POLICY = ImagePolicy()


@dataclass
class Web:
    """What the internet holds, and what of it was asked for."""

    files: dict[str, bytes | Exception] = field(default_factory=dict[str, bytes | Exception])
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        self.asked.append((url, max_bytes))
        found = self.files[url]
        if isinstance(found, Exception):
            raise found
        return Fetched(found, "text/html", url)


def asking(*parts: Part, **fields: Any) -> Request:
    return Request(Conversation((Message("user", (TextPart("What is this?"), *parts)),)), **fields)


def urls(request: Request) -> list[str]:
    assert isinstance(request.prompt, Conversation)
    parts = [part for message in request.prompt.messages for part in message.parts]
    inner = [i for part in parts for i in (part.parts if isinstance(part, ToolResultPart) else (part,))]
    return [part.url for part in inner if isinstance(part, ImagePart)]


async def refusal(request: Request, *, vision: bool = True, policy: ImagePolicy = POLICY) -> TurnError:
    with pytest.raises(TurnFailure) as failure:
        await prepare_images(request, vision=vision, policy=policy)
    assert failure.value.error.kind == "invalid_request"
    return failure.value.error


@pytest.mark.parametrize("vision", [True, False])
@pytest.mark.parametrize("request_", [asking(DocumentPart("text")), Request(RawPrompt("text"))], ids=["chat", "raw"])
async def test_a_request_without_images_is_itself(request_: Request, vision: bool) -> None:
    assert await prepare_images(request_, vision=vision, policy=POLICY) is request_


@pytest.mark.parametrize(
    "message",
    [
        Message("user", (ImagePart(URL),)),
        Message("assistant", (ImagePart(URL),)),
        Message("system", (ImagePart(URL),)),
    ],
    ids=["user", "assistant", "instructions"],
)
async def test_a_model_that_cannot_see_is_told_apart_wherever_the_image_stands(message: Message) -> None:
    error = await refusal(Request(Conversation((message,))), vision=False)
    assert error.code == "image_not_supported"
    assert error.message.startswith("This model cannot see images: load one with a projector (mmproj)")


async def test_an_agent_whose_model_cannot_see_keeps_its_conversation() -> None:
    """It cannot take the result of a tool back."""
    message = Message("tool", (ToolResultPart("c1", (TextPart("a"), ImagePart(URL))),))
    prepared = (await prepare_images(Request(Conversation((message,))), vision=False, policy=POLICY)).prompt
    assert isinstance(prepared, Conversation)
    assert prepared.messages == (Message("tool", (ToolResultPart("c1", (TextPart("a"), TextPart(UNSEEN))),)),)


async def test_images_are_converted_in_place_and_the_rest_is_kept() -> None:
    result = ToolResultPart("c1", (TextPart("shot"), ImagePart(data_url(WEBP, "image/webp"))), is_error=True)
    request = Request(
        Conversation(
            (
                Message("system", (TextPart("Look."),)),
                Message("user", (TextPart("a"), ImagePart(URL, "high"), TextPart("b"))),
                Message("tool", (result,)),
            )
        ),
        model="m",
        max_tokens=5,
    )
    ready = await prepare_images(request, vision=True, policy=POLICY)
    first, second = urls(ready)
    assert first == URL
    assert second.startswith("data:image/png;base64,")
    assert isinstance(request.prompt, Conversation)
    assert isinstance(ready.prompt, Conversation)
    system, user, _ = request.prompt.messages
    tool = Message("tool", (replace(result, parts=(TextPart("shot"), ImagePart(second))),))
    assert ready == replace(request, prompt=replace(request.prompt, messages=(system, user, tool)))


ENCODED = base64.b64encode(PNG).decode()
SPELLINGS = {
    "a wrong media type": f"data:image/jpeg;base64,{ENCODED}",
    "no media type": f"data:;base64,{ENCODED}",
    "a parameter": f"data:image/png;name=a.png;base64,{ENCODED}",
    "capital letters": f"DATA:IMAGE/PNG;BASE64,{ENCODED}",
    "line ends": f"data:image/png;base64,{ENCODED[:40]}\r\n{ENCODED[40:]}\n",
    "no padding": f"data:image/png;base64,{base64.b64encode(PNG + bytes(-len(PNG) % 3 + 1)).decode().rstrip('=')}",
    "the URL alphabet": f"data:image/png;base64,{base64.urlsafe_b64encode(PNG).decode()}",
    "percent signs": f"data:image/png;base64,{ENCODED.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')}",
    "percent signs and no base64": "data:image/png," + "".join(f"%{byte:02X}" for byte in PNG),
}


@pytest.mark.parametrize("name", SPELLINGS)
async def test_every_spelling_of_a_data_url_reaches_the_engine_in_the_one_it_reads(name: str) -> None:
    (url,) = urls(await prepare_images(asking(ImagePart(SPELLINGS[name])), vision=True, policy=POLICY))
    head, _, payload = url.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(payload, validate=True).rstrip(b"\0") == PNG.rstrip(b"\0")


SMALL = ImagePolicy(max_encoded_bytes=4000, max_images=2, limits=ImageLimits(max_pixels=2400), max_total_bytes=5000)
WRONG = {
    "no data": (("data:image/png",), "Image 1 of 1 has no data: it must be data:<media type>;base64,<data>."),
    "not base64": (("data:image/png;base64,%%%",), "Image 1 of 1 is not valid base64."),
    "letters beyond ASCII": (("data:image/png;base64,ééé",), "Image 1 of 1 is not valid base64."),
    "empty": (("data:image/png;base64,",), "Image 1 of 1 is empty."),
    "not an image": ((data_url(b"hello"),), "Image 1 of 1 is not in a known image format (JPEG, PNG, GIF, WebP,"),
    "the second of two": ((URL, data_url(PNG[:60])), "Image 2 of 2 is damaged or cut off."),
    "too many pixels": ((data_url(picture("PNG", size=(60, 41))),), "Image 1 of 1 has 60 x 41 pixels, more than 2400"),
    "too large": ((data_url(PNG + bytes(4000)),), "Image 1 of 1 is larger than 0 MiB (base64)."),
    "too large together": (
        (data_url(PNG + bytes(2700)), data_url(PNG + bytes(2701))),
        "The images of this request have more than 0 MiB together.",
    ),
    "too many": ((URL, URL, URL), "The request holds 3 images; at most 2 are read at once."),
    "a URL where fetching is off": (("https://example.com/a.png",), "Image 1 of 1 is given by a URL, and fetching is"),
    "another scheme": (("file:///etc/passwd",), "Image 1 of 1 is given by a URL, and fetching is switched off"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_with_an_image_is_a_sentence(name: str) -> None:
    given, message = WRONG[name]
    error = await refusal(asking(*map(ImagePart, given)), policy=SMALL)
    assert error.message.startswith(message)
    assert error.message.endswith(".")
    assert error.code in ("invalid_image", "too_many_images")


async def test_an_image_by_url_is_fetched_once_and_known_by_its_bytes() -> None:
    web = Web({"https://example.com/a": PNG})
    policy = ImagePolicy(fetcher=web, max_encoded_bytes=8000)
    request = asking(ImagePart("https://example.com/a"), ImagePart("https://example.com/a"))
    assert urls(await prepare_images(request, vision=True, policy=policy)) == [URL, URL]
    assert web.asked == [("https://example.com/a", 6000)]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (FetchRefused("The host h is not on the public internet."), "The host h is not on the public internet. "),
        (FetchFailed("The host h answers with status 404."), "The host h answers with status 404. "),
    ],
    ids=["the guard says no", "the fetch fails"],
)
async def test_an_image_that_cannot_be_fetched_says_why(found: Exception, message: str) -> None:
    policy = ImagePolicy(fetcher=Web({"http://h/": found}))
    error = await refusal(asking(ImagePart("http://h/")), policy=policy)
    assert error.message == f"Image 1 of 1 cannot be fetched. {message}Or send it as a data: URL."


async def test_a_page_instead_of_an_image_is_refused() -> None:
    policy = ImagePolicy(fetcher=Web({"http://h/": b"<!doctype html>"}))
    assert "is not in a known image format" in (await refusal(asking(ImagePart("http://h/")), policy=policy)).message


async def test_images_that_take_too_long_are_given_up() -> None:
    class Silent(Web):
        async def get(self, url: str, *, max_bytes: int) -> Fetched:
            return await asyncio.get_running_loop().create_future()

    error = await refusal(asking(ImagePart("http://h/")), policy=ImagePolicy(fetcher=Silent(), timeout=0.01))
    assert error.message.startswith("The images of this request could not be read within 0.01 s.")


async def test_the_event_loop_turns_while_a_large_image_is_decoded() -> None:
    large = data_url(picture("PNG", size=(3000, 3000)))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    await prepare_images(asking(ImagePart(large)), vision=True, policy=POLICY)
    counting.cancel()
    assert turns > 20
