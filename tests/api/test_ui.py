"""The Studio page: which paths it has, what goes with each file, and that no path leaves its folder."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from unsloth_studio.api.ui import PAGE_PATHS, page_routes

SCRIPT = b"console.log('hello');" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<meta name="csp-nonce" content="__NONCE__" /><div id="root"></div>')
    (folder / "theme.js").write_text("// before the first paint")
    (folder / "assets" / "index-Ab1.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-Ab1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-Ab1.js.br").write_bytes(b"not really brotli")
    (folder / "assets" / "notes.txt").write_text("a file of a kind that no page has")
    (tmp_path / "secret.js").write_text("outside of the folder")
    return folder


async def get(folder: Path, path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=page_routes(folder)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8888") as client:
        return await client.get(path, headers={"accept-encoding": "identity", **headers})


@pytest.mark.parametrize("path", [re.sub(r"\{\w+\}", "some", path) for path in PAGE_PATHS])
async def test_every_address_of_the_page_gets_it(built: Path, path: str) -> None:
    reply = await get(built, path)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.headers["cache-control"] == "no-store"
    assert '<div id="root">' in reply.text


async def test_each_page_has_a_nonce_of_its_own_that_its_policy_names(built: Path) -> None:
    replies = [await get(built, "/") for _ in range(2)]
    nonces = [re.findall(r'content="([^"]+)"', reply.text)[0] for reply in replies]
    assert nonces[0] != nonces[1]
    for reply, nonce in zip(replies, nonces, strict=True):
        policy = reply.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("vibrant", None),
    ],
)
async def test_a_file_is_sent_in_the_smallest_form_that_is_accepted(
    built: Path, accepted: str, encoding: str | None
) -> None:
    transport = httpx.ASGITransport(Starlette(routes=page_routes(built)))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        client.stream("GET", "/assets/index-Ab1.js", headers={"accept-encoding": accepted}) as reply,
    ):
        raw = b"".join([piece async for piece in reply.aiter_raw()])
    assert reply.headers.get("content-encoding") == encoding
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["vary"] == "accept-encoding"
    assert raw == {"br": b"not really brotli", "gzip": (built / "assets/index-Ab1.js.gz").read_bytes()}.get(
        encoding or "", SCRIPT
    )


async def test_a_file_whose_name_stays_is_asked_for_again(built: Path) -> None:
    reply = await get(built, "/theme.js")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/secret.js",
        "/../secret.js",
        "/%2e%2e%2fsecret.js",
        "/assets/..%2f..%2fsecret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/assets/..%5c..%5csecret.js",
        "/assets/notes.txt",
        "/assets/",
        "/assets/gone.js",
        "/index.html",
        "/assets/index-Ab1.js%00",
    ],
)
async def test_what_is_no_file_of_the_page_is_not_found(built: Path, path: str) -> None:
    assert (await get(built, path)).status_code == 404


async def test_without_the_page_its_address_says_how_to_build_it_and_where_the_api_is(tmp_path: Path) -> None:
    reply = await get(tmp_path / "nothing", "/")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert "make web" in reply.text
    assert "http://localhost:8888/v1" in reply.text


async def test_a_page_that_is_built_while_the_server_runs_appears(built: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    transport = httpx.ASGITransport(Starlette(routes=page_routes(later)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert "make web" in (await client.get("/")).text
        await asyncio.to_thread(built.rename, later)
        assert '<div id="root">' in (await client.get("/")).text
        assert (await client.get("/assets/index-Ab1.js", headers={"accept-encoding": "gzip"})).status_code == 200
