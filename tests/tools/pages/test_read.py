"""What kind of page the bytes are, and what is said about those that cannot be read."""

from __future__ import annotations

import pytest

from unsloth_studio.tools.pages.page import PageLimits, PageUnreadable
from unsloth_studio.tools.pages.read import Fetch, read_page

HTML = b"<!doctype html><title>T</title><p>Hello, reader.</p>"
FEED = "<?xml version='1.0'?><feed><title>x</title></feed>"
URL = "https://a.example/x"


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        (HTML, "text/html", "Hello, reader."),
        (HTML, "", "Hello, reader."),
        (HTML, "application/octet-stream", "Hello, reader."),
        (HTML, "application/xhtml+xml", "Hello, reader."),
        (HTML, "text/plain", HTML.decode()),
        (b'{"a": [1, 2]}\n', "application/json", '{"a": [1, 2]}'),
        (b'{"type": "Feature"}', "application/geo+json", '{"type": "Feature"}'),
        (b"# Title\n\n```\n<div>\n```", "text/markdown", "# Title\n\n```\n<div>\n```"),
        (b"a,b\r\n1,2\r\n", "text/csv", "a,b\r\n1,2\r"),
        (FEED.encode(), "application/atom+xml", FEED),
        (b"def f():\n    return 1\n", "application/octet-stream", "def f():\n    return 1"),
        (b"plain words", "", "plain words"),
    ],
)  # fmt: skip
def test_the_kind_of_a_page(body: bytes, media_type: str, text: str) -> None:
    assert read_page(body, Fetch(URL, media_type), PageLimits()).text == text


@pytest.mark.parametrize(
    ("body", "media_type", "sentence"),
    [
        (b"", "text/html", "The page is empty."),
        (b" \n ", "text/plain", "The page is empty."),
        (b"<html></html>", "text/html", "The page holds no text."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png", r"neither a page nor a text \(image/png\)"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "text/html", r"neither a page nor a text \(text/html\)"),
        (b"PK\x03\x04\x14\x00\x00\x00", "", "neither a page nor a text. HTML, PDF"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "text/plain", "neither a page nor a text"),
        (b"plain", "video/mp4", "neither a page nor a text"),
        (b"%PDF-1.7 broken", "application/pdf", "The page is a damaged PDF"),
        (
            b"<html><title>App</title><body><div id=root></div><script>boot()</script></body></html>",
            "text/html",
            "with JavaScript only, which is not run here. Its title is 'App'. Try another source.",
        ),
        (b"<script>x</script><noscript>You need to enable JavaScript.</noscript>", "text/html", "with JavaScript only"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(body: bytes, media_type: str, sentence: str) -> None:
    with pytest.raises(PageUnreadable, match=sentence):
        read_page(body, Fetch(URL, media_type), PageLimits())


def test_long_pages_are_cut_and_say_so() -> None:
    limits = PageLimits(max_markup=2000, max_characters=100)
    for body, kind in ((b"<p>" + b"word " * 1000, "text/html"), (b"word " * 1000, "text/plain")):
        page = read_page(body, Fetch(URL, kind), limits)
        assert (page.cut, len(page.text)) == (True, 100)
    page = read_page(b"<p>" + b"word " * 500, Fetch(URL, "text/html"), PageLimits(max_markup=2000))
    assert page.cut
    assert len(page.text) < 2000
