"""One document file as bytes: what it is, and its text.

The rule: the bytes decide what a file is, not its name; what is neither PDF nor text is refused, and so is a PDF of which
the model would see nothing. Reading a PDF takes milliseconds to seconds of CPU per page: call it in a thread.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

log = logging.getLogger(__name__)

READABLE = "PDF and text files (plain text, Markdown, CSV, HTML, JSON, source code and the like)"

_UNPACKED = 16 * 2**20
_BOUNDS: dict[str, Any] = {
    **dict.fromkeys((f"{kind}_maximum_output_length" for kind in ("zlib", "lzw", "run_length", "brotli")), _UNPACKED),
    "array_based_stream_maximum_output_length": _UNPACKED,
    "jbig2dec_binary": None,
}
"""Bytes of one unpacked stream of a PDF, of which pypdf allows 75 MB; and no program of this machine's is run."""
_PDF_WITHIN = 1024
"""Bytes in which `%PDF-` must stand; Acrobat's own rule, since mailers put lines in front."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(
    r";\s*charset\s*=\s*\"?((?:utf|iso-?8859|latin|us-ascii|windows|cp|koi8|shift|euc|gb|big5)[\w-]*)", re.IGNORECASE
)
"""Character sets by name; Python knows others that are none, and slow."""
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a]")
"""Control characters that no text holds; what lies between are the white space of old printers and escape."""


class DocumentRefused(Exception):  # noqa: N818 - it is about the client's file
    """The document cannot be read; the message is a clause that follows "it", for a person."""


class DocumentLimits(Struct, frozen=True):
    """Per document. `seconds` are those of reading a PDF. A page whose drawing commands are larger than `max_page_bytes` is
    a map or a plan: it takes some seconds per MiB, and is not read."""

    max_pages: int = 600
    max_page_bytes: int = 4 * 2**20
    max_characters: int = 2_000_000
    seconds: float = 30.0


def document_text(body: bytes, media_type: str, limits: DocumentLimits) -> str:
    """The text of a PDF with a line `[page N]` before each page, of any other file all of it. `media_type` is what its
    sender claims, with parameters. Raises `DocumentRefused`."""
    if not body:
        raise DocumentRefused("is empty")
    if b"%PDF-" in body[:_PDF_WITHIN]:
        return _pdf_text(body, limits)
    text = _plain_text(body, media_type)
    if len(text) > limits.max_characters:
        raise _too_long(limits)
    return text


def _plain_text(body: bytes, media_type: str) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    text = _decoded(body, media_type)
    if _BINARY.search(text):
        kind = media_type.partition(";")[0].strip()
        called = f" (it is called '{kind}')" if kind else ""
        raise DocumentRefused(f"is of a kind that cannot be read here{called}. Readable are {READABLE}")
    return text


def _decoded(body: bytes, media_type: str) -> str:
    """UTF-8 unless the sender names another character set; a text in neither is one of Windows'."""
    if charset := _CHARSET.search(media_type):
        try:
            return body.decode(charset[1], "replace")
        except (LookupError, ValueError):
            pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _pdf_text(body: bytes, limits: DocumentLimits) -> str:
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it remarks on every oddity of a file
    deadline = time.monotonic() + limits.seconds
    try:
        with apply_configuration(**_BOUNDS):
            reader = PdfReader(io.BytesIO(body))
            if reader.is_encrypted and not reader.decrypt(""):
                raise FileNotDecryptedError
            return _pages_text(reader, limits, deadline)
    except DocumentRefused:
        raise
    except (DependencyError, FileNotDecryptedError, NotImplementedError) as error:
        raise DocumentRefused("is an encrypted PDF. Send it without a password") from error
    except (LimitReachedError, MemoryError) as error:
        raise DocumentRefused("is a PDF that unpacks to too much. Send its text instead") from error
    except Exception as error:  # pypdf promises no closed set of them for damaged files
        log.debug("a PDF could not be read", exc_info=error)
        raise DocumentRefused("is a damaged PDF, or one that is cut off") from error


def _pages_text(reader: PdfReader, limits: DocumentLimits, deadline: float) -> str:
    count = len(reader.pages)
    if count > limits.max_pages:
        raise DocumentRefused(f"has {count} pages; at most {limits.max_pages} are read. Send a part of it")
    marked: list[str] = []
    length = found = 0
    for number, text in enumerate(_each_page(reader, limits, deadline), 1):
        found += bool(text)
        marked.append(f"[page {number}]\n{text or '(no text)'}")
        length += len(marked[-1])
        if length > limits.max_characters:
            raise _too_long(limits)
    if not found:
        raise DocumentRefused("is a PDF without text, as scanners make them. Send its pages as images, or as text")
    return "\n\n".join(marked)


def _each_page(reader: PdfReader, limits: DocumentLimits, deadline: float) -> Iterator[str]:
    def look_at_the_clock(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise DocumentRefused(f"takes longer than {limits.seconds:g} s to read. Send its text instead")

    page: PageObject
    for page in reader.pages:
        look_at_the_clock()
        drawn = page.get_contents()
        if drawn is not None and len(drawn.get_data()) > limits.max_page_bytes:
            yield "(not read: this page is one large drawing)"
        else:
            yield page.extract_text(visitor_operand_before=look_at_the_clock).strip()


def _too_long(limits: DocumentLimits) -> DocumentRefused:
    return DocumentRefused(f"has more than {limits.max_characters:,} characters. Send a part of it")
