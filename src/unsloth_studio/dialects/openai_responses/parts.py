"""Content parts of the Responses dialect (`input_text`, `input_image`, `input_file`, ...) as parts of a message.

One rule: nothing is fetched and nothing is stored here, so a file must come inside the request.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from unsloth_studio.dialects.openai_responses.wire import Content, ContentPart, ImageUrl, RawObject
from unsloth_studio.turn.errors import invalid
from unsloth_studio.turn.messages import DocumentPart, ImagePart, TextPart

_TEXT_TYPES = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_IMAGE_SCHEMES = ("data:", "http://", "https://")
_KNOWN = "input_text, output_text, input_image, input_file and refusal"

ContentPiece = TextPart | ImagePart | DocumentPart


def read_content(content: Content | None, *, at: str) -> tuple[ContentPiece, ...]:
    """The parts of a `content` (or `output`) field; at least one, an empty text when nothing was sent.

    Raises `TurnFailure` (invalid_request) naming the part, for example `input[0].content[1].image_url`.
    """
    if content is None or isinstance(content, str):
        return (TextPart(content or ""),)
    return tuple(_read_part(part, f"{at}[{index}]") for index, part in enumerate(content)) or (TextPart(""),)


def plain_text(parts: list[ContentPart] | None) -> str:
    """The text of summary or reasoning parts, one paragraph each; parts of other kinds say nothing to a model."""
    return "\n\n".join(part.text for part in parts or () if part.text and part.type in _TEXT_TYPES)


def screenshot_of(output: RawObject) -> ImagePart | None:
    """The image in the output of a `computer_call`, when it holds one that can be shown."""
    url: object = output.get("image_url")
    if isinstance(url, str) and url[:8].lower().startswith(_IMAGE_SCHEMES):
        return ImagePart(url)
    return None


def _read_part(part: ContentPart, at: str) -> ContentPiece:
    if part.type in _TEXT_TYPES:
        return TextPart(_required(part.text, f"{at}.text"))
    match part.type:
        case "refusal":
            return TextPart(_required(part.refusal, f"{at}.refusal"))
        case "input_image" | "image_url":
            return _read_image(part, at)
        case "input_file":
            return DocumentPart(_read_file(part, at), title=part.filename)
        case "input_audio":
            raise invalid(f"{at}: Audio input is not supported. Send text or images.", param=at)
        case _:
            message = f"{at}.type: '{part.type}' is not a known kind of content. Known are {_KNOWN}."
            raise invalid(message, param=f"{at}.type")


def _read_image(part: ContentPart, at: str) -> ImagePart:
    if part.image_url is None and part.file_id is not None:
        raise _no_stored_files(f"{at}.file_id")
    image = part.image_url if isinstance(part.image_url, ImageUrl) else ImageUrl(part.image_url or "")
    if not image.url[:8].lower().startswith(_IMAGE_SCHEMES):
        message = f"{at}.image_url: Send the image as a 'data:<media type>;base64,...' or http(s) URL."
        raise invalid(message, param=f"{at}.image_url")
    return ImagePart(image.url, detail=part.detail or image.detail)


def _read_file(part: ContentPart, at: str) -> str:
    """The text of an inline file: a `data:` URL or bare base64."""
    if part.file_data is None:
        if part.file_id is not None:
            raise _no_stored_files(f"{at}.file_id")
        message = f"{at}.file_data: Send the file inside the request, base64-encoded; files are not fetched by URL."
        raise invalid(message, param=f"{at}.file_data")
    try:
        return _decode(part.file_data).decode()
    except (binascii.Error, ValueError) as error:
        message = f"{at}.file_data: This is not a text file in UTF-8, base64-encoded. Convert the file to text first."
        raise invalid(message, param=f"{at}.file_data") from error


def _decode(file_data: str) -> bytes:
    if not file_data.startswith("data:"):
        return base64.b64decode(file_data, validate=True)
    header, _, payload = file_data.partition(",")
    return base64.b64decode(payload, validate=True) if header.endswith(";base64") else unquote_to_bytes(payload)


def _required(value: str | None, path: str) -> str:
    if value is None:
        raise invalid(f"{path}: this field is required.", param=path)
    return value


def _no_stored_files(path: str) -> Exception:
    return invalid(f"{path}: No files are stored on this server. Send the content inside the request.", param=path)
