"""The bytes of a page as text: HTML, PDF, JSON and plain text. Pure; seconds of CPU for a large one.

The rule: the bytes decide, and what the server claims only where they do not.
"""

from __future__ import annotations

import re

from msgspec import Struct

from unsloth_studio.tools.pages.charset import decode
from unsloth_studio.tools.pages.page import Page, PageLimits, PageUnreadable

_PDF = b"%PDF-"
_PDF_WITHIN = 1024
_TAGS = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|article|h1|script)\b", re.IGNORECASE)
_LOOKED_AT = 2048
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a]")
_MARKUP = frozenset({"text/html", "application/xhtml+xml"})
_TEXTS = re.compile(r"text/.*|application/(?:.*\+)?(?:json|xml|javascript|yaml|toml|x-sh|sql)|application/json-seq")
_BINARIES = re.compile(
    r"(?:image|audio|video|font|model)/(?!svg).*|application/(?:zip|gzip|x-tar|wasm|vnd\.(?!.*json).*)"
)


class Fetch(Struct, frozen=True):
    """What came over the wire. `links` asks for the links' addresses in the text."""

    url: str
    media_type: str = ""
    charset: str | None = None
    links: bool = False


def read_page(body: bytes, fetch: Fetch, limits: PageLimits) -> Page:
    """Raises `PageUnreadable`."""
    if _PDF in body[:_PDF_WITHIN]:
        return _pdf(body, fetch, limits)
    if not body.strip():
        raise PageUnreadable("The page is empty.")
    if _BINARIES.fullmatch(fetch.media_type):
        raise _binary(fetch)
    text = decode(body, fetch.charset, markup=fetch.media_type in ("", *_MARKUP, "application/octet-stream"))
    head = text[:_LOOKED_AT]
    if _BINARY.search(head) or head.count("\N{REPLACEMENT CHARACTER}") > len(head) / 10:
        raise _binary(fetch)
    if fetch.media_type in _MARKUP or (not _TEXTS.fullmatch(fetch.media_type) and _TAGS.search(head)):
        return _html(text, fetch, limits)
    return _limited(Page(fetch.url, "", "", text.strip("\n")), limits)


def _html(text: str, fetch: Fetch, limits: PageLimits) -> Page:
    from unsloth_studio.tools.pages.dom import parse
    from unsloth_studio.tools.pages.main_content import main_content
    from unsloth_studio.tools.pages.markdown import Links, markdown
    from unsloth_studio.tools.pages.metadata import date_of, title_of

    document = parse(text[: limits.max_markup])
    if document is None:
        raise PageUnreadable("The page is empty.")
    title, date = title_of(document), date_of(document)
    scripted = any(True for _ in document.iter("script"))
    written = markdown(main_content(document), Links(keep=fetch.links, base=fetch.url))
    if not written:
        raise PageUnreadable(_nothing(title, scripted=scripted))
    return _limited(Page(fetch.url, title, date, written, len(text) > limits.max_markup), limits)


def _pdf(body: bytes, fetch: Fetch, limits: PageLimits) -> Page:
    from unsloth_studio.serving.document_file import DocumentLimits, DocumentRefused, document_text

    try:
        text = document_text(body, "application/pdf", DocumentLimits(seconds=limits.seconds, max_pages=1000))
    except DocumentRefused as error:
        raise PageUnreadable(f"The page {error}.".replace("Send", "Look for")) from error
    return _limited(Page(fetch.url, "", "", text), limits)


def _limited(page: Page, limits: PageLimits) -> Page:
    if len(page.text) <= limits.max_characters:
        return page
    return Page(page.url, page.title, page.date, page.text[: limits.max_characters], cut=True)


def _binary(fetch: Fetch) -> PageUnreadable:
    kind = f" ({fetch.media_type})" if fetch.media_type else ""
    return PageUnreadable(f"It is neither a page nor a text{kind}. HTML, PDF, JSON and plain text can be read.")


def _nothing(title: str, *, scripted: bool) -> str:
    called = f" Its title is '{title}'." if title else ""
    if scripted:
        return f"The page shows its text with JavaScript only, which is not run here.{called} Try another source."
    return f"The page holds no text.{called}"
