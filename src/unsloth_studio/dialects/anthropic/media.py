"""Images, documents and search results of a request, as parts.

The rule: a source that cannot be shown to the model is refused by name; nothing is fetched from here.
"""

from __future__ import annotations

import base64
import binascii
from typing import assert_never

from unsloth_studio.dialects.anthropic.blocks import (
    Base64Source,
    ContentSource,
    DocumentBlock,
    FileSource,
    ImageBlock,
    PlainTextSource,
    SearchResultBlock,
    TextBlock,
    UrlSource,
)
from unsloth_studio.turn.errors import TurnFailure, invalid
from unsloth_studio.turn.messages import DocumentPart, DocumentSource, ImagePart, TextPart


def image_part(block: ImageBlock, path: str) -> ImagePart:
    """`path` is that of the block; `TurnFailure` names what of it is wrong."""
    source = block.source
    match source:
        case Base64Source():
            if not source.media_type.startswith("image/"):
                wrong = f"{path}.source.media_type"
                raise invalid(f"{wrong}: '{source.media_type}' is not an image type such as image/png.", param=wrong)
            return ImagePart(f"data:{source.media_type};base64,{_base64_text(source, path)}")
        case UrlSource():
            if not source.url[:11].lower().startswith(("https://", "http://", "data:image/")):
                wrong = f"{path}.source.url"
                raise invalid(f"{wrong}: this must be an http(s) URL or a data:image/ URL.", param=wrong)
            return ImagePart(source.url)
        case FileSource():
            raise _no_files(path)
        case _:
            assert_never(source)


def document_parts(block: DocumentBlock, path: str) -> list[DocumentPart | ImagePart]:
    """The text of a document, after its `context`, then the images in it; a file is read later (`serving.documents`)."""
    source = block.source
    images: list[ImagePart] = []
    match source:
        case PlainTextSource():
            text = source.data
        case ContentSource():
            text, images = _content(source, path)
        case Base64Source():
            url = f"data:{source.media_type};base64,{_base64_text(source, path)}"
            return [DocumentPart(block.context or "", block.title or None, DocumentSource(url, f"{path}.source.data"))]
        case UrlSource():
            wrong = f"{path}.source.url"
            if not source.url[:8].lower().startswith(("https://", "http://", "data:")):
                raise invalid(f"{wrong}: this must be an http(s) URL or a data: URL.", param=wrong)
            return [DocumentPart(block.context or "", block.title or None, DocumentSource(source.url, wrong))]
        case FileSource():
            raise _no_files(path)
        case _:
            assert_never(source)
    shown = f"{block.context}\n\n{text}" if block.context else text
    return [DocumentPart(shown, block.title or None), *images]


def search_result_part(block: SearchResultBlock) -> TextPart:
    """Title, source and text, one below the other."""
    return TextPart("\n".join([block.title, block.source, *(text.text for text in block.content)]))


def _content(source: ContentSource, path: str) -> tuple[str, list[ImagePart]]:
    if isinstance(source.content, str):
        return source.content, []
    texts = [block.text for block in source.content if isinstance(block, TextBlock)]
    images = [
        image_part(block, f"{path}.source.content[{at}]")
        for at, block in enumerate(source.content)
        if isinstance(block, ImageBlock)
    ]
    return "\n\n".join(texts), images


def _base64_text(source: Base64Source, path: str) -> str:
    """The base64 text on one line, known to be whole."""
    text = "".join(source.data.split())
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_base64(path) from error
    if not decoded:
        raise _not_base64(path)
    return text


def _not_base64(path: str) -> TurnFailure:
    return invalid(f"{path}.source.data: this is not base64 text.", param=f"{path}.source.data")


def _no_files(path: str) -> TurnFailure:
    wrong = f"{path}.source"
    return invalid(f"{wrong}: uploaded files are not supported; send the content itself.", param=wrong)
