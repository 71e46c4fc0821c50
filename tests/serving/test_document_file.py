"""Document files: what is read from them, and which are refused in a sentence."""

from __future__ import annotations

import codecs
import zipfile
from io import BytesIO

import pytest
from tests.support.pdfs import locked, packed, pdf
from tests.support.pictures import picture

from unsloth_studio.serving.document_file import DocumentLimits, DocumentRefused, document_text

LIMITS = DocumentLimits()
TWO_PAGES = pdf("Annual report\nRevenue rose.", "Outlook")
TWO_PAGES_READ = "[page 1]\nAnnual report\nRevenue rose.\n\n[page 2]\nOutlook"


def docx() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


READ: dict[str, tuple[bytes, str, str]] = {
    "a PDF, each page below its mark": (TWO_PAGES, "application/pdf", TWO_PAGES_READ),
    "a PDF that is called something else": (TWO_PAGES, "text/plain", TWO_PAGES_READ),
    "a PDF with lines before its head": (b"Received: by mail\r\n\r\n" + pdf("Hi"), "", "[page 1]\nHi"),
    "an empty page keeps its number": (pdf("a", "", "b"), "", "[page 1]\na\n\n[page 2]\n(no text)\n\n[page 3]\nb"),
    "a PDF that opens without a password": (locked(TWO_PAGES, ""), "application/pdf", TWO_PAGES_READ),
    "UTF-8": ("Grüße\n\tDu".encode(), "text/plain", "Grüße\n\tDu"),
    "no type at all": (b"# Notes", "", "# Notes"),
    "source code under a type of its own": (b"print(1)", "application/octet-stream", "print(1)"),
    "a byte order mark": (codecs.BOM_UTF8 + b"a", "text/plain", "a"),
    "UTF-16 by its mark": (codecs.BOM_UTF16_LE + "Grüße".encode("utf-16-le"), "text/plain", "Grüße"),
    "a named character set": ("Привет".encode("koi8-r"), "text/plain; charset=koi8-r", "Привет"),
    "an unknown character set": ("ü".encode(), "text/plain;charset=utf-ours", "ü"),
    "a codec of Python's that is no character set": (b"abc", "text/plain;charset=punycode", "abc"),
    "Windows": ("“ü”".encode("cp1252"), "text/csv", "“ü”"),
}


@pytest.mark.parametrize("name", READ)
def test_a_document_is_read(name: str) -> None:
    body, media_type, text = READ[name]
    assert document_text(body, media_type, LIMITS) == text


KINDS = "Readable are PDF and text files (plain text, Markdown, CSV, HTML, JSON, source code and the like)"
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "a PDF with a password": (locked(TWO_PAGES, "secret"), "is an encrypted PDF. Send it without a password"),
    "a PDF that is cut off": (TWO_PAGES[:200], "is a damaged PDF, or one that is cut off"),
    "the head of a PDF only": (b"%PDF-1.7\n", "is a damaged PDF, or one that is cut off"),
    "a scan": (pdf("", ""), "is a PDF without text, as scanners make them. Send its pages as images, or as text"),
    "a Word file": (docx(), f"is of a kind that cannot be read here (it is called 'application/x'). {KINDS}"),
    "a picture": (
        picture("PNG"),
        f"is of a kind that cannot be read here (it is called 'application/x'). {KINDS}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_why(name: str) -> None:
    body, message = REFUSED[name]
    with pytest.raises(DocumentRefused) as refused:
        document_text(body, "application/x; a=b", LIMITS)
    assert str(refused.value) == message


TOO_MUCH: dict[str, tuple[bytes, DocumentLimits, str]] = {
    "pages": (pdf("a", "b", "c"), DocumentLimits(max_pages=2), "has 3 pages; at most 2 are read. Send a part of it"),
    "characters of a PDF": (pdf("a" * 90, "b"), DocumentLimits(max_characters=90), "has more than 90 characters"),
    "characters of a text": (b"a" * 91, DocumentLimits(max_characters=90), "has more than 90 characters"),
    "seconds": (TWO_PAGES, DocumentLimits(seconds=0), "takes longer than 0 s to read"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_refused_and_never_cut(name: str) -> None:
    body, limits, message = TOO_MUCH[name]
    with pytest.raises(DocumentRefused) as refused:
        document_text(body, "application/pdf", limits)
    assert str(refused.value).startswith(message)


def test_a_page_that_is_one_large_drawing_is_named_and_not_read() -> None:
    text = document_text(pdf("a", "b" * 2000), "", DocumentLimits(max_page_bytes=1000))
    assert text == "[page 1]\na\n\n[page 2]\n(not read: this page is one large drawing)"


def test_a_stream_that_unpacks_to_too_much_is_not_unpacked() -> None:
    with pytest.raises(DocumentRefused) as refused:
        document_text(packed(pdf("bomb"), 17 * 2**20), "", LIMITS)
    assert str(refused.value) == "is a PDF that unpacks to too much. Send its text instead"


def test_one_page_cannot_hold_a_thread_for_longer_than_its_time() -> None:
    long = pdf("\n".join(["word"] * 20_000))
    with pytest.raises(DocumentRefused, match="takes longer than"):
        document_text(long, "application/pdf", DocumentLimits(seconds=0.001))
