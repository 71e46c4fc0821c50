"""The `ddgs` package: it asks public search engines as a browser would, without a key. Source: its README, version 9.16.

The rule: it runs in a thread of its own, since it waits; never more than two at once, whoever gave up on them.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from unsloth_studio.tools.search.provider import SearchFailed, SearchQuery, SearchResult, results

_TIME_LIMITS = {"day": "d", "week": "w", "month": "m", "year": "y"}
_NOTHING = "No results found."
_ADVICE = "Try again in some minutes; the operator of this server can set up SearXNG, Brave Search or Tavily instead."


class Engine(Protocol):
    """What is used of `ddgs.DDGS`."""

    def text(self, query: str, **kwargs: Any) -> list[dict[str, Any]]: ...


def open_engine(seconds: float) -> Engine:
    """A `DDGS` that waits so long for each engine it asks. Raises `ImportError`."""
    return importlib.import_module("ddgs").DDGS(timeout=max(int(seconds / 2), 1))


class Metasearch:
    """`backend` are the names of the engines that `ddgs` asks, with commas; `auto` leaves that to it."""

    name = "ddgs"

    def __init__(
        self, *, timeout: float, backend: str = "auto", open_engine: Callable[[float], Engine] = open_engine
    ) -> None:
        self._timeout, self._backend, self._open = timeout, backend, open_engine
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="search")

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        """Raises `SearchFailed`. `ddgs` answers nothing both when nothing was found and when it was turned away."""
        try:
            async with asyncio.timeout(self._timeout):
                items = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, query)
        except TimeoutError as error:
            raise SearchFailed(f"ddgs did not answer within {self._timeout:g} s. {_ADVICE}") from error
        return results(items, ("title", "href", "body", "date"), most=query.max_results)

    def _ask(self, query: SearchQuery) -> list[dict[str, Any]]:
        for logger in ("ddgs", "primp"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # they write down what was searched for
        try:
            engine = self._open(self._timeout)
        except ImportError as error:
            raise SearchFailed(
                "ddgs is not installed. The operator of this server must install it (`pip install ddgs`), or set up "
                "SearXNG, Brave Search or Tavily."
            ) from error
        limit = _TIME_LIMITS.get(query.time_range)
        try:
            return engine.text(query.text, max_results=query.max_results, timelimit=limit, backend=self._backend)
        except Exception as error:  # its engines raise what they like
            if str(error) == _NOTHING:
                return []
            raise SearchFailed(_reason(error)) from error


def _reason(error: Exception) -> str:
    kind = type(error).__name__
    if "Ratelimit" in kind:
        return f"ddgs was turned away by the search engines for asking too often. {_ADVICE}"
    if "Timeout" in kind:
        return f"The search engines that ddgs asks did not answer in time. {_ADVICE}"
    return f"ddgs could not search ({kind}). {_ADVICE}"
