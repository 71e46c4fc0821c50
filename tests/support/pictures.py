"""Small pictures as files, for tests of what becomes of them."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

Colour = tuple[int, ...]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """`image` as a file of Pillow's `file_format`."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def picture(file_format: str, *, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A file whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return encoded(image.convert(mode), file_format, **options)


def turned(file_format: str, orientation: int, *, size: tuple[int, int] = (60, 40)) -> bytes:
    """The same with the EXIF orientation given."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture(file_format, size=size, exif=exif)


def opened(file: bytes) -> Image.Image:
    """The file as a decoded RGB image."""
    with Image.open(io.BytesIO(file)) as image:
        return image.convert("RGB")


def colour(file: bytes, x: float, y: float) -> str:
    """Which of the plain colours is at this place (0 to 1 from the left, from the top)."""
    image = opened(file)
    pixel = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(pixel, tuple)
    names = {"red": RED, "blue": BLUE, "white": (255, 255, 255), "black": (0, 0, 0)}
    return min(names, key=lambda name: sum(abs(a - b) for a, b in zip(names[name], pixel, strict=True)))


def data_url(file: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(file).decode()}"
