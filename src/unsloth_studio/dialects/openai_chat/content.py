"""The content of a chat message, in each form that clients send.

The rule: the same text reads the same whether it came as a string or as a list of parts, because clients flip between the
two from one request to the next and the engine's prompt cache needs an unchanged beginning. Texts that follow each other
in a list are joined with a line feed, as llama.cpp and vLLM do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from unsloth_studio.dialects.lenient import unshown_part
from unsloth_studio.dialects.openai_chat import wire
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import DocumentPart, DocumentSource, ImagePart, TextPart

T = TypeVar("T")
Content = TextPart | ImagePart | DocumentPart

_IMAGE_SCHEMES = ("data:image/", "http://", "https://")
_THOUGHTS = frozenset({"thinking", "redacted_thinking", "reasoning"})
"""Parts that gateways put among what an assistant said; what it thought is sent in `reasoning_content`."""
_KNOWN = frozenset({"text", "input_text", "output_text", "refusal", "image_url", "file", "input_audio"})
_FILE_SCHEMES = ("data:", "http://", "https://")


def read_content(content: wire.MessageContent, path: str, *, of_tool: bool = False) -> tuple[Content, ...]:
    """The parts of `content`; empty text leaves no part. `path` names the field in errors (`messages[0].content`). The
    result `of_tool` may hold parts of any type: a client could never take it back.

    Raises `TurnFailure` for a part that cannot be read.
    """
    if isinstance(content, str):
        return (TextPart(content),) if content else ()
    if isinstance(content, dict | float | int):
        raise invalid(f"{path}: Expected a text or a list of parts.", param=path)
    if not isinstance(content, list):
        return ()
    parts: list[Content] = []
    for index, part in enumerate(content):
        if isinstance(part, str):
            _append(parts, TextPart(part))
        elif part is None or part.type in _THOUGHTS:
            continue
        elif of_tool and part.type not in _KNOWN:
            _append(parts, TextPart(unshown_part(part.type)))
        else:
            _append(parts, _read_part(part, f"{path}[{index}]"))
    return tuple(parts)


def text_of(parts: Sequence[object]) -> str:
    """The text among `parts`, joined as in `read_content`."""
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


def _append(parts: list[Content], part: Content) -> None:
    if not isinstance(part, TextPart):
        parts.append(part)
    elif part.text and parts and isinstance(before := parts[-1], TextPart):
        parts[-1] = TextPart(f"{before.text}\n{part.text}")
    elif part.text:
        parts.append(part)


def _read_part(part: wire.ContentPart, path: str) -> Content:
    match part.type:
        case "text" | "input_text" | "output_text":  # the latter two are Responses' words
            return TextPart(_required(part.text, f"{path}.text"))
        case "refusal":
            return TextPart(_required(part.refusal, f"{path}.refusal"))
        case "image_url":
            return _read_image(_required(part.image_url, f"{path}.image_url"), path)
        case "file":
            return _read_file(_required(part.file, f"{path}.file"), f"{path}.file")
        case "input_audio":
            raise invalid(
                f"{path}.input_audio: this server does not read audio; send its transcript as text.",
                param=f"{path}.input_audio",
                code="unsupported_parameter",
            )
        case _:
            raise invalid(
                f"{path}.type: parts of this type are not known here; text, image_url, file and refusal are.",
                param=f"{path}.type",
            )


def _required(value: T | None, path: str) -> T:
    if value is None:
        raise invalid(f"{path}: this field is required.", param=path)
    return value


def _read_image(image: wire.ImageUrl | str, path: str) -> ImagePart:
    url, detail, at = (image, None, "") if isinstance(image, str) else (image.url, image.detail, ".url")
    if not url[:12].lower().startswith(_IMAGE_SCHEMES):
        param = f"{path}.image_url{at}"
        raise invalid(f"{param}: an image is a data:image/...;base64 URL or an http(s) URL.", param=param)
    return ImagePart(url, detail)


def _read_file(file: wire.File, path: str) -> DocumentPart:
    """A file inside the request, or at a URL; `serving.documents` reads it. Nothing is kept here under an id."""
    if not file.file_data:
        if file.file_id is not None:
            raise _unreadable(f"{path}.file_id", "no files are kept on this server; send the file in file_data")
        raise _unreadable(f"{path}.file_data", "this field is required")
    data = file.file_data
    url = data if data[:8].lower().startswith(_FILE_SCHEMES) else f"data:;base64,{data}"
    return DocumentPart("", file.filename, DocumentSource(url, f"{path}.file_data"))


def _unreadable(param: str, why: str) -> TurnFailure:
    return invalid(f"{param}: {why}.", param=param, code="unsupported_file")
