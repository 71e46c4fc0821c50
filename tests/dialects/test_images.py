"""Images in every form that clients send them, in all dialects: each becomes an image part with its URL."""

from __future__ import annotations

import pytest
from tests.support.image_requests import (
    BASE64,
    IMAGE_FORMS,
    Json,
    Read,
    anthropic_result,
    block,
    chat_result,
    item,
    output,
    read_anthropic,
    read_chat,
    read_responses,
    said,
)

from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Conversation, ImagePart, ToolResultPart


@pytest.mark.parametrize("name", IMAGE_FORMS)
def test_an_image_becomes_a_part(name: str) -> None:
    read, body, url = IMAGE_FORMS[name]
    request = read({"model": "m", **body})
    assert isinstance(request.prompt, Conversation)
    last = request.prompt.messages[-1]
    parts = [i for part in last.parts for i in (part.parts if isinstance(part, ToolResultPart) else (part,))]
    assert [part.url for part in parts if isinstance(part, ImagePart)] == [url]
    assert url not in "".join(str(part) for part in parts if not isinstance(part, ImagePart))
    assert ("result" in name or "output" in name or "screenshot" in name) == (last.role == "tool")


REFUSED: dict[str, tuple[Read, Json, str]] = {
    "chat: a path": (
        read_chat,
        said({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}),
        "messages[0].content[1].image_url.url",
    ),
    "chat: nothing": (read_chat, said({"type": "image_url"}), "messages[0].content[1].image_url"),
    "chat: in a tool result": (
        read_chat,
        chat_result({"type": "image_url", "image_url": "x"}),
        "messages[2].content[0].image_url",
    ),
    "responses: a path": (
        read_responses,
        item({"type": "input_image", "image_url": "/etc/passwd"}),
        "input[0].content[1].image_url",
    ),
    "responses: a stored file": (
        read_responses,
        item({"type": "input_image", "file_id": "f1"}),
        "input[0].content[1].file_id",
    ),
    "responses: in an output": (
        read_responses,
        output("function_call_output", [{"type": "input_image", "image_url": "x"}]),
        "input[2].output[0].image_url",
    ),
    "anthropic: a path": (
        read_anthropic,
        said(block(type="url", url="file:///etc/passwd")),
        "messages[0].content[1].source.url",
    ),
    "anthropic: not base64": (
        read_anthropic,
        said(block(**{**BASE64, "data": "%"})),
        "messages[0].content[1].source.data",
    ),
    "anthropic: not an image": (
        read_anthropic,
        said(block(**{**BASE64, "media_type": "video/mp4"})),
        "messages[0].content[1].source.media_type",
    ),
    "anthropic: in a tool result": (
        read_anthropic,
        anthropic_result([block(type="url", url="x")]),
        "messages[2].content[0].content[0].source.url",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_image_url_is_refused_by_its_path(name: str) -> None:
    read, body, param = REFUSED[name]
    with pytest.raises(TurnFailure) as failure:
        read({"model": "m", **body})
    assert failure.value.error.kind == "invalid_request"
    assert failure.value.error.param == param
