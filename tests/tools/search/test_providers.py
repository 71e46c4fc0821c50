"""Providers against servers that speak their shapes, and the sentences for what goes wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from tests.support.local_web import LocalWeb, local_web

from unsloth_studio.tools.search.brave import Brave
from unsloth_studio.tools.search.chain import Found, chosen_providers, search
from unsloth_studio.tools.search.provider import SearchFailed, SearchProvider, SearchQuery, SearchResult, SearchSettings
from unsloth_studio.tools.search.searxng import SearxNG
from unsloth_studio.tools.search.tavily import Tavily

SEARXNG = {
    "query": "q",
    "number_of_results": 0,
    "results": [
        {"url": "https://a.example/1", "title": "First &amp; best", "content": "A <b>snippet</b>\n here", "score": 2.0,
         "publishedDate": "2026-01-02T00:00:00"},
        {"url": "https://b.example/2", "title": "Second", "content": None, "publishedDate": None},
        {"url": "https://a.example/1", "title": "Again"},
        {"url": "javascript:alert(1)", "title": "No page"},
        {"url": "magnet:?xt=1", "title": "No page either"},
        "damaged",
        {"title": "No address"},
    ],
    "answers": [], "corrections": [], "infoboxes": [], "suggestions": [], "unresponsive_engines": [],
}  # fmt: skip
BRAVE = {
    "type": "search",
    "query": {"original": "q"},
    "web": {"type": "search", "results": [
        {"title": "First &amp; best", "url": "https://a.example/1", "description": "A <strong>snippet</strong> here",
         "age": "2026-01-02T00:00:00",
         "page_age": "2026-01-02T00:00:00"},
        {"title": "Second", "url": "https://b.example/2", "description": ""},
    ]},
}  # fmt: skip
TAVILY = {
    "query": "q", "answer": None, "images": [], "response_time": "1.1", "request_id": "1",
    "results": [
        {"title": "First & best", "url": "https://a.example/1", "content": "A snippet here", "score": 0.9,
         "raw_content": None, "published_date": "2026-01-02T00:00:00"},
        {"title": "Second", "url": "https://b.example/2", "content": "", "score": 0.5},
    ],
}  # fmt: skip
EXPECTED = [
    SearchResult("First & best", "https://a.example/1", "A snippet here", "2026-01-02T00:00:00"),
    SearchResult("Second", "https://b.example/2", "", ""),
]
MAKERS: dict[str, tuple[Callable[[str, float], SearchProvider], str, dict[str, Any]]] = {
    "SearXNG": (lambda url, timeout: SearxNG(url, timeout=timeout), "/search", SEARXNG),
    "Brave Search": (
        lambda url, timeout: Brave("the-key", timeout=timeout, url=f"{url}/res/v1/web/search"),
        "/res/v1/web/search",
        BRAVE,
    ),
    "Tavily": (lambda url, timeout: Tavily("the-key", timeout=timeout, url=f"{url}/search"), "/search", TAVILY),
}
EACH = pytest.mark.parametrize("name", MAKERS)


@pytest.fixture
async def site() -> AsyncIterator[LocalWeb]:
    async with local_web() as site:
        yield site


@EACH
async def test_results_are_read(site: LocalWeb, name: str) -> None:
    make, path, answer = MAKERS[name]
    site.page(path, json.dumps(answer), Content_Type="application/json")
    provider = make(site.url, 2)
    assert provider.name == name
    assert await provider.search(SearchQuery("q")) == EXPECTED
    assert await provider.search(SearchQuery("q", max_results=1)) == EXPECTED[:1]


async def test_what_searxng_is_asked(site: LocalWeb) -> None:
    site.page("/searx/search", json.dumps(SEARXNG), Content_Type="application/json")
    await SearxNG(f"{site.url}/searx/", timeout=2).search(SearchQuery("a & b", 5, "week"))
    assert (site.asked[0].method, dict(site.asked[0].query)) == (
        "GET",
        {"q": "a & b", "format": "json", "time_range": "week"},
    )
    await SearxNG(f"{site.url}/searx/search", timeout=2).search(SearchQuery("q"))
    assert dict(site.asked[1].query) == {"q": "q", "format": "json"}


async def test_what_brave_is_asked(site: LocalWeb) -> None:
    site.page("/s", json.dumps(BRAVE), Content_Type="application/json")
    await Brave("the-key", timeout=2, url=f"{site.url}/s").search(SearchQuery("x" * 900, 3, "month"))
    asked = site.asked[0]
    assert (asked.method, asked.headers["X-Subscription-Token"]) == ("GET", "the-key")
    assert dict(asked.query) == {"q": "x" * 400, "count": "3", "text_decorations": "false", "freshness": "pm"}


async def test_what_tavily_is_asked(site: LocalWeb) -> None:
    site.page("/s", json.dumps(TAVILY), Content_Type="application/json")
    await Tavily("the-key", timeout=2, url=f"{site.url}/s").search(SearchQuery("q", 3, "year"))
    assert (site.asked[0].method, site.asked[0].headers["Authorization"]) == ("POST", "Bearer the-key")
    assert json.loads(site.bodies[0]) == {"query": "q", "max_results": 3, "search_depth": "basic", "time_range": "year"}


@EACH
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "operator"),
        (429, "429"),
        (500, "Try again later"),
        (302, "must check the address"),
        (404, "must check the address"),
    ],
)
async def test_a_refusal_says_who_must_act(site: LocalWeb, name: str, status: int, said: str) -> None:
    make, path, _ = MAKERS[name]
    site.status(path, status, "secret details")
    with pytest.raises(SearchFailed, match=said) as failed:
        await make(site.url, 2).search(SearchQuery("q"))
    assert str(failed.value).startswith(f"{name} answers with status {status}")
    assert "the-key" not in str(failed.value)


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("SearXNG", 403, "does not give JSON. The operator must add `json`"),
        ("Brave Search", 422, "must set a valid key"),
        ("Brave Search", 402, "plan is used up"),
        ("Tavily", 401, "must set a valid key"),
        ("Tavily", 432, "plan is used up"),
    ],
)
async def test_the_usual_refusals_are_known(site: LocalWeb, name: str, status: int, said: str) -> None:
    make, path, _ = MAKERS[name]
    site.status(path, status)
    with pytest.raises(SearchFailed, match=said):
        await make(site.url, 2).search(SearchQuery("q"))


@EACH
@pytest.mark.parametrize("body", ["<html>", "[]", "null", "", '{"a": ', "[" * 100_000])
async def test_an_answer_of_another_kind_is_said(site: LocalWeb, name: str, body: str) -> None:
    make, path, _ = MAKERS[name]
    site.page(path, body)
    with pytest.raises(SearchFailed, match="something else than a JSON object"):
        await make(site.url, 2).search(SearchQuery("q"))


@EACH
@pytest.mark.parametrize(
    "answer", [{}, {"results": None, "web": None}, {"results": {}, "web": {"results": 3}}, {"web": []}]
)
async def test_a_strange_answer_is_no_result(site: LocalWeb, name: str, answer: dict[str, Any]) -> None:
    make, path, _ = MAKERS[name]
    site.page(path, json.dumps(answer))
    assert await make(site.url, 2).search(SearchQuery("q")) == []


@EACH
async def test_an_endless_answer_and_a_silent_one_are_given_up(site: LocalWeb, name: str) -> None:
    make, path, _ = MAKERS[name]
    site.endless(path, b"x" * 100_000)
    with pytest.raises(SearchFailed, match="something else"):
        await make(site.url, 2).search(SearchQuery("q"))
    site.silent(path)
    with pytest.raises(SearchFailed, match=r"did not answer within 0\.2 s"):
        await make(site.url, 0.2).search(SearchQuery("q"))


@EACH
async def test_a_closed_port_is_said(name: str) -> None:
    make, _, _ = MAKERS[name]
    with pytest.raises(SearchFailed, match="cannot be reached"):
        await make("http://127.0.0.1:9", 2).search(SearchQuery("q"))
    with pytest.raises(SearchFailed, match="cannot be reached"):
        await make("not an address", 2).search(SearchQuery("q"))


async def test_silent_engines_behind_searxng_are_a_failure(site: LocalWeb) -> None:
    answer = {"results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}
    site.page("/search", json.dumps(answer))
    with pytest.raises(SearchFailed, match="None of the engines"):
        await SearxNG(site.url, timeout=2).search(SearchQuery("q"))


class Scripted:
    """A provider that answers with what it is given."""

    def __init__(self, name: str, answer: list[SearchResult] | str) -> None:
        self.name, self._answer, self.asked = name, answer, 0

    async def search(self, query: SearchQuery) -> list[SearchResult]:
        self.asked += 1
        if isinstance(self._answer, str):
            raise SearchFailed(self._answer)
        return self._answer


async def test_the_next_provider_is_asked_when_one_fails_or_finds_nothing() -> None:
    last = Scripted("never", EXPECTED)
    chain = [Scripted("a", "A is down."), Scripted("b", []), Scripted("c", EXPECTED), last]
    assert await search(chain, SearchQuery("q")) == Found(EXPECTED, "c")
    assert last.asked == 0


async def test_nothing_found_is_no_failure_and_no_answer_is_one() -> None:
    assert await search([Scripted("a", "A is down."), Scripted("b", [])], SearchQuery("q")) == Found([], "b")
    with pytest.raises(SearchFailed, match=r"A is down\. B is down\."):
        await search([Scripted("a", "A is down."), Scripted("b", "B is down.")], SearchQuery("q"))
    with pytest.raises(SearchFailed, match="the operator of this server must name one"):
        await search([], SearchQuery("q"))


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (SearchSettings(), ["ddgs"]),
        (SearchSettings(searxng_url="http://10.0.0.5"), ["SearXNG", "ddgs"]),
        (SearchSettings(brave_api_key="k", tavily_api_key="k"), ["Brave Search", "Tavily", "ddgs"]),
        (SearchSettings(providers=("tavily",), tavily_api_key="k", brave_api_key="k"), ["Tavily"]),
        (SearchSettings(providers=("ddgs", "searxng"), searxng_url="http://x"), ["ddgs", "SearXNG"]),
    ],
)
def test_settings_choose_the_providers(settings: SearchSettings, names: list[str]) -> None:
    assert [provider.name for provider in chosen_providers(settings)] == names


def test_a_provider_without_its_key_is_said_and_keys_are_not_shown() -> None:
    with pytest.raises(ValueError, match="`brave` needs `brave_api_key`"):
        chosen_providers(SearchSettings(providers=("ddgs", "brave")))
    assert "secret" not in repr(SearchSettings(brave_api_key="secret", tavily_api_key="secret"))


async def test_cookies_are_not_kept(site: LocalWeb) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        reply = web.json_response(SEARXNG)
        reply.set_cookie("seen", "yes")
        return reply

    site.answers["/search"] = answer
    provider = SearxNG(site.url, timeout=2)
    await provider.search(SearchQuery("q"))
    await provider.search(SearchQuery("q"))
    assert "Cookie" not in site.asked[1].headers
