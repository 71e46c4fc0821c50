"""Addresses that the web tools must not reach, by every spelling, redirect and answer of a name server.

A listener on 127.0.0.1 stands for everything private: it is never connected to, except for the first step of a redirect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.local_web import LocalWeb, local_web
from tests.tools.web_parts import HOST, Wires, address, opener

from unsloth_studio.tools.contract import ToolContext
from unsloth_studio.tools.search.provider import SearchQuery, SearchResult
from unsloth_studio.tools.web_fetch import WebFetch
from unsloth_studio.tools.web_search import WebSearch

NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "router.lan": ["192.168.1.1"],
    "loop.example.com": ["127.0.0.1"],
    "mixed.example.com": ["93.184.216.34", "10.0.0.7"],
    "mixed6.example.com": ["2606:2800:220:1::1", "fd00::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nat64.example.com": ["64:ff9b::7f00:1"],
    "sixtofour.example.com": ["2002:7f00:1::1"],
    "zone.example.com": ["fe80::1%eth0"],
    "metadata.google.internal": ["169.254.169.254"],
    "nothing.example.com": [],
    "garbage.example.com": ["not an address"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
}
HOSTS = Path(__file__).with_name("refused_hosts.txt").read_text(encoding="utf-8").splitlines()
ODD = [
    "http://user@127.0.0.1:{port}/secret",
    "http://site.test@127.0.0.1:{port}/secret",
    "http://127.0.0.1:{port}\\@site.test/secret",
    "http:\\\\127.0.0.1:{port}/secret",
    "http:127.0.0.1:{port}/secret",
    "http:///127.0.0.1:{port}/secret",
    "http://127.0.0.1\t:{port}/secret",
    "http://127.0.\n0.1:{port}/secret",
    "ftp://127.0.0.1:{port}/secret",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "data:text/html,secret",
    "javascript:alert(1)",
    "ws://127.0.0.1:{port}/secret",
    "//127.0.0.1:{port}/secret",
    "\\\\127.0.0.1:{port}\\secret",
    "view-source:http://127.0.0.1:{port}/secret",
]
SPELLINGS = [f"http://{host}:{{port}}/secret" for host in HOSTS] + ODD
WRITTEN = (Path(__file__).parents[1] / "serving" / "refused_urls.txt").read_text(encoding="utf-8").split()
RELATIVE = {"http:127.0.0.1:{port}/secret", "http:///127.0.0.1:{port}/secret"}
"""As the address of a redirect these are paths on the host that sends them (RFC 3986, 5.2.2, its note on schemes)."""
LATER = [spelling for spelling in SPELLINGS if "\n" not in spelling and spelling not in RELATIVE]


@pytest.fixture
async def site() -> AsyncIterator[LocalWeb]:
    async with local_web() as site:
        site.page("/secret", "<p>the secret</p>")
        yield site


def test_the_table_is_large_enough() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 60


@pytest.mark.parametrize("spelling", [*SPELLINGS, *WRITTEN])
async def test_no_spelling_reaches_the_listener(site: LocalWeb, spelling: str) -> None:
    url = spelling.replace("{port}", str(site.port))
    wires = Wires(NAMES)
    output = await WebFetch(opener(wires)).run({"urls": [url]}, ToolContext())
    assert output.is_error
    assert "was not read" in output.content
    assert (site.asked, wires.connected) == ([], [])


@pytest.mark.parametrize("spelling", LATER)
async def test_no_redirect_reaches_the_listener(site: LocalWeb, spelling: str) -> None:
    """The first step is the site's own, which the policy allows; the second is refused before it connects."""
    site.redirect("/go", spelling.replace("{port}", str(site.port)))
    wires = Wires({**NAMES, HOST: ["127.0.0.1"]})
    output = await WebFetch(opener(wires)).run({"urls": [address(site, "/go")]}, ToolContext())
    assert output.is_error
    assert [request.path for request in site.asked] == ["/go"]
    assert wires.connected == [f"127.0.0.1:{site.port}"]
    assert "the secret" not in output.content


async def test_no_search_result_reaches_the_listener(site: LocalWeb) -> None:
    class Hostile:
        name = "Hostile"

        def __init__(self, urls: list[str]) -> None:
            self._urls = urls

        async def search(self, query: SearchQuery) -> list[SearchResult]:
            return [SearchResult("x", url, "") for url in self._urls]

    wires = Wires(NAMES)
    urls = [spelling.replace("{port}", str(site.port)) for spelling in SPELLINGS]
    for start in range(0, len(urls), 4):
        tool = WebSearch([Hostile(urls[start : start + 4])], opener(wires))
        output = await tool.run({"query": "the secret", "depth": "advanced"}, ToolContext())
        assert all(source.passage == "" for source in output.sources)
    assert (site.asked, wires.connected) == ([], [])


class Rebinding(Wires):
    """A name server that answers differently every time: first public, then this machine."""

    async def look_up(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return ["93.184.216.34"] if len(self.looked_up) % 2 else ["127.0.0.1"]

    def open_socket(self, entry: tuple[object, ...]) -> object:  # type: ignore[override]
        self.connected.append(str(entry[4][0]))  # type: ignore[index]
        raise OSError("not in a test")


async def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(site: LocalWeb) -> None:
    wires = Rebinding()
    url = f"http://rebind.example:{site.port}/secret"
    output = await WebFetch(opener(wires)).run({"urls": [url]}, ToolContext())
    assert output.is_error
    assert (wires.looked_up, wires.connected, site.asked) == (["rebind.example"], ["93.184.216.34"], [])
    output = await WebFetch(opener(wires)).run({"urls": [url]}, ToolContext())
    assert "not on the public internet" in output.content
    assert (wires.connected, site.asked) == (["93.184.216.34"], [])


async def test_a_host_is_reached_only_when_a_setting_names_it(site: LocalWeb) -> None:
    url = address(site, "/secret")
    refused = await WebFetch(opener(Wires(), allowed=frozenset())).run({"urls": [url]}, ToolContext())
    assert (refused.is_error, site.asked) == (True, [])
    assert "Pages outside the public internet are not read." in refused.content
    allowed = await WebFetch(opener(Wires())).run({"urls": [url]}, ToolContext())
    assert "the secret" in allowed.content


async def test_redirects_are_followed_five_times(site: LocalWeb) -> None:
    for number in range(6):
        site.redirect(f"/hop{number + 1}", f"/hop{number}")
    site.page("/hop0", "<p>arrived</p>")
    five = await WebFetch(opener(Wires())).run({"urls": [address(site, "/hop5")]}, ToolContext())
    assert "arrived" in five.content
    six = await WebFetch(opener(Wires())).run({"urls": [address(site, "/hop6")]}, ToolContext())
    assert "redirects more than 5 times" in six.content
