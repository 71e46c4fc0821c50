"""A page that was read, and why one could not be."""

from __future__ import annotations

from msgspec import Struct


class PageUnreadable(Exception):  # noqa: N818 - the page's doing
    """The page was fetched, and there is nothing to read; the message is a sentence."""


class PageLimits(Struct, frozen=True):
    """`seconds` are those of reading one page, `max_memory` is in bytes and for the process that does it. Of HTML the first
    `max_markup` characters are read, of any page the first `max_characters`."""

    seconds: float = 20.0
    max_memory: int = 1536 * 2**20
    max_markup: int = 4_000_000
    max_characters: int = 500_000


class Page(Struct, frozen=True):
    """`text` is Markdown where the page was HTML. `date` is `YYYY-MM-DD` or empty. `cut` tells that the page is longer."""

    url: str
    title: str
    date: str
    text: str
    cut: bool = False
