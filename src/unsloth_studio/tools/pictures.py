"""The pictures that tools make: taken from a session's folder, bounded, and turned into what clients and models are shown.

The rule: what is in a folder was written by the model's code. A picture is what begins like one, and a model is only shown
what our own decoder could read.
"""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from unsloth_studio.serving.image_file import ImageLimits, ImageRefused, presentable
from unsloth_studio.tools import folder_tree
from unsloth_studio.tools.contract import ToolImage
from unsloth_studio.turn.events import ResultImage
from unsloth_studio.turn.messages import Conversation, ImagePart, Part, ToolResultPart

MOST_IMAGES = 8
MOST_IMAGE_BYTES, MOST_TOGETHER_BYTES = 4 << 20, 8 << 20
MOST_SHOWN = 8
"""To the model, in one turn; beside at most `MOST_IN_PROMPT` in all, for a request with many more is refused."""
MOST_IN_PROMPT = 48
_FOR_MODELS = ImageLimits(max_pixels=25_000_000, max_side=1024)
_MARKS = (
    ("image/png", b"\x89PNG\r\n\x1a\n", b""),  # PNG specification, section 5.2
    ("image/jpeg", b"\xff\xd8\xff", b""),
    ("image/gif", b"GIF8", b""),
    ("image/webp", b"RIFF", b"WEBP"),  # the second mark stands behind four bytes of length
)
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def media_type(content: bytes) -> str | None:
    """What kind of picture begins like this; None for none that clients and models are shown."""
    for kind, head, later in _MARKS:
        if content.startswith(head) and content[8:12].startswith(later):
            return kind
    return None


def within_bounds(images: Iterable[ToolImage]) -> tuple[ToolImage, ...]:
    """The first ones, as far as number and size allow."""
    kept: list[ToolImage] = []
    room = MOST_TOGETHER_BYTES
    for image in images:
        if len(kept) < MOST_IMAGES and len(image.content) <= min(room, MOST_IMAGE_BYTES):
            kept.append(image)
            room -= len(image.content)
    return tuple(kept)


def written_images(folder: Path, paths: Iterable[str]) -> tuple[ToolImage, ...]:
    """The pictures among the files `paths` below `folder`. Blocking."""
    found: list[ToolImage] = []
    for path in paths:
        if len(found) >= MOST_IMAGES or not path.lower().endswith(_ENDINGS):
            continue
        with contextlib.suppress(OSError):
            content = _read(folder, path)
            if content is not None and (kind := media_type(content)) is not None:
                found.append(ToolImage(kind, content))
    return within_bounds(found)


def _read(folder: Path, path: str) -> bytes | None:
    """The file's bytes, None when it is too large. Raises `OSError` for what is no regular file."""
    descriptor = folder_tree.open_regular(folder, path)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MOST_IMAGE_BYTES + 1)  # its size may change while we read
    return content if len(content) <= MOST_IMAGE_BYTES else None


def room_in(conversation: Conversation) -> int:
    """How many pictures of tools the model may be shown after those that the client sent."""
    parts: list[Part] = [part for message in conversation.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResultPart) for inner in part.parts]
    return max(0, min(MOST_SHOWN, MOST_IN_PROMPT - sum(isinstance(part, ImagePart) for part in parts)))


def for_clients(images: Iterable[ToolImage]) -> tuple[ResultImage, ...]:
    """In base64, within the bounds."""
    return tuple(
        ResultImage(image.media_type, base64.b64encode(image.content).decode()) for image in within_bounds(images)
    )


def for_models(images: Sequence[ResultImage], most: int) -> tuple[ImagePart, ...]:
    """The first `most` that can be decoded, in a form that engines read. Blocking: decodes each of them."""
    parts: list[ImagePart] = []
    for image in images[: max(0, most)]:
        with contextlib.suppress(ImageRefused):
            file = presentable(base64.b64decode(image.data), _FOR_MODELS)
            parts.append(ImagePart(f"data:{file.media_type};base64,{base64.b64encode(file.body).decode()}"))
    return tuple(parts)
