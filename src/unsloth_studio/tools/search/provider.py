"""What a search provider is asked, what it answers, and how it fails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, Protocol, cast

from msgspec import Struct

TimeRange = Literal["any", "day", "week", "month", "year"]
TIME_RANGES: Final[tuple[TimeRange, ...]] = ("any", "day", "week", "month", "year")
ProviderName = Literal["searxng", "brave", "tavily", "ddgs"]
PROVIDERS: Final[tuple[ProviderName, ...]] = ("searxng", "brave", "tavily", "ddgs")

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


class SearchFailed(Exception):  # noqa: N818 - the provider's doing
    """The provider did not answer; the message is a sentence that says who must do what."""


class SearchSettings(Struct, frozen=True):
    """Which providers are asked, in order; empty: every one that is configured, and `ddgs`, which needs nothing, last.

    `searxng_url` is the operator's own instance and may be on a private network. `timeout` is in seconds, for each provider.
    """

    providers: tuple[ProviderName, ...] = ()
    searxng_url: str = ""
    brave_api_key: str = ""
    tavily_api_key: str = ""
    timeout: float = 10.0

    def __repr__(self) -> str:
        return (
            f"SearchSettings(providers={self.providers!r}, searxng_url={self.searxng_url!r}, timeout={self.timeout!r})"
        )


class SearchQuery(Struct, frozen=True):
    text: str
    max_results: int = 5
    time_range: TimeRange = "any"


class SearchResult(Struct, frozen=True):
    """As the provider wrote it, without HTML. `date` may be empty, or words (`3 days ago`)."""

    title: str
    url: str
    snippet: str
    date: str = ""


class SearchProvider(Protocol):
    """`name` is what people call it."""

    name: str

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """At most `max_results`, the best first; none when nothing was found. Raises `SearchFailed`."""
        ...


def results(items: Any, fields: tuple[str, str, str, str], *, most: int) -> list[SearchResult]:
    """The usable ones of `items`: JSON objects whose `fields` are title, address, snippet and date. Each address once, and
    only what a browser would open."""
    found: dict[str, SearchResult] = {}
    title, url, snippet, date = fields
    for item in _objects(items):
        address = str(item.get(url) or "").strip()
        if address.lower().startswith(("http://", "https://")) and address not in found:
            found[address] = SearchResult(
                _plain(item.get(title)), address, _plain(item.get(snippet)), _plain(item.get(date))
            )
    return list(found.values())[:most]


def _objects(items: Any) -> Iterator[dict[str, Any]]:
    if isinstance(items, list):
        for item in cast("Iterable[Any]", items):
            if isinstance(item, dict):
                yield cast("dict[str, Any]", item)


def _plain(value: Any) -> str:
    """Without tags and entities, on one line."""
    return " ".join(html.unescape(_TAG.sub("", str(value or ""))).split())
