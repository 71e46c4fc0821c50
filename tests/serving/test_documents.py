"""A request's documents on their way to the engine: read wherever they stand, once, or refused by their field."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.image_requests import Json, anthropic_result, item, read_anthropic, read_chat, read_responses, said
from tests.support.pdfs import pdf

from unsloth_studio.serving import documents
from unsloth_studio.serving.documents import DocumentPolicy, ReadTexts, prepare_documents
from unsloth_studio.serving.fetch import Fetched, FetchFailed
from unsloth_studio.serving.fetch_guard import FetchRefused
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    DocumentSource,
    ImagePart,
    Message,
    Part,
    RawPrompt,
    Request,
    TextPart,
    ToolResultPart,
)

PDF = pdf("One", "Two")
READ = "[page 1]\nOne\n\n[page 2]\nTwo"


def url(body: bytes, media_type: str = "application/pdf") -> str:
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def document(address: str = url(PDF), *, says: str = "", title: str | None = None) -> DocumentPart:
    return DocumentPart(says, title, DocumentSource(address, "the.field"))


def asking(*parts: Part) -> Request:
    return Request(Conversation((Message("user", (TextPart("?"), *parts)),)), model="m")


@dataclass
class Web:
    files: dict[str, bytes | Exception] = field(default_factory=dict[str, bytes | Exception])
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        self.asked.append((url, max_bytes))
        found = self.files[url]
        if isinstance(found, Exception):
            raise found
        return Fetched(found, "text/plain", url)


async def refusal(request: Request, policy: DocumentPolicy | None = None) -> TurnError:
    with pytest.raises(TurnFailure) as failure:
        await prepare_documents(request, policy=policy or DocumentPolicy())
    assert failure.value.error.kind == "invalid_request"
    return failure.value.error


@pytest.mark.parametrize(
    "request_", [asking(DocumentPart("text", "T"), ImagePart("x")), Request(RawPrompt("text"))], ids=["chat", "raw"]
)
async def test_a_request_with_nothing_to_read_is_itself(request_: Request) -> None:
    assert await prepare_documents(request_, policy=DocumentPolicy()) is request_


async def test_documents_are_read_in_place_and_the_rest_is_kept() -> None:
    web = Web({"http://h/a": b"A note."})
    result = ToolResultPart("c1", (TextPart("found"), document("http://h/a"), ImagePart("i")), is_error=True)
    messages = (
        Message("system", (document(),)),
        Message("user", (document(says="From 1999.", title="T"), TextPart("a"))),
        Message("tool", (result,)),
    )
    ready = await prepare_documents(Request(Conversation(messages)), policy=DocumentPolicy(fetcher=web))
    assert isinstance(ready.prompt, Conversation)
    assert ready.prompt.messages == (
        Message("system", (DocumentPart(READ),)),
        Message("user", (DocumentPart(f"From 1999.\n\n{READ}", "T"), TextPart("a"))),
        Message("tool", (ToolResultPart("c1", (TextPart("found"), DocumentPart("A note."), ImagePart("i")), True),)),
    )
    assert web.asked == [("http://h/a", 33 * 2**20)]


async def test_a_file_that_comes_with_every_turn_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []

    def reading(body: bytes, media_type: str, limits: Any) -> str:
        reads.append(media_type)
        return body.decode()

    monkeypatch.setattr(documents, "document_text", reading)
    policy = DocumentPolicy()
    for _ in range(2):
        request = asking(document(url(b"a")), document(url(b"a")), document(url(b"b")))
        ready = await prepare_documents(request, policy=policy)
        assert isinstance(ready.prompt, Conversation)
        assert [part.text for part in ready.prompt.messages[0].parts if isinstance(part, DocumentPart)] == list("aab")
    assert len(reads) == 2


async def test_a_file_that_is_called_something_else_is_read_again() -> None:
    body = "ы".encode("koi8-r")
    names = ["text/plain;charset=koi8-r", "text/plain;charset=cp1251"]
    request = asking(*(document(url(body, name)) for name in names))
    ready = await prepare_documents(request, policy=DocumentPolicy())
    assert isinstance(ready.prompt, Conversation)
    texts = [part.text for part in ready.prompt.messages[0].parts if isinstance(part, DocumentPart)]
    assert texts == [body.decode("koi8-r"), body.decode("cp1251")]


def test_what_was_used_longest_ago_makes_room() -> None:
    texts = ReadTexts(max_characters=6)
    texts.keep(b"1", "aaa")
    texts.keep(b"2", "bbb")
    assert texts.get(b"1") == "aaa"
    texts.keep(b"3", "c")
    texts.keep(b"4", "too long")
    assert [texts.get(key) for key in (b"1", b"2", b"3", b"4")] == ["aaa", None, "c", None]


class Never:
    async def get(self, url: str, *, max_bytes: int) -> Fetched:
        await asyncio.Event().wait()
        raise AssertionError


WRONG: dict[str, tuple[tuple[DocumentPart, ...], DocumentPolicy, str]] = {
    "not base64": (
        (document("data:application/pdf;base64,%%"),),
        DocumentPolicy(),
        "the.field: this is not base64, nor a data: URL (data:<media type>;base64,<data>).",
    ),
    "no data": ((document("data:application/pdf"),), DocumentPolicy(), "the.field: this is not base64"),
    "empty": ((document("data:application/pdf;base64,"),), DocumentPolicy(), "the.field: the document is empty."),
    "binary": (
        (document(url(b"\x00\x01", "application/zip")),),
        DocumentPolicy(),
        "the.field: the document is of a kind that cannot be read here (it is called 'application/zip'). Readable are",
    ),
    "too large": (
        (document(url(b"a" * 2**20)),),
        DocumentPolicy(max_encoded_bytes=2**20),
        "the.field: the document is larger than 1 MiB (base64).",
    ),
    "too much text together": (
        (document(url(b"a" * 60)), document(url(b"b" * 60))),
        DocumentPolicy(max_characters=100),
        "the.field: the documents have more than 100 characters together.",
    ),
    "no fetching": ((document("http://h/a"),), DocumentPolicy(), "the.field: fetching is switched off here"),
    "a refused address": (
        (document("http://h/a"),),
        DocumentPolicy(fetcher=Web({"http://h/a": FetchRefused("The host h is private.")})),
        "the.field: the document cannot be fetched. The host h is private. Or send it inside the request.",
    ),
    "an address that fails": (
        (document("http://h/a"),),
        DocumentPolicy(fetcher=Web({"http://h/a": FetchFailed("It answered 404.")})),
        "the.field: the document cannot be fetched. It answered 404. Or send it inside the request.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_read_is_refused_by_its_field(name: str) -> None:
    parts, policy, message = WRONG[name]
    error = await refusal(asking(*parts), policy)
    assert error.message.startswith(message)
    assert (error.param, error.code) == ("the.field", "invalid_document")


async def test_too_many_documents_and_too_slow_ones_are_refused() -> None:
    error = await refusal(asking(*[document()] * 3), DocumentPolicy(max_documents=2))
    assert error.code == "too_many_documents"
    assert error.message == "The request holds 3 documents; at most 2 are read. Leave out old ones."
    slow = await refusal(asking(document("http://h/")), DocumentPolicy(fetcher=Never(), timeout=0.01))
    assert slow.message.startswith("The documents of this request could not be read within 0.01 s.")


DAMAGED = base64.b64encode(b"%PDF-1.7 and no more").decode()
SOURCE = {"type": "base64", "media_type": "application/pdf", "data": DAMAGED}
IN_DIALECTS: dict[str, tuple[Callable[[Json], Request], Json, str]] = {
    "chat": (
        read_chat,
        said({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{DAMAGED}"}}),
        "messages[0].content[1].file.file_data",
    ),
    "chat, not base64": (
        read_chat,
        said({"type": "file", "file": {"file_data": "data:text/plain;base64,?"}}),
        "messages[0].content[1].file.file_data",
    ),
    "responses": (read_responses, item({"type": "input_file", "file_data": DAMAGED}), "input[0].content[1].file_data"),
    "responses, not base64": (
        read_responses,
        item({"type": "input_file", "file_data": "ÿ"}),
        "input[0].content[1].file_data",
    ),
    "responses, by URL": (
        read_responses,
        item({"type": "input_file", "file_url": "https://h/a.pdf"}),
        "input[0].content[1].file_url",
    ),
    "anthropic": (
        read_anthropic,
        said({"type": "document", "source": SOURCE}),
        "messages[0].content[1].source.data",
    ),
    "anthropic, in a tool result": (
        read_anthropic,
        anthropic_result([{"type": "document", "source": SOURCE}]),
        "messages[2].content[0].content[0].source.data",
    ),
}


@pytest.mark.parametrize("name", IN_DIALECTS)
async def test_the_field_is_named_as_the_dialect_calls_it(name: str) -> None:
    read, body, param = IN_DIALECTS[name]
    error = await refusal(read({"model": "m", **body}))
    assert error.param == param
    assert error.message.startswith(f"{param}: ")
