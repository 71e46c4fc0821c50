"""Images put where chat templates show them: into user messages.

The rule: an image of an instruction, of the assistant or of a tool result becomes a user message behind it; results that
follow each other stay together, and their images come after the last. What is put where depends only on the messages up
to the next that is not a result, so a growing history keeps its prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unsloth_studio.turn.messages import ImagePart, Message, Part, TextPart, ToolResultPart

IMAGE_BELOW = "(The result is the image below.)"
"""What a tool result says whose only content was an image."""


def lift_images(messages: Iterable[Message]) -> Iterator[Message]:
    """`messages` with images in user messages only, and there behind the tool results."""
    lifted: list[Part] = []
    for message in messages:
        if lifted and message.role != "tool":
            yield Message("user", tuple(lifted))
            lifted = []
        if not _shows(message.parts):
            yield message
            continue
        if message.role == "user":
            yield _user(message)
            continue
        images = _images(message.parts)
        lifted += images
        kept = (_without_images(part) for part in message.parts if not isinstance(part, ImagePart))
        yield Message(message.role, tuple(kept))
    if lifted:
        yield Message("user", tuple(lifted))


def _shows(parts: tuple[Part, ...]) -> bool:
    """Whether there is an image among them or in a result."""
    for part in parts:
        if type(part) is ImagePart:
            return True
        if type(part) is ToolResultPart and any(type(inner) is ImagePart for inner in part.parts):
            return True
    return False


def _user(message: Message) -> Message:
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    if not results:
        return message
    shown = [part for part in message.parts if not isinstance(part, ToolResultPart)]
    return Message("user", (*map(_without_images, results), *_images(results), *shown))


def _images(parts: Iterable[Part]) -> list[ImagePart]:
    images: list[ImagePart] = []
    for part in parts:
        inner = part.parts if isinstance(part, ToolResultPart) else (part,)
        images += [image for image in inner if isinstance(image, ImagePart)]
    return images


def _without_images(part: Part) -> Part:
    if not isinstance(part, ToolResultPart):
        return part
    kept = tuple(inner for inner in part.parts if not isinstance(inner, ImagePart))
    if len(kept) == len(part.parts):
        return part
    says = any(inner.text for inner in kept)
    return ToolResultPart(part.call_id, kept if says else (TextPart(IMAGE_BELOW),), part.is_error)
