"""`ddgs`: a stand-in at its public interface, and the package itself with an engine that is served here.

Its real engines were not asked: there is no way to them from where the tests run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

import pytest
from ddgs.base import BaseSearchEngine
from ddgs.engines import ENGINES
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException
from ddgs.results import TextResult
from tests.support.local_web import LocalWeb, local_web

from unsloth_studio.tools.search.metasearch import Engine, Metasearch
from unsloth_studio.tools.search.provider import SearchFailed, SearchQuery, SearchResult


class Stand:
    """Answers as `DDGS.text` does."""

    def __init__(self, answer: list[dict[str, Any]] | Exception, wait: float = 0) -> None:
        self._answer, self._wait = answer, wait
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.threads: set[str] = set()

    def text(self, query: str, **kwargs: Any) -> list[dict[str, Any]]:
        self.asked.append((query, kwargs))
        self.threads.add(threading.current_thread().name)
        time.sleep(self._wait)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def test_results_are_read_in_a_thread() -> None:
    stand = Stand(
        [{"title": "First", "href": "https://a.example/1", "body": "A snippet"}, {"title": "x", "href": "", "body": ""}]
    )
    found = await Metasearch(timeout=2, open_engine=lambda _: stand).search(SearchQuery("q", 4, "week"))
    assert found == [SearchResult("First", "https://a.example/1", "A snippet")]
    assert stand.asked == [("q", {"max_results": 4, "timelimit": "w", "backend": "auto"})]
    assert stand.threads.isdisjoint({threading.main_thread().name})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RatelimitException("202"), "asking too often. Try again in some minutes; the operator"),
        (TimeoutException("timed out"), "did not answer in time"),
        (DDGSException("RuntimeError: dns"), r"could not search \(DDGSException\)"),
        (KeyError("x"), r"could not search \(KeyError\)"),
    ],
)
async def test_failures_say_who_must_act(error: Exception, said: str) -> None:
    with pytest.raises(SearchFailed, match=said):
        await Metasearch(timeout=2, open_engine=lambda _: Stand(error)).search(SearchQuery("q"))


async def test_nothing_found_is_nothing() -> None:
    stand = Stand(DDGSException("No results found."))
    assert await Metasearch(timeout=2, open_engine=lambda _: stand).search(SearchQuery("q")) == []


async def test_a_slow_search_is_given_up() -> None:
    with pytest.raises(SearchFailed, match=r"did not answer within 0\.1 s"):
        await Metasearch(timeout=0.1, open_engine=lambda _: Stand([], wait=0.5)).search(SearchQuery("q"))


async def test_a_missing_package_is_said() -> None:
    def missing(seconds: float) -> Engine:
        raise ImportError("No module named 'ddgs'")

    with pytest.raises(SearchFailed, match="must install it"):
        await Metasearch(timeout=2, open_engine=missing).search(SearchQuery("q"))


class Local(BaseSearchEngine[TextResult]):
    """An engine as the package's own are written, for a page that is served here."""

    name = "local"
    category = "text"
    provider = "local"
    search_method = "GET"
    items_xpath = "//li"
    elements_xpath: ClassVar[Mapping[str, str]] = {
        "title": ".//h2//text()",
        "href": ".//a/@href",
        "body": ".//p//text()",
    }

    def build_payload(
        self, query: str, region: str, safesearch: str, timelimit: str | None, page: int, **kwargs: str
    ) -> dict[str, Any]:
        return {"q": query, "t": timelimit or ""}


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalWeb]:
    async with local_web() as site:
        Local.search_url = f"{site.url}/find"
        monkeypatch.setitem(ENGINES["text"], "local", Local)  # the package's registry; there is no other way in
        yield site


async def test_the_package_itself_searches(site: LocalWeb) -> None:
    item = "<li><h2>Python title</h2><a href='https://a.example/{0}'>x</a><p>about python {0}</p></li>"
    site.page("/find", "<ul>" + "".join(item.format(number) for number in range(3)) + "</ul>")
    found = await Metasearch(timeout=5, backend="local").search(SearchQuery("python", 2, "day"))
    assert [result.url for result in found] == ["https://a.example/0", "https://a.example/1"]
    assert found[0] == SearchResult("Python title", "https://a.example/0", "about python 0")
    assert dict(site.asked[0].query) == {"q": "python", "t": "d"}


async def test_the_package_itself_is_turned_away(site: LocalWeb) -> None:
    site.status("/find", 403)
    assert await Metasearch(timeout=5, backend="local").search(SearchQuery("python")) == []
