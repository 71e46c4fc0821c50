"""The images of a request, made ready for the engine: fetched, checked, converted, each as one `data:` URL.

The rule: no URL that a client wrote reaches the engine unless its bytes were looked at here. The engine would fetch
http(s) URLs by itself, from inside this machine's network.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.engine.replies import CANNOT_SEE
from unsloth_studio.serving.data_url import decode_base64, says_base64
from unsloth_studio.serving.fetch import Fetcher, FetchFailed
from unsloth_studio.serving.fetch_guard import FetchRefused
from unsloth_studio.serving.image_file import ImageFile, ImageLimits, ImageRefused, presentable
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import Conversation, ImagePart, Message, Part, Request, TextPart, ToolResultPart

UNSEEN = "[An image, which this model cannot see.]"
_DECODERS = 2


def _decoders() -> asyncio.Semaphore:
    return asyncio.Semaphore(_DECODERS)


class ImagePolicy(Struct, frozen=True):
    """What a request may bring. `max_encoded_bytes` is per image and counts base64, as OpenAI and Anthropic do;
    `timeout` is in seconds and for all images of a request.

    `fetcher` None refuses http(s) URLs. `decoders` bounds how many images of all requests are decoded at once: one may
    take some hundred MiB.
    """

    fetcher: Fetcher | None = None
    limits: ImageLimits = field(default_factory=ImageLimits)
    max_images: int = 50
    max_encoded_bytes: int = 20 * 2**20
    max_total_bytes: int = 64 * 2**20
    timeout: float = 60.0
    decoders: asyncio.Semaphore = field(default_factory=_decoders)


async def prepare_images(request: Request, *, vision: bool, policy: ImagePolicy) -> Request:
    """`request` with every image as a `data:` URL that the engine can read; itself when it has none.

    For a model without `vision` an image in a tool's result becomes words that say so: an agent could never take it back.

    Raises `TurnFailure` (invalid_request) for any other image that such a model is sent, and for one that is too large,
    damaged, of an unknown kind, or cannot be fetched.
    """
    conversation = request.prompt
    if not isinstance(conversation, Conversation):
        return request
    images = list(_images(conversation.messages))
    if not images:
        return request
    if not vision:
        messages = tuple(_unseen(message) for message in conversation.messages)
        if any(_images(messages)):
            raise invalid(CANNOT_SEE, code="image_not_supported")
        return replace(request, prompt=replace(conversation, messages=messages))
    if len(images) > policy.max_images:
        raise invalid(
            f"The request holds {len(images)} images; at most {policy.max_images} are read at once. Leave out old ones.",
            code="too_many_images",
        )
    try:
        async with asyncio.timeout(policy.timeout):
            ready = await _ready(images, policy)
    except TimeoutError as error:
        raise invalid(
            f"The images of this request could not be read within {policy.timeout:g} s. Send fewer, or as data: URLs.",
            code="invalid_image",
        ) from error
    messages = tuple(_replaced(message, ready) for message in conversation.messages)
    return replace(request, prompt=replace(conversation, messages=messages))


def _images(messages: tuple[Message, ...]) -> Iterator[ImagePart]:
    for message in messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                yield part
            elif isinstance(part, ToolResultPart):
                yield from (inner for inner in part.parts if isinstance(inner, ImagePart))


def _unseen(message: Message) -> Message:
    def told(part: Part) -> Part:
        if not isinstance(part, ToolResultPart):
            return part
        inner = tuple(TextPart(UNSEEN) if isinstance(one, ImagePart) else one for one in part.parts)
        return replace(part, parts=inner)

    return Message(message.role, tuple(told(part) for part in message.parts))


async def _ready(images: list[ImagePart], policy: ImagePolicy) -> dict[str, str]:
    """From each URL to the one that the engine gets; an image that comes twice is prepared once."""
    ready: dict[str, str] = {}
    total = 0
    for number, image in enumerate(images, 1):
        if image.url in ready:
            continue
        name = f"Image {number} of {len(images)}"
        ready[image.url] = await _prepare(image.url, name, policy)
        total += len(ready[image.url])
        if total > policy.max_total_bytes:
            limit = policy.max_total_bytes / 2**20
            raise _wrong(f"The images of this request have more than {limit:.0f} MiB together")
    return ready


async def _prepare(url: str, name: str, policy: ImagePolicy) -> str:
    if url[:5].lower() == "data:":
        if len(url) > policy.max_encoded_bytes + 256:
            raise _too_large(name, policy)
        async with policy.decoders:
            return await asyncio.to_thread(_from_data_url, url, name, policy)
    body = await _fetch(url, name, policy)
    async with policy.decoders:
        return await asyncio.to_thread(_from_file, body, name, policy)


async def _fetch(url: str, name: str, policy: ImagePolicy) -> bytes:
    if policy.fetcher is None:
        raise _wrong(f"{name} is given by a URL, and fetching is switched off here: send it as a data: URL")
    try:
        return (await policy.fetcher.get(url, max_bytes=policy.max_encoded_bytes // 4 * 3)).body
    except (FetchRefused, FetchFailed) as error:
        raise _wrong(f"{name} cannot be fetched. {str(error).rstrip('.')}. Or send it as a data: URL") from error


def _from_data_url(url: str, name: str, policy: ImagePolicy) -> str:
    """The same URL when nothing had to change and it is spelled as the engine wants it."""
    head, comma, payload = url.partition(",")
    if not comma:
        raise _wrong(f"{name} has no data: it must be data:<media type>;base64,<data>")
    body, plain = _decode(payload, name) if says_base64(head) else (unquote_to_bytes(payload), False)
    if len(body) > policy.max_encoded_bytes // 4 * 3:
        raise _too_large(name, policy)
    file = _look(body, name, policy)
    as_it_was = plain and file.body is body and head == f"data:{file.media_type};base64"
    return url if as_it_was else _data_url(file)


def _from_file(body: bytes, name: str, policy: ImagePolicy) -> str:
    return _data_url(_look(body, name, policy))


def _decode(payload: str, name: str) -> tuple[bytes, bool]:
    """The bytes, and whether `payload` is spelled as the engine reads it."""
    try:
        return decode_base64(payload)
    except ValueError as error:
        raise _wrong(f"{name} is not valid base64") from error


def _look(body: bytes, name: str, policy: ImagePolicy) -> ImageFile:
    if not body:
        raise _wrong(f"{name} is empty")
    try:
        return presentable(body, policy.limits)
    except ImageRefused as error:
        raise _wrong(f"{name} {error}") from error


def _data_url(file: ImageFile) -> str:
    return f"data:{file.media_type};base64,{base64.b64encode(file.body).decode()}"


def _too_large(name: str, policy: ImagePolicy) -> TurnFailure:
    return _wrong(f"{name} is larger than {policy.max_encoded_bytes / 2**20:.0f} MiB (base64)")


def _wrong(what: str) -> TurnFailure:
    return invalid(f"{what}.", code="invalid_image")


def _replaced(message: Message, ready: Mapping[str, str]) -> Message:
    if not any(isinstance(part, ImagePart | ToolResultPart) for part in message.parts):
        return message
    return Message(message.role, tuple(_part(part, ready) for part in message.parts))


def _part(part: Part, ready: Mapping[str, str]) -> Part:
    if isinstance(part, ImagePart):
        return _image(part, ready)
    if isinstance(part, ToolResultPart):
        inner = tuple(_image(p, ready) if isinstance(p, ImagePart) else p for p in part.parts)
        return replace(part, parts=inner)
    return part


def _image(part: ImagePart, ready: Mapping[str, str]) -> ImagePart:
    return replace(part, url=ready[part.url])
