"""One image file: what keeps its bytes, what is drawn again and how, what is refused and in which words."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image
from tests.support.pictures import colour, encoded, opened, picture, turned

from unsloth_studio.serving.image_file import ImageLimits, ImageRefused, presentable

LIMITS = ImageLimits()


def animation() -> bytes:
    frames = [Image.new("RGB", (8, 8), name) for name in ("red", "blue")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


UNTOUCHED = {
    "PNG": (picture("PNG"), "image/png"),
    "PNG with a palette": (picture("PNG", mode="P"), "image/png"),
    "PNG with an alpha channel that hides nothing": (picture("PNG", mode="RGBA"), "image/png"),
    "PNG in grey with 16 bits": (encoded(Image.new("I;16", (9, 9), 40_000), "PNG"), "image/png"),
    "JPEG": (picture("JPEG"), "image/jpeg"),
    "JPEG, progressive": (picture("JPEG", progressive=True), "image/jpeg"),
    "JPEG in grey": (picture("JPEG", mode="L"), "image/jpeg"),
    "JPEG that EXIF calls upright": (turned("JPEG", 1), "image/jpeg"),
    "GIF with one frame": (picture("GIF"), "image/gif"),
    "BMP": (picture("BMP"), "image/bmp"),
    "as large as is allowed": (picture("PNG", size=(2048, 4)), "image/png"),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_a_file_in_which_nothing_has_to_change_keeps_its_bytes(name: str) -> None:
    body, media_type = UNTOUCHED[name]
    file = presentable(body, LIMITS)
    assert file.body is body
    assert file.media_type == media_type


CONVERTED = {
    "WebP": (picture("WEBP", lossless=True), "image/png"),
    "AVIF": (picture("AVIF"), "image/png"),
    "TIFF": (picture("TIFF"), "image/png"),
    "ICO": (picture("ICO", size=(32, 32)), "image/png"),
    "JPEG 2000": (picture("JPEG2000"), "image/png"),
    "PNM as text": (b"P3 2 1 255  255 0 0  0 0 255\n", "image/png"),
    "TGA": (picture("TGA"), "image/png"),
    "TIFF in CMYK": (picture("TIFF", mode="CMYK"), "image/png"),
    "JPEG in CMYK": (picture("JPEG", mode="CMYK"), "image/jpeg"),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_what_the_engine_cannot_read_is_converted(name: str) -> None:
    body, media_type = CONVERTED[name]
    file = presentable(body, LIMITS)
    assert file.media_type == media_type
    assert (colour(file.body, 0, 0.5), colour(file.body, 1, 0.5)) == ("red", "blue")
    assert presentable(body, LIMITS) == file, "the same bytes every time, or the prompt cache is lost"
    assert presentable(file.body, LIMITS).body is file.body


# Where the red half of the picture ends up (EXIF 2.32, "Orientation").
TURNS = {
    2: ((1, 0.5), (60, 40)), 3: ((1, 0.5), (60, 40)), 4: ((0, 0.5), (60, 40)), 5: ((0.5, 0), (40, 60)),
    6: ((0.5, 0), (40, 60)), 7: ((0.5, 1), (40, 60)), 8: ((0.5, 1), (40, 60)),
}  # fmt: skip


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_picture_is_turned_as_exif_says(orientation: int, file_format: str) -> None:
    (x, y), size = TURNS[orientation]
    shown = presentable(turned(file_format, orientation), LIMITS).body
    assert opened(shown).size == size
    assert (colour(shown, x, y), colour(shown, 1 - x, 1 - y)) == ("red", "blue")
    assert presentable(shown, LIMITS).body is shown, "it is not turned twice"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((120, 60), (50, 25)), ((60, 120), (25, 50)), ((51, 1), (50, 1)), ((50, 50), (50, 50))],
    ids=["wide", "tall", "a line", "just fits"],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_long_side_is_made_shorter(file_format: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    shown = presentable(picture(file_format, size=size), ImageLimits(max_side=50)).body
    assert opened(shown).size == expected


def test_a_large_photo_is_turned_and_made_smaller_at_once() -> None:
    file = presentable(turned("JPEG", 6, size=(1200, 800)), ImageLimits(max_side=300))
    assert file.media_type == "image/jpeg"
    assert opened(file.body).size == (200, 300)
    assert colour(file.body, 0.5, 0) == "red"


SEE_THROUGH = {
    "PNG with alpha": encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"),
    "PNG with a transparent colour": encoded(Image.new("P", (9, 9), 0), "PNG", transparency=0),
    "PNG in grey with alpha": encoded(Image.new("LA", (9, 9), (0, 0)), "PNG"),
    "GIF": encoded(Image.new("P", (9, 9), 0), "GIF", transparency=0),
    "WebP": encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "WEBP"),
}


@pytest.mark.parametrize("name", SEE_THROUGH)
def test_white_shines_through_where_a_picture_is_transparent(name: str) -> None:
    assert colour(presentable(SEE_THROUGH[name], LIMITS).body, 0.5, 0.5) == "white"


def test_of_an_animation_the_first_frame_is_shown() -> None:
    file = presentable(animation(), LIMITS)
    assert file.media_type == "image/png"
    assert colour(file.body, 0.5, 0.5) == "red"


def test_sixteen_bits_keep_their_brightness() -> None:
    shown = presentable(encoded(Image.new("I;16", (9, 9), 0x8000), "TIFF"), LIMITS).body
    assert opened(shown).getpixel((4, 4)) == (0x80, 0x80, 0x80)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is this large; the bound must hold before anything is unpacked."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


REFUSED = {
    "a bomb of 10^18 pixels": (bomb(10**9, 10**9), "has more than 89478485 pixels"),
    "a bomb of 10^8 pixels": (bomb(10**4, 10**4), "has more than 89478485 pixels"),
    "a PNG that is cut off": (picture("PNG", mode="RGB")[:70], "is damaged or cut off"),
    "a JPEG that is cut off": (picture("JPEG")[:-200], "is damaged or cut off"),
    "HEIC": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC image, which this server cannot decode: convert it"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="x"/>', "SVG drawing, which no model can see: render it"),
    "PDF": (b"%PDF-1.7 and so on", "PDF document"),
    "PostScript, which Pillow would run": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not in a known"),
    "text": (b"hello " * 9, "is not in a known image format"),
    "a web page": (b"<!doctype html><title>404</title>", "is not in a known image format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_is_refused_with_the_reason(name: str) -> None:
    body, message = REFUSED[name]
    with pytest.raises(ImageRefused, match=message.replace("^", "")):
        presentable(body, LIMITS)


def test_the_limit_of_pixels_names_both_numbers() -> None:
    with pytest.raises(ImageRefused, match="has 60 x 40 pixels, more than 2399 in all"):
        presentable(picture("PNG"), ImageLimits(max_pixels=2399))
    assert presentable(picture("PNG"), ImageLimits(max_pixels=2400))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "TIFF", "ICO", "TGA", "JPEG2000"])
def test_damaged_files_are_refused_or_shown_and_nothing_else(file_format: str) -> None:
    whole, chance = picture(file_format, size=(32, 32)), random.Random(7)
    outcomes = {"refused": 0, "shown": 0}
    for number in range(150):
        damaged = bytearray(whole[: chance.randrange(len(whole))] if number % 2 else whole)
        for _ in range(chance.randint(0, 6) if damaged else 0):
            damaged[chance.randrange(min(len(damaged), 300))] = chance.randrange(256)
        try:
            shown = presentable(bytes(damaged), LIMITS)
        except ImageRefused:
            outcomes["refused"] += 1
        else:
            outcomes["shown"] += 1
            assert shown.media_type.startswith("image/")
    assert all(outcomes.values()), outcomes


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_drawn_again_carries_no_profile_and_no_exif(file_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    shown = presentable(picture(file_format, exif=exif, icc_profile=b"for other colours"), LIMITS).body
    with Image.open(io.BytesIO(shown)) as image:
        assert not {"icc_profile", "exif"} & set(image.info)
