"""Pages as they are found on the web, written for these tests: every `keepNN` belongs to the content, no `junkNN` does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from unsloth_studio.tools.pages.page import Page, PageLimits
from unsloth_studio.tools.pages.read import Fetch, read_page

WRITTEN = Path(__file__).with_name("written")
PAGES = sorted(WRITTEN.glob("*.html"))


def read(path: Path, *, links: bool = False) -> Page:
    fetch = Fetch("https://site.example/dir/page", "text/html", "utf-8", links=links)
    return read_page(path.read_bytes(), fetch, PageLimits())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_content_is_kept_and_the_rest_is_not(path: Path) -> None:
    html = path.read_text(encoding="utf-8")
    text = read(path).text
    expected = re.findall(r"keep\d\d", html)
    assert len(expected) >= 6
    assert [mark for mark in expected if mark not in text] == []
    assert re.findall(r"junk\d\d", text) == []


@pytest.mark.parametrize("name", ["blog", "docs"])
def test_markdown_of_a_whole_page(name: str) -> None:
    written = read(WRITTEN / f"{name}.html", links=True).text
    assert written + "\n" == (WRITTEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "title", "date"),
    [
        ("blog", "Why our queue was slow", "2026-03-14"),
        ("docs", "fetch - Library 2.4 documentation", "2025-11-02"),
        ("forum", "How do I undo the last commit? - Questions", "2024-07-01"),
        ("plain", "Old page", ""),
    ],
)
def test_title_and_date(name: str, title: str, date: str) -> None:
    page = read(WRITTEN / f"{name}.html")
    assert (page.title, page.date, page.cut) == (title, date, False)


BODY = "<p>The text of the page, which is long enough to matter to somebody who reads it.</p>"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>SECRET</p>",
        "<div style='display: none'><p>SECRET</p></div>",
        "<p style='visibility:hidden'>SECRET</p>",
        "<p style='font-size:0px'>SECRET</p>",
        "<p style='color:red;opacity:0'>SECRET</p>",
        "<div aria-hidden=true>SECRET</div>",
        "<!-- SECRET -->",
        "<template>SECRET</template>",
        "<noscript>SECRET</noscript>",
        "<textarea>SECRET</textarea>",
        "<svg><text>SECRET</text></svg>",
        "<script type='text/plain'>SECRET</script>",
    ],
)
def test_what_no_reader_sees_is_not_read(hidden: str) -> None:
    html = f"<html><body>{hidden}{BODY}</body></html>"
    text = read_page(html.encode(), Fetch("https://a.example/", "text/html"), PageLimits()).text
    assert "SECRET" not in text
    assert "long enough" in text


@pytest.mark.parametrize(
    "wrapper",
    [
        "<div class='sidebar'>{}</div>",
        "<div id=modal-content>{}</div>",
        "<aside>{}</aside>",
        "<body class='has-nav'>{}",
        "<body style='opacity:0'>{}",
        "<div id=app hidden>{}</div>",
        "<form>{}</form>",
        "<header>{}</header>",
        "<article><div class='share'>{}</div></article>",
    ],
)
def test_a_name_does_not_take_the_whole_page_away(wrapper: str) -> None:
    html = f"<html>{wrapper.format(BODY)}</html>"
    assert "long enough" in read_page(html.encode(), Fetch("https://a.example/", "text/html"), PageLimits()).text


@pytest.mark.parametrize(
    "head", ["", "<title>T</title>", "<!doctype html><title>T</title><meta charset=utf-8><link rel=x>"]
)
def test_a_page_without_the_optional_tags_is_read(head: str) -> None:
    for body in (f"<main>{BODY}</main>", f"<article>{BODY}", BODY, f"<section>{BODY}</section>"):
        text = read_page(f"{head}{body}".encode(), Fetch("https://a.example/", "text/html"), PageLimits()).text
        assert text == "The text of the page, which is long enough to matter to somebody who reads it."
