"""Documents in every form that clients send them, in all dialects: each becomes a document part that is yet to be read."""

from __future__ import annotations

import pytest
from tests.support.image_requests import (
    Json,
    Read,
    anthropic_result,
    chat_result,
    item,
    output,
    read_anthropic,
    read_chat,
    read_responses,
    said,
)

from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Conversation, DocumentPart, DocumentSource, ToolResultPart

DATA = "JVBERi0="
URL = f"data:application/pdf;base64,{DATA}"
HTTP = "https://example.com/a.pdf"


def document(source: Json, **fields: str) -> Json:
    return {"type": "document", "source": source, **fields}


BASE64: Json = {"type": "base64", "media_type": "application/pdf", "data": DATA}
FILE: Json = {"type": "file", "file": {"filename": "a.pdf", "file_data": URL}}
INPUT: Json = {"type": "input_file", "filename": "a.pdf", "file_data": URL}

FORMS: dict[str, tuple[Read, Json, DocumentPart]] = {
    "chat: data URL": (
        read_chat,
        said(FILE),
        DocumentPart("", "a.pdf", DocumentSource(URL, "messages[0].content[1].file.file_data")),
    ),
    "chat: bare base64": (
        read_chat,
        said({"type": "file", "file": {"file_data": DATA}}),
        DocumentPart("", None, DocumentSource(f"data:;base64,{DATA}", "messages[0].content[1].file.file_data")),
    ),
    "chat: address": (
        read_chat,
        said({"type": "file", "file": {"file_data": HTTP}}),
        DocumentPart("", None, DocumentSource(HTTP, "messages[0].content[1].file.file_data")),
    ),
    "chat: tool result": (
        read_chat,
        chat_result(FILE),
        DocumentPart("", "a.pdf", DocumentSource(URL, "messages[2].content[0].file.file_data")),
    ),
    "responses: data URL": (
        read_responses,
        item(INPUT),
        DocumentPart("", "a.pdf", DocumentSource(URL, "input[0].content[1].file_data")),
    ),
    "responses: address": (
        read_responses,
        item({"type": "input_file", "file_url": HTTP}),
        DocumentPart("", None, DocumentSource(HTTP, "input[0].content[1].file_url")),
    ),
    "responses: function output": (
        read_responses,
        output("function_call_output", [INPUT]),
        DocumentPart("", "a.pdf", DocumentSource(URL, "input[2].output[0].file_data")),
    ),
    "anthropic: base64": (
        read_anthropic,
        said(document(BASE64, title="A", context="From 1999.")),
        DocumentPart("From 1999.", "A", DocumentSource(URL, "messages[0].content[1].source.data")),
    ),
    "anthropic: url": (
        read_anthropic,
        said(document({"type": "url", "url": HTTP})),
        DocumentPart("", None, DocumentSource(HTTP, "messages[0].content[1].source.url")),
    ),
    "anthropic: text": (
        read_anthropic,
        said(document({"type": "text", "media_type": "text/plain", "data": "D"}, title="A")),
        DocumentPart("D", "A"),
    ),
    "anthropic: content": (
        read_anthropic,
        said(document({"type": "content", "content": [{"type": "text", "text": "D"}]})),
        DocumentPart("D"),
    ),
    "anthropic: tool result": (
        read_anthropic,
        anthropic_result([document(BASE64)]),
        DocumentPart("", None, DocumentSource(URL, "messages[2].content[0].content[0].source.data")),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_document_becomes_a_part(name: str) -> None:
    read, body, part = FORMS[name]
    request = read({"model": "m", **body})
    assert isinstance(request.prompt, Conversation)
    last = request.prompt.messages[-1]
    parts = [i for part in last.parts for i in (part.parts if isinstance(part, ToolResultPart) else (part,))]
    assert [part for part in parts if isinstance(part, DocumentPart)] == [part]
    assert ("result" in name or "output" in name) == (last.role == "tool")


REFUSED: dict[str, tuple[Read, Json, str]] = {
    "chat: a stored file": (
        read_chat,
        said({"type": "file", "file": {"file_id": "f"}}),
        "messages[0].content[1].file.file_id",
    ),
    "responses: a stored file": (
        read_responses,
        item({"type": "input_file", "file_id": "f"}),
        "input[0].content[1].file_id",
    ),
    "responses: a path": (
        read_responses,
        item({"type": "input_file", "file_url": "/etc/passwd"}),
        "input[0].content[1].file_url",
    ),
    "anthropic: a stored file": (
        read_anthropic,
        said(document({"type": "file", "file_id": "f"})),
        "messages[0].content[1].source",
    ),
    "anthropic: a path": (
        read_anthropic,
        said(document({"type": "url", "url": "file:///etc/passwd"})),
        "messages[0].content[1].source.url",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document_is_refused_by_its_path(name: str) -> None:
    read, body, param = REFUSED[name]
    with pytest.raises(TurnFailure) as failure:
        read({"model": "m", **body})
    assert (failure.value.error.kind, failure.value.error.param) == ("invalid_request", param)
