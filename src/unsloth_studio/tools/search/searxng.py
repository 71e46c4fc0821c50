"""SearXNG, a search engine that the operator runs. Source: docs.searxng.org/dev/search_api."""

from __future__ import annotations

from unsloth_studio.tools.search.api import Question, ask
from unsloth_studio.tools.search.provider import SearchFailed, SearchQuery, SearchResult, results

_ADVICE = {
    403: "it does not give JSON. The operator must add `json` to `search.formats` in its settings.yml.",
    429: "its limiter takes this server for a robot. The operator must let this server's address pass in its limiter.toml.",
}


class SearxNG:
    """`url` is the address of the instance (`http://10.0.0.5:8080`)."""

    name = "SearXNG"

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url.rstrip("/").removesuffix("/search")
        self._timeout = timeout

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """Raises `SearchFailed`, also when every engine behind it was silent."""
        params = {"q": query.text, "format": "json"}
        if query.time_range != "any":
            params["time_range"] = query.time_range
        answer = await ask(Question(self.name, f"{self._url}/search", self._timeout, params=params, advice=_ADVICE))
        found = results(answer.get("results"), ("title", "url", "content", "publishedDate"), most=query.max_results)
        if not found and answer.get("unresponsive_engines"):
            raise SearchFailed("None of the engines that SearXNG asks has answered it. Try again later.")
        return found
