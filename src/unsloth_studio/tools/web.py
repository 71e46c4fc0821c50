"""The web tools as a server offers them."""

from __future__ import annotations

from unsloth_studio.serving.fetch import FetchPolicy, GuardedFetcher
from unsloth_studio.tools.pages.opener import ACCEPT, PageOpener
from unsloth_studio.tools.pages.reader import ChildReader
from unsloth_studio.tools.search.chain import chosen_providers
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.web_fetch import WebFetch
from unsloth_studio.tools.web_search import WebSearch


def web_tools(
    settings: SearchSettings | None = None, *, allowed_hosts: frozenset[str] = frozenset()
) -> tuple[WebSearch, WebFetch]:
    """Both tools, which share one reader. Pages are read from the public internet and from `allowed_hosts` (`nas.lan:9000`).

    Raises `ValueError` for a provider that lacks its address or key. Opens nothing, and imports lxml, pypdf, aiohttp and
    ddgs only when they are needed.
    """
    fetcher = GuardedFetcher(FetchPolicy(allowed_hosts=allowed_hosts, accept=ACCEPT))
    opener = PageOpener(fetcher, ChildReader())
    return WebSearch(chosen_providers(settings or SearchSettings()), opener), WebFetch(opener)
