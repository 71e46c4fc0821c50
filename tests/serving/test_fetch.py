"""Fetching from a server on 127.0.0.1 that passes for `pictures.test`: redirects, limits, and what is not sent."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from unsloth_studio.serving.fetch import FetchFailed, FetchPolicy, GuardedFetcher, open_socket
from unsloth_studio.serving.fetch_guard import FetchRefused

HOST = "pictures.test"
FORBIDDEN = [
    "http://127.0.0.1:{port}/secret",
    "http://localhost:{port}/secret",
    "http://0x7f.1:{port}/secret",
    "http://2130706433:{port}/secret",
    "http://[::1]:{port}/secret",
    "http://[::ffff:127.0.0.1]:{port}/secret",
    "http://pictures.test.:{port}@127.0.0.1:{port}/secret",
    "http://rebound.test:{port}/secret",
    "//127.0.0.1:{port}/secret",
    "\\\\127.0.0.1:{port}\\secret",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:text/plain,secret",
]


@dataclass
class Site:
    """The server, what it was asked, and which addresses were connected to."""

    port: int = 0
    asked: list[web.Request] = field(default_factory=list[web.Request])
    connected: list[str] = field(default_factory=list[str])
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def fetcher(self, **policy: Any) -> GuardedFetcher:
        def recorded(entry: tuple[Any, ...]) -> socket.socket:
            self.connected.append(f"{entry[4][0]}:{entry[4][1]}")
            return open_socket(entry)

        async def look_up(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        allowed = frozenset({HOST})
        return GuardedFetcher(FetchPolicy(allowed_hosts=allowed, **policy), look_up=look_up, open_socket=recorded)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        match request.path.strip("/").split("/"):
            case ["hop", "0"]:
                return web.Response(body=b"arrived", content_type="Image/PNG", charset="utf-8")
            case ["hop", left]:
                reply = web.Response(status=302, headers={"Location": f"../hop/{int(left) - 1}#x"})
                reply.set_cookie("seen", "yes")
                return reply
            case ["to"]:
                status = int(request.query.get("status", "302"))
                return web.Response(status=status, headers={"Location": request.query["url"]})
            case ["size", count]:
                return web.Response(body=b"x" * int(count))
            case ["endless"]:
                return await self.stream(request, b"x" * 10_000)
            case ["drip"]:
                return await self.stream(request, b"")
            case ["packed"]:
                return web.Response(body=gzip.compress(b"x" * 10**6), headers={"Content-Encoding": "gzip"})
            case ["bomb"]:
                return web.Response(body=gzip.compress(bytes(200_000)), headers={"Content-Encoding": "gzip"})
            case ["cut"]:
                return web.Response(body=gzip.compress(b"x")[:-4], headers={"Content-Encoding": "gzip"})
            case ["brotli"]:
                return web.Response(body=b"x", headers={"Content-Encoding": "br"})
            case ["gzip"]:
                return web.Response(body=gzip.compress(b"x" * 1000), headers={"Content-Encoding": "gzip"})
            case ["status", status]:
                return web.Response(status=int(status))
            case _:
                return web.Response(text="the secret")

    async def stream(self, request: web.Request, piece: bytes) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        while not self.released.is_set() and piece:
            await reply.write(piece)
        await self.released.wait()
        return reply


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        site.released.set()
        await runner.cleanup()


async def test_redirects_are_followed_up_to_the_limit(site: Site) -> None:
    fetched = await site.fetcher().get(f"{site.url}/hop/5", max_bytes=100)
    assert (fetched.body, fetched.media_type) == (b"arrived", "image/png")
    assert (fetched.final_url, fetched.charset) == (f"{site.url}/hop/0", "utf-8")
    with pytest.raises(FetchFailed, match="redirects more than 5 times"):
        await site.fetcher().get(f"{site.url}/hop/6", max_bytes=100)


async def test_nothing_that_identifies_is_sent(site: Site) -> None:
    await site.fetcher().get(f"{site.url}/hop/2", max_bytes=100)
    assert len(site.asked) == 3
    for request in site.asked:
        assert set(request.headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
        assert request.headers["Host"] == f"{HOST}:{site.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_checked_like_a_first_url(site: Site, status: int) -> None:
    for spelling in FORBIDDEN:
        url = spelling.format(port=site.port)
        site.asked.clear()
        site.connected.clear()
        with pytest.raises(FetchRefused):
            await site.fetcher().get(f"{site.url}/to?status={status}&url={_quoted(url)}", max_bytes=100)
        assert [request.path for request in site.asked] == ["/to"], url
        assert site.connected == [f"127.0.0.1:{site.port}"], url


async def test_a_host_that_changes_its_address_between_two_redirects_is_refused(site: Site) -> None:
    """The name is public when it is first asked for, and points home after the redirect."""
    tried: list[str] = []
    answers = {"first.test": [["127.0.0.1"]], "second.test": [["127.0.0.1"]]}

    async def look_up(host: str, port: int) -> list[str]:
        return answers[host].pop(0)

    def recorded(entry: tuple[Any, ...]) -> socket.socket:
        tried.append(entry[4][0])
        return open_socket(entry)

    policy = FetchPolicy(allowed_hosts=frozenset({f"first.test:{site.port}"}))
    fetcher = GuardedFetcher(policy, look_up=look_up, open_socket=recorded)
    there = _quoted(f"http://second.test:{site.port}/secret")
    with pytest.raises(FetchRefused):
        await fetcher.get(f"http://first.test:{site.port}/to?url={there}", max_bytes=100)
    assert (tried, len(site.asked)) == (["127.0.0.1"], 1)


async def test_an_allowed_host_with_a_port_is_allowed_on_that_port_only(site: Site) -> None:
    fetcher = GuardedFetcher(FetchPolicy(allowed_hosts=frozenset({f"127.0.0.1:{site.port}"})))
    assert (await fetcher.get(f"http://127.0.0.1:{site.port}/size/3", max_bytes=3)).body == b"xxx"
    with pytest.raises(FetchRefused):
        await fetcher.get("http://127.0.0.1:1/", max_bytes=3)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/size/1001", r"larger than 0\.0 MiB"),
        ("/endless", r"larger than 0\.0 MiB"),
        ("/packed", r"larger than 0\.0 MiB"),
        ("/bomb", r"larger than 0\.0 MiB"),
        ("/cut", "damaged"),
        ("/brotli", "packed as .br."),
        ("/status/404", f"{HOST} answers with status 404"),
        ("/status/204", f"{HOST} answers with status 204"),
        ("/status/304", f"{HOST} answers with status 304"),
    ],
    ids=[
        "too large by its length",
        "too large as it comes",
        "a bomb",
        "a small bomb",
        "damaged",
        "a packing we cannot read",
        "not found",
        "empty",
        "a redirect to nowhere",
    ],
)
async def test_what_cannot_be_used_is_a_sentence(site: Site, path: str, message: str) -> None:
    with pytest.raises(FetchFailed, match=message):
        await site.fetcher().get(site.url + path, max_bytes=1000)


async def test_the_largest_body_is_taken_whole(site: Site) -> None:
    assert len((await site.fetcher().get(f"{site.url}/size/1000", max_bytes=1000)).body) == 1000


async def test_a_packed_body_is_unpacked(site: Site) -> None:
    fetched = await site.fetcher().get(f"{site.url}/gzip", max_bytes=1000)
    assert fetched.body == b"x" * 1000
    assert site.asked[0].headers["Accept-Encoding"] == "gzip, deflate"


async def test_a_body_that_never_ends_is_given_up(site: Site) -> None:
    with pytest.raises(FetchFailed, match=r"longer than 0\.2 s"):
        await site.fetcher(timeout=0.2).get(f"{site.url}/drip", max_bytes=1000)


async def test_a_closed_port_and_an_unknown_name_are_sentences() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    closed = GuardedFetcher(FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"})))
    with pytest.raises(FetchFailed, match=r"127\.0\.0\.1 cannot be reached"):
        await closed.get(f"http://127.0.0.1:{port}/", max_bytes=10)

    async def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(FetchFailed, match=r"nowhere\.test is not known"):
        await GuardedFetcher(FetchPolicy(), look_up=unknown).get("http://nowhere.test/", max_bytes=10)


def _quoted(url: str) -> str:
    return "".join(f"%{byte:02x}" for byte in url.encode())
