"""Brave Search. Source: api-dashboard.search.brave.com, Web Search API."""

from __future__ import annotations

from typing import Any, cast

from unsloth_studio.tools.search.api import Question, ask
from unsloth_studio.tools.search.provider import SearchQuery, SearchResult, results

URL = "https://api.search.brave.com/res/v1/web/search"
_FRESHNESS = {"day": "pd", "week": "pw", "month": "pm", "year": "py"}
_LONGEST_QUERY = 400
_KEY = "the key is not taken. The operator must set a valid key of Brave Search."
_ADVICE = {
    401: _KEY, 403: _KEY, 422: _KEY,
    402: "the plan is used up. The operator must extend it, or name another provider.",
    429: "too many searches for the plan. Wait some seconds, then try again.",
}  # fmt: skip


class Brave:
    """`url` is for tests and proxies."""

    name = "Brave Search"

    def __init__(self, key: str, *, timeout: float, url: str = URL) -> None:
        self._key, self._timeout, self._url = key, timeout, url

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """Raises `SearchFailed`."""
        params = {
            "q": query.text[:_LONGEST_QUERY],
            "count": str(min(query.max_results, 20)),
            "text_decorations": "false",
        }
        if query.time_range in _FRESHNESS:
            params["freshness"] = _FRESHNESS[query.time_range]
        headers = {"X-Subscription-Token": self._key}
        answer = await ask(
            Question(self.name, self._url, self._timeout, params=params, headers=headers, advice=_ADVICE)
        )
        pages: Any = answer.get("web")
        items: Any = cast("dict[str, Any]", pages).get("results") if isinstance(pages, dict) else None
        return results(items, ("title", "url", "description", "age"), most=query.max_results)
