"""Which providers are asked, one after the other, until one has results."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from unsloth_studio.tools.search.brave import Brave
from unsloth_studio.tools.search.metasearch import Metasearch
from unsloth_studio.tools.search.provider import (
    PROVIDERS,
    ProviderName,
    SearchFailed,
    SearchProvider,
    SearchQuery,
    SearchResult,
    SearchSettings,
)
from unsloth_studio.tools.search.searxng import SearxNG
from unsloth_studio.tools.search.tavily import Tavily


class Found(Struct, frozen=True):
    """`provider` is who answered."""

    results: list[SearchResult]
    provider: str


async def search(providers: Sequence[SearchProvider], query: SearchQuery) -> Found:
    """The first answer that holds something; an empty one when those that answered found nothing. Raises `SearchFailed`,
    with what each has said, when none answered."""
    problems: list[str] = []
    silent: list[str] = []
    for provider in providers:
        try:
            results = await provider.search(query)
        except SearchFailed as error:
            problems.append(str(error))
            continue
        if results:
            return Found(results, provider.name)
        silent.append(provider.name)
    if silent:
        return Found([], " and ".join(silent))
    raise SearchFailed(
        " ".join(problems) or "No search provider is configured; the operator of this server must name one."
    )


def chosen_providers(settings: SearchSettings) -> list[SearchProvider]:
    """Those that `settings` name, in order. Raises `ValueError` for one that lacks its address or key."""
    ready: dict[ProviderName, str] = {
        "searxng": settings.searxng_url, "brave": settings.brave_api_key, "tavily": settings.tavily_api_key,
        "ddgs": "always",
    }  # fmt: skip
    names = settings.providers or tuple(name for name in PROVIDERS if ready[name])
    if missing := [name for name in names if not ready[name]]:
        needed = {"searxng": "searxng_url", "brave": "brave_api_key", "tavily": "tavily_api_key"}
        raise ValueError(" ".join(f"The search provider `{name}` needs `{needed[name]}`." for name in missing))
    return [_made(name, settings) for name in names]


def _made(name: ProviderName, settings: SearchSettings) -> SearchProvider:
    match name:
        case "searxng":
            return SearxNG(settings.searxng_url, timeout=settings.timeout)
        case "brave":
            return Brave(settings.brave_api_key, timeout=settings.timeout)
        case "tavily":
            return Tavily(settings.tavily_api_key, timeout=settings.timeout)
        case "ddgs":
            return Metasearch(timeout=settings.timeout)
