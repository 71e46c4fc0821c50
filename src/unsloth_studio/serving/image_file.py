"""One image file as bytes: what it is, and the same picture in a form that the engine shows to the model as it was meant.

The rule: a file in which nothing has to change keeps its bytes. Everything else is drawn again: formats that the engine
does not read, rotation by EXIF, transparency (the engine would drop it and uncover what lies behind), animations,
and what is too large. Decoding takes milliseconds to seconds of CPU: call it in a thread.

The engine reads JPEG, PNG, GIF and BMP (and TGA, binary PNM and some PSD) through stb_image, tried with xllamacpp 2026.10.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from PIL.Image import Image

_NATIVE = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_READ = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "TIFF", "PPM", "PSD", "ICO", "JPEG2000", "TGA")
"""Pillow's decoders that may see a client's bytes; others run programs (EPS) or are rare enough to be a risk only. MPO is
what the JPEG decoder calls a file with several pictures. TGA stands last because it has no mark to be known by."""
_PHOTOS = frozenset({"JPEG", "MPO"})
_NATIVE_MODES = frozenset({"1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I;16B"})
_ORIENTATION = 0x0112  # EXIF 2.32, "Orientation"; 1 is upright
_DAMAGED = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, AttributeError, AssertionError,
    RuntimeError, MemoryError, struct.error, zlib.error, Warning,
)  # fmt: skip
"""What Pillow's decoders raise for a damaged file; it documents `OSError` alone and keeps to that for few formats.
Warnings are raised where they are made errors."""


class ImageRefused(Exception):  # noqa: N818 - it is about the client's file
    """The image cannot be shown; the message is a clause that follows "it", for a person."""


class ImageLimits(Struct, frozen=True):
    """`max_pixels` bounds what is decoded at all (Pillow's own limit against decompression bombs); pictures with a side
    of more than `max_side` pixels are made smaller, which no model that runs here would notice."""

    max_pixels: int = 89_478_485
    max_side: int = 2048


class ImageFile(Struct, frozen=True):
    """`media_type` is what the bytes are, whatever they were called."""

    body: bytes
    media_type: str


def presentable(body: bytes, limits: ImageLimits) -> ImageFile:
    """`body` as a file that the engine reads; the same bytes when nothing has to change. Raises `ImageRefused`."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(body), formats=_READ) as image:
            if image.width * image.height > limits.max_pixels:
                raise ImageRefused(f"has {image.width} x {image.height} pixels, more than {limits.max_pixels} in all")
            return _presentable(image, body, limits)
    except ImageRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRefused(f"has more than {limits.max_pixels} pixels") from error
    except UnidentifiedImageError as error:
        raise ImageRefused(_unknown(body)) from error
    except _DAMAGED as error:
        raise ImageRefused("is damaged or cut off") from error


def _presentable(image: Image, body: bytes, limits: ImageLimits) -> ImageFile:
    kind = image.format or ""
    turned = _orientation(image) != 1
    shrunk = max(image.size) > limits.max_side
    native = kind in _NATIVE and image.mode in _NATIVE_MODES and not _moves(image, kind)
    if shrunk and kind in _PHOTOS:
        image.draft("RGB", _fitted(image.size, limits.max_side))  # decodes at a half, a quarter or an eighth
    image.load()
    see_through = _see_through(image)
    if native and not (turned or shrunk or see_through):
        return ImageFile(body, _NATIVE[kind])
    return _drawn(_plain(image, see_through=see_through), image, limits, photo=kind in _PHOTOS)


def _drawn(plain: Image, source: Image, limits: ImageLimits, *, photo: bool) -> ImageFile:
    """`plain` in its size and the way up that `source` says, as a file."""
    from PIL import Image, ImageOps

    if max(plain.size) > limits.max_side:
        plain = plain.resize(_fitted(plain.size, limits.max_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    orientation = _orientation(source)
    if orientation != 1:
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        plain.info["exif"] = exif.tobytes()
        plain = ImageOps.exif_transpose(plain)
    plain.info.clear()
    file = io.BytesIO()
    if photo:
        plain.save(file, "JPEG", quality=92, subsampling=0)
        return ImageFile(file.getvalue(), "image/jpeg")
    plain.save(file, "PNG", compress_level=1)  # it travels to this machine only: speed counts, size does not
    return ImageFile(file.getvalue(), "image/png")


def _plain(image: Image, *, see_through: bool) -> Image:
    """`image` as RGB or grey with 8 bits; white shines through where it is transparent."""
    from PIL import Image

    if see_through:
        shown = image.convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        return Image.alpha_composite(paper, shown).convert("RGB")
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _see_through(image: Image) -> bool:
    """Whether a pixel of it is not opaque."""
    if not image.has_transparency_data:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return isinstance(lowest, int | float) and lowest < 255


def _moves(image: Image, kind: str) -> bool:
    return kind not in _PHOTOS and bool(getattr(image, "is_animated", False))


def _orientation(image: Image) -> int:
    try:
        value: object = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGED:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _unknown(body: bytes) -> str:
    known = "JPEG, PNG, GIF, WebP, AVIF, BMP, TIFF and ICO are read here"
    if body[4:8] == b"ftyp" and body[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc"):
        return f"is a HEIC image, which this server cannot decode: convert it to JPEG ({known})"
    if b"<svg" in body[:1024].lower():
        return f"is an SVG drawing, which no model can see: render it to PNG first ({known})"
    if body[:5] == b"%PDF-":
        return f"is a PDF document, not an image ({known})"
    return f"is not in a known image format ({known})"
