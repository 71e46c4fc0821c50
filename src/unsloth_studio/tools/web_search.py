"""The tool `web_search`: results of a search, or, at depth `advanced`, what the best pages say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, cast

from msgspec.structs import replace

from unsloth_studio.tools import arguments as checked
from unsloth_studio.tools.arguments import BadArgument
from unsloth_studio.tools.citations import NOTE, listed
from unsloth_studio.tools.contract import ToolContext, ToolOutput
from unsloth_studio.tools.page_text import one_line, shown_url
from unsloth_studio.tools.pages.opener import PageOpener
from unsloth_studio.tools.pages.page import Page
from unsloth_studio.tools.passages import choose, split
from unsloth_studio.tools.search.chain import search
from unsloth_studio.tools.search.provider import TIME_RANGES, SearchFailed, SearchProvider, SearchQuery, TimeRange
from unsloth_studio.tools.sites import Sites
from unsloth_studio.tools.web_fetch import BUDGET, together
from unsloth_studio.turn.sources import Source

MAX_RESULTS: Final = 10
_PAGES: Final = 4
"""Pages that `advanced` opens."""
_SNIPPET = 500
_LOWEST, _HIGHEST = 200, 16_000
_SHARE = 0.6
"""Of the call's time for reading pages, at most; the search comes before."""
_READING = 30.0


class WebSearch:
    """Asks `providers` in their order; `opener` reads the pages of `advanced`."""

    name = "web_search"
    description = (
        "Searches the web. Returns numbered results (title, address, snippet). With depth `advanced` it also opens the best "
        "pages and returns the passages that answer the query, in one call."
    )

    def __init__(self, providers: Sequence[SearchProvider], opener: PageOpener, *, budget: int = BUDGET) -> None:
        self._providers, self._opener, self._budget = providers, opener, budget
        self.parameters: dict[str, Any] = {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to search for."},
                "depth": {
                    "type": "string",
                    "enum": ["basic", "advanced"],
                    "description": "basic (default): results with snippets. advanced: passages from the pages themselves.",
                },
                "max_results": {"type": "integer", "description": f"1 to {MAX_RESULTS}; default 5."},
                "time_range": {
                    "type": "string",
                    "enum": list(TIME_RANGES),
                    "description": "How old results may be; default any.",
                },
                "max_tokens": {
                    "type": "integer",
                    "description": f"How much text `advanced` returns, {_LOWEST} to {_HIGHEST}; default {budget}.",
                },
            },
            "required": ["query"],
        }

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Does not raise."""
        try:
            query = SearchQuery(
                checked.text(arguments, "query", longest=1000),
                checked.number(arguments, "max_results", default=5, lowest=1, highest=MAX_RESULTS),
                cast("TimeRange", checked.one_of(arguments, "time_range", TIME_RANGES, default="any")),
            )
            deep = checked.one_of(arguments, "depth", ("basic", "advanced"), default="basic") == "advanced"
            budget = checked.number(arguments, "max_tokens", default=self._budget, lowest=_LOWEST, highest=_HIGHEST)
        except BadArgument as error:
            return ToolOutput(str(error), is_error=True, failure="invalid_input")
        if context.on_output is not None:
            context.on_output(f"Searching: {one_line(query.text, 100)}\n")
        try:
            found = await search(self._providers, _narrowed(query, context.sites))
        except SearchFailed as error:
            said = f"The search failed. {one_line(str(error), 1000)}"
            return ToolOutput(said, is_error=True, failure="unavailable")
        results = [one for one in found.results if context.sites.admits(one.url)][: query.max_results]
        if not results:
            return ToolOutput(f"{found.provider} found nothing for this query. Try fewer or other words.")
        sources = [
            Source(
                one_line(one.title, 200),
                shown_url(one.url),
                one_line(one.date[:40], 30),
                one_line(one.snippet, _SNIPPET),
            )
            for one in results
        ]
        if deep:
            sources = await self._read(sources, query.text, context, budget=budget)
        sources = context.numbers.give(sources)
        hint = "" if deep else "Read a page with `web_fetch`."
        content = "\n\n".join(filter(None, (listed(sources), hint, NOTE)))
        return ToolOutput(content, sources=tuple(sources))

    async def _read(self, sources: list[Source], query: str, context: ToolContext, *, budget: int) -> list[Source]:
        """`sources` with passages of their pages instead of snippets, where they could be read."""
        within = min(context.timeout_seconds * _SHARE, _READING)
        opened = await self._opener.open_all(
            [one.url for one in sources[:_PAGES]], within=within, say=context.on_output
        )
        pages = {number: one.page for number, one in enumerate(opened) if one.page is not None}
        return await asyncio.to_thread(_with_passages, sources, pages, query, budget)


def _narrowed(query: SearchQuery, sites: Sites) -> SearchQuery:
    """More is asked for where some of it will be left out."""
    if not sites.restricted:
        return query
    return replace(query, text=sites.narrowed(query.text), max_results=2 * MAX_RESULTS)


def _with_passages(sources: list[Source], pages: dict[int, Page], query: str, budget: int) -> list[Source]:
    pieces = [piece for number, page in pages.items() for piece in split(page.text, page=number)]
    chosen = choose(pieces, query, budget=budget)
    read = list(sources)
    for number, page in pages.items():
        passage = together([one for one in chosen if one.page == number])
        if passage:
            date = sources[number].date or page.date
            read[number] = replace(
                sources[number], title=sources[number].title or page.title, date=date, passage=passage
            )
    return read
