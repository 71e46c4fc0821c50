"""The process that reads a page: what it hands back, and that no page can hold it, or the event loop, for long."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest
from tests.support.pdfs import pdf

from unsloth_studio.tools.pages.page import Page, PageLimits, PageUnreadable
from unsloth_studio.tools.pages.read import Fetch
from unsloth_studio.tools.pages.reader import ChildReader

URL = "https://a.example/x"
HTML = "<title>Ünï</title><p>Hello <a href='/b'>reader</a>, 中文.</p>".encode()
SLOW = b"<table>" + b"<tr><td><span>x " * 150_000
"""Broken nesting, which takes seconds to read."""


async def test_a_page_comes_back_whole() -> None:
    page = await ChildReader().read(HTML, Fetch(URL, "text/html", "utf-8", links=True))
    assert page == Page(URL, "Ünï", "", "Hello [reader](https://a.example/b), 中文.")
    assert (
        await ChildReader().read(pdf("Report", "Outlook"), Fetch(URL))
    ).text == "[page 1]\nReport\n\n[page 2]\nOutlook"


async def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(PageUnreadable, match="neither a page nor a text"):
        await ChildReader().read(b"\x00\x01", Fetch(URL))


async def test_a_page_that_takes_too_long_is_given_up_and_its_process_ends() -> None:
    before = {child.pid for child in psutil.Process().children()}
    start = time.monotonic()
    with pytest.raises(PageUnreadable, match=r"longer than 0\.1 s"):
        await ChildReader(PageLimits(seconds=0.1, max_markup=10**8), grace=0.2).read(SLOW * 4, Fetch(URL, "text/html"))
    assert time.monotonic() - start < 5
    assert {child.pid for child in psutil.Process().children()} <= before


async def test_a_call_that_is_given_up_ends_its_process() -> None:
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await ChildReader(PageLimits(max_markup=10**8)).read(SLOW * 4, Fetch(URL, "text/html"))
    assert {child.pid for child in psutil.Process().children()} <= before


async def test_a_page_that_takes_too_much_memory_is_given_up() -> None:
    limits = PageLimits(max_memory=120 * 2**20, max_markup=10**8)
    with pytest.raises(PageUnreadable, match="too much memory"):
        await ChildReader(limits).read(b"<p><b>x</b>" * 3_000_000, Fetch(URL, "text/html"))


async def test_the_event_loop_goes_on_meanwhile() -> None:
    longest = 0.0
    reading = asyncio.create_task(ChildReader().read(b"<p>word <b>x</b>" * 20_000, Fetch(URL, "text/html")))
    while not reading.done():
        start = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - start)
    assert (await reading).text.startswith("word **x**")
    assert longest < 0.5


@pytest.mark.parametrize("tags", ["<font>", "<div>", "<ul><li>", "<dl><dd>", "<table><tr><td>", "<b><i><span>"])
async def test_tags_that_are_never_closed_do_not_end_the_page(tags: str) -> None:
    page = await ChildReader().read(f"{(tags + 'x ') * 400}<p>The end.".encode(), Fetch(URL, "text/html"))
    assert "The end." in page.text
    page = await ChildReader().read(f"First.{(tags + 'x ') * 20_000}".encode(), Fetch(URL, "text/html"))
    assert page.text.startswith("First.")


async def test_nothing_secret_is_in_its_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A `sitecustomize` in the child's path writes down what it was given."""
    log = tmp_path / "environment"
    (tmp_path / "sitecustomize.py").write_text(f"import os; open({str(log)!r}, 'w').write('\\n'.join(os.environ))\n")
    monkeypatch.setenv("UNSLOTH_STUDIO_BRAVE_API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    await ChildReader().read(HTML, Fetch(URL, "text/html"))
    names = set(log.read_text().split("\n"))
    assert "PYTHONPATH" in names
    assert names <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV"}
