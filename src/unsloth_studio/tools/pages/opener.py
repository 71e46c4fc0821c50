"""Opening pages: fetched behind the guard, read in a process of their own, several at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from unsloth_studio.serving.fetch import Fetcher, FetchFailed
from unsloth_studio.serving.fetch_guard import FetchRefused
from unsloth_studio.tools.page_text import neutralise, one_line, shown_url
from unsloth_studio.tools.pages.page import Page, PageUnreadable
from unsloth_studio.tools.pages.read import Fetch
from unsloth_studio.tools.pages.reader import Reader

ACCEPT = "text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, */*;q=0.5"
"""For `FetchPolicy.accept`: sites that have a page as Markdown send that."""
MAX_BYTES = 10 * 2**20
_AT_ONCE = 5
_BARE = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,24}(?::\d{1,5})?(?:[/?#].*)?")


class Opened(Struct, frozen=True):
    """`page` holds text that was neutralised; None with the `problem`, a sentence, when it could not be read."""

    url: str
    page: Page | None = None
    problem: str = ""


class PageOpener:
    """`max_bytes` is what a page may unpack to."""

    def __init__(self, fetcher: Fetcher, reader: Reader, *, max_bytes: int = MAX_BYTES) -> None:
        self._fetcher, self._reader, self._max_bytes = fetcher, reader, max_bytes

    async def open_all(
        self, urls: Sequence[str], *, within: float, links: bool = False, say: Callable[[str], None] | None = None
    ) -> list[Opened]:
        """Each of `urls`, in their order. What takes longer than `within` seconds is given up, the rest is kept. Does not
        raise. `say` is told what is read."""
        free = asyncio.Semaphore(_AT_ONCE)

        async def one(url: str) -> Opened:
            try:
                async with asyncio.timeout(within), free:
                    if say is not None:
                        say(f"Reading: {_host(url)}\n")
                    return await self._open(url, links=links)
            except TimeoutError:
                return Opened(url, problem=f"It took longer than {within:g} s.")

        return await asyncio.gather(*(one(url) for url in urls))

    async def _open(self, url: str, *, links: bool) -> Opened:
        try:
            fetched = await self._fetcher.get(completed(url), max_bytes=self._max_bytes)
            fetch = Fetch(fetched.final_url, fetched.media_type, fetched.charset, links=links)
            page = await self._reader.read(fetched.body, fetch)
        except FetchRefused as error:
            return Opened(url, problem=f"{one_line(str(error))} Pages outside the public internet are not read.")
        except (FetchFailed, PageUnreadable) as error:
            return Opened(url, problem=one_line(str(error)))
        safe = (await asyncio.to_thread(neutralise, page.text)).strip("\n")
        if not safe.strip():
            return Opened(url, problem="The page holds nothing that can be seen.")
        title = one_line(page.title or _file_name(page.url), 200)
        return Opened(url, Page(shown_url(page.url), title, one_line(page.date, 30), safe, page.cut))


def completed(url: str) -> str:
    """`url` as a browser would take it from its address bar: `example.org/x` means https."""
    trimmed = url.strip().strip("<>")
    return f"https://{trimmed}" if _BARE.fullmatch(trimmed) else trimmed


def _host(url: str) -> str:
    try:
        return one_line(urlsplit(completed(url)).hostname or "", 100)
    except ValueError:
        return ""


def _file_name(url: str) -> str:
    """For pages without a title: what their address ends in."""
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
