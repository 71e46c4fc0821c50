"""Tavily. Source: docs.tavily.com, Search endpoint."""

from __future__ import annotations

from typing import Any

from unsloth_studio.tools.search.api import Question, ask
from unsloth_studio.tools.search.provider import SearchQuery, SearchResult, results

URL = "https://api.tavily.com/search"
_LONGEST_QUERY = 400
_USED_UP = "the plan is used up. The operator must extend it, or name another provider."
_ADVICE = {401: "the key is not taken. The operator must set a valid key of Tavily.", 432: _USED_UP, 433: _USED_UP}


class Tavily:
    """`url` is for tests and proxies."""

    name = "Tavily"

    def __init__(self, key: str, *, timeout: float, url: str = URL) -> None:
        self._key, self._timeout, self._url = key, timeout, url

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """Raises `SearchFailed`."""
        body: dict[str, Any] = {
            "query": query.text[:_LONGEST_QUERY],
            "max_results": query.max_results,
            "search_depth": "basic",
        }
        if query.time_range != "any":
            body["time_range"] = query.time_range
        headers = {"Authorization": f"Bearer {self._key}"}
        answer = await ask(Question(self.name, self._url, self._timeout, headers=headers, body=body, advice=_ADVICE))
        return results(answer.get("results"), ("title", "url", "content", "published_date"), most=query.max_results)
