"""The documents of a request, made ready for the engine: fetched, looked at, and turned into text.

The rule: a document is read or the request is refused, by the name of the field that holds it; none is left out or cut in
silence, because a model answers just as surely about what it has not seen. Agents send the same file with every turn, so
texts are kept for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.serving.data_url import data_url_bytes
from unsloth_studio.serving.document_file import DocumentLimits, DocumentRefused, document_text
from unsloth_studio.serving.fetch import Fetcher, FetchFailed
from unsloth_studio.serving.fetch_guard import FetchRefused
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    DocumentSource,
    Message,
    Part,
    Request,
    ToolResultPart,
)

_READERS = 2


class ReadTexts:
    """Texts of files that were read before, the last used ones, up to so many characters together."""

    def __init__(self, max_characters: int = 8_000_000) -> None:
        self._max_characters = max_characters
        self._texts: OrderedDict[bytes, str] = OrderedDict()
        self._characters = 0

    def get(self, key: bytes) -> str | None:
        if key in self._texts:
            self._texts.move_to_end(key)
        return self._texts.get(key)

    def keep(self, key: bytes, text: str) -> None:
        if key in self._texts or len(text) > self._max_characters:
            return
        self._texts[key] = text
        self._characters += len(text)
        while self._characters > self._max_characters:
            self._characters -= len(self._texts.popitem(last=False)[1])


def _readers() -> asyncio.Semaphore:
    return asyncio.Semaphore(_READERS)


class DocumentPolicy(Struct, frozen=True):
    """What a request may bring. `max_encoded_bytes` is per document and counts base64; `max_characters` and `timeout`
    (seconds) are for all documents of a request.

    `fetcher` None refuses http(s) URLs. `readers` bounds how many documents of all requests are read at once.
    """

    fetcher: Fetcher | None = None
    limits: DocumentLimits = field(default_factory=DocumentLimits)
    max_documents: int = 50
    max_encoded_bytes: int = 44 * 2**20  # 32 MiB and a little of bytes, as OpenAI and Anthropic allow
    max_characters: int = 4_000_000
    timeout: float = 60.0
    readers: asyncio.Semaphore = field(default_factory=_readers)
    read_before: ReadTexts = field(default_factory=ReadTexts)


async def prepare_documents(request: Request, *, policy: DocumentPolicy) -> Request:
    """`request` with the text of every document in place; itself when no document is left to read.

    Raises `TurnFailure` (invalid_request, `param` is the field) for one that is too large, damaged, encrypted, without text,
    of an unknown kind, or cannot be fetched.
    """
    conversation = request.prompt
    if not isinstance(conversation, Conversation):
        return request
    sources = list(_sources(conversation.messages))
    if not sources:
        return request
    if len(sources) > policy.max_documents:
        raise invalid(
            f"The request holds {len(sources)} documents; at most {policy.max_documents} are read. Leave out old ones.",
            code="too_many_documents",
        )
    try:
        async with asyncio.timeout(policy.timeout):
            texts = await _texts(sources, policy)
    except TimeoutError as error:
        raise invalid(
            f"The documents of this request could not be read within {policy.timeout:g} s. Send fewer, or their text.",
            code="invalid_document",
        ) from error
    messages = tuple(_replaced(message, texts) for message in conversation.messages)
    return replace(request, prompt=replace(conversation, messages=messages))


def _sources(messages: tuple[Message, ...]) -> Iterator[DocumentSource]:
    for message in messages:
        for part in message.parts:
            for inner in part.parts if isinstance(part, ToolResultPart) else (part,):
                if isinstance(inner, DocumentPart) and inner.source is not None:
                    yield inner.source


async def _texts(sources: list[DocumentSource], policy: DocumentPolicy) -> dict[str, str]:
    """From each URL to its text; a document that comes twice is read once."""
    texts: dict[str, str] = {}
    for source in sources:
        if source.url in texts:
            continue
        texts[source.url] = await _text(source, policy)
        if sum(map(len, texts.values())) > policy.max_characters:
            raise _wrong(source, f"the documents have more than {policy.max_characters:,} characters together")
    return texts


async def _text(source: DocumentSource, policy: DocumentPolicy) -> str:
    if source.url[:5].lower() != "data:":
        body, media_type = await _fetch(source, policy)
    elif len(source.url) > policy.max_encoded_bytes + 256:
        raise _wrong(source, f"the document is larger than {policy.max_encoded_bytes / 2**20:.0f} MiB (base64)")
    else:
        body, media_type = await asyncio.to_thread(_unpacked, source)
    key = await asyncio.to_thread(_key, body, media_type)
    if (known := policy.read_before.get(key)) is not None:
        return known
    async with policy.readers:
        try:
            text = await asyncio.to_thread(document_text, body, media_type, policy.limits)
        except DocumentRefused as error:
            raise _wrong(source, f"the document {error}") from error
    policy.read_before.keep(key, text)
    return text


def _key(body: bytes, media_type: str) -> bytes:
    """What decides the text. Some milliseconds for a large file."""
    key = hashlib.blake2b(media_type.encode(), digest_size=20)
    key.update(b"\0")
    key.update(body)
    return key.digest()


async def _fetch(source: DocumentSource, policy: DocumentPolicy) -> tuple[bytes, str]:
    if policy.fetcher is None:
        raise _wrong(source, "fetching is switched off here; send the document inside the request")
    try:
        fetched = await policy.fetcher.get(source.url, max_bytes=policy.max_encoded_bytes // 4 * 3)
    except (FetchRefused, FetchFailed) as error:
        why = str(error).rstrip(".")
        raise _wrong(source, f"the document cannot be fetched. {why}. Or send it inside the request") from error
    return fetched.body, fetched.media_type


def _unpacked(source: DocumentSource) -> tuple[bytes, str]:
    try:
        return data_url_bytes(source.url)
    except ValueError as error:
        raise _wrong(source, "this is not base64, nor a data: URL (data:<media type>;base64,<data>)") from error


def _wrong(source: DocumentSource, what: str) -> TurnFailure:
    return invalid(f"{source.param}: {what}.", param=source.param, code="invalid_document")


def _replaced(message: Message, texts: Mapping[str, str]) -> Message:
    if not any(isinstance(part, DocumentPart | ToolResultPart) for part in message.parts):
        return message
    return Message(message.role, tuple(_part(part, texts) for part in message.parts))


def _part(part: Part, texts: Mapping[str, str]) -> Part:
    if isinstance(part, DocumentPart):
        return _document(part, texts)
    if isinstance(part, ToolResultPart):
        inner = tuple(_document(p, texts) if isinstance(p, DocumentPart) else p for p in part.parts)
        return replace(part, parts=inner)
    return part


def _document(part: DocumentPart, texts: Mapping[str, str]) -> DocumentPart:
    if part.source is None:
        return part
    text = texts[part.source.url]
    return DocumentPart(f"{part.text}\n\n{text}" if part.text else text, part.title)
