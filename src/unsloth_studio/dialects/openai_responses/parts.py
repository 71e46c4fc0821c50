"""Content parts of the Responses dialect (`input_text`, `input_image`, `input_file`, ...) as parts of a message.

One rule: nothing is fetched, converted or stored here; images and files stay URLs (`serving` reads them).
"""

from __future__ import annotations

from unsloth_studio.dialects.lenient import unshown_part
from unsloth_studio.dialects.openai_responses.wire import Content, ContentPart, ImageUrl, RawObject
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import DocumentPart, DocumentSource, ImagePart, TextPart

_TEXT_TYPES = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_SCHEMES = ("data:", "http://", "https://")
_KNOWN = "input_text, output_text, input_image, input_file and refusal"

ContentPiece = TextPart | ImagePart | DocumentPart


def read_content(content: Content | None, *, at: str, of_tool: bool = False) -> tuple[ContentPiece, ...]:
    """The parts of a `content` (or `output`) field; at least one, an empty text when nothing was sent. The output `of_tool`
    may hold parts of any type: a client could never take it back.

    Raises `TurnFailure` (invalid_request) naming the part, for example `input[0].content[1].image_url`.
    """
    if content is None or isinstance(content, str):
        return (TextPart(content or ""),)
    parts = [
        TextPart(part) if isinstance(part, str) else _read_part(part, f"{at}[{index}]", of_tool=of_tool)
        for index, part in enumerate(content)
        if part is not None
    ]
    return tuple(parts) or (TextPart(""),)


def plain_text(parts: list[ContentPart] | None) -> str:
    """The text of summary or reasoning parts, one paragraph each; parts of other kinds say nothing to a model."""
    return "\n\n".join(part.text for part in parts or () if part.text and part.type in _TEXT_TYPES)


def screenshot_of(output: RawObject) -> ImagePart | None:
    """The image in the output of a `computer_call`, when it holds one that can be shown."""
    url: object = output.get("image_url")
    if isinstance(url, str) and url[:8].lower().startswith(_SCHEMES):
        return ImagePart(url)
    return None


def _read_part(part: ContentPart, at: str, *, of_tool: bool) -> ContentPiece:
    if part.type in _TEXT_TYPES:
        return TextPart(_required(part.text, f"{at}.text"))
    match part.type:
        case "refusal":
            return TextPart(_required(part.refusal, f"{at}.refusal"))
        case "input_image" | "image_url":
            return _read_image(part, at)
        case "input_file":
            return DocumentPart("", part.filename, _read_file(part, at))
        case "input_audio":
            raise invalid(f"{at}: Audio input is not supported. Send text or images.", param=at)
        case _ if of_tool:
            return TextPart(unshown_part(part.type))
        case _:
            message = f"{at}.type: '{part.type}' is not a known kind of content. Known are {_KNOWN}."
            raise invalid(message, param=f"{at}.type")


def _read_image(part: ContentPart, at: str) -> ImagePart:
    if part.image_url is None and part.file_id is not None:
        raise _no_stored_files(f"{at}.file_id")
    image = part.image_url if isinstance(part.image_url, ImageUrl) else ImageUrl(part.image_url or "")
    if not image.url[:8].lower().startswith(_SCHEMES):
        message = f"{at}.image_url: Send the image as a 'data:<media type>;base64,...' or http(s) URL."
        raise invalid(message, param=f"{at}.image_url")
    return ImagePart(image.url, detail=part.detail or image.detail)


def _read_file(part: ContentPart, at: str) -> DocumentSource:
    """An inline file (a `data:` URL or bare base64), or one at a URL."""
    if part.file_data:
        data = part.file_data
        url = data if data[:8].lower().startswith(_SCHEMES) else f"data:;base64,{data}"
        return DocumentSource(url, f"{at}.file_data")
    if part.file_url is not None:
        if not part.file_url[:8].lower().startswith(_SCHEMES):
            message = f"{at}.file_url: Send the file at an http(s) URL, or inside the request in 'file_data'."
            raise invalid(message, param=f"{at}.file_url")
        return DocumentSource(part.file_url, f"{at}.file_url")
    if part.file_id is not None:
        raise _no_stored_files(f"{at}.file_id")
    message = f"{at}.file_data: Send the file inside the request, base64-encoded, or its URL in 'file_url'."
    raise invalid(message, param=f"{at}.file_data")


def _required(value: str | None, path: str) -> str:
    if value is None:
        raise invalid(f"{path}: this field is required.", param=path)
    return value


def _no_stored_files(path: str) -> Exception:
    return invalid(f"{path}: No files are stored on this server. Send the content inside the request.", param=path)
