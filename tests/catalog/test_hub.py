"""The real `huggingface_hub` against a hub on 127.0.0.1: what a repository holds, and the sentences when nobody can say."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx2
import pytest
from tests.hub_server.contents import Fault, HeldRepository
from tests.hub_server.fixtures import (
    NAME,
    PROJECTOR,
    QUICK,
    SHARDS,
    WHOLE,
    hub,
    no_login,
    run_program,
    server,
    tiny_files,
)
from tests.hub_server.server import HubServer

from unsloth_studio.catalog.downloads import fetch, plan_download
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.hub_cache import HubFile
from unsloth_studio.catalog.hub_errors import Asked, HubError, Patience, explain

__all__ = ["hub", "no_login", "server"]

_ASKED = Asked(NAME, "https://hub.example", with_token=False)
_OFFLINE = f"""
import asyncio
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.hub_errors import HubError
async def main():
    found = await Hub().repository({NAME!r})
    print(found.cached_only, [(variant.label, variant.complete) for variant in found.variants])
try:
    asyncio.run(main())
except HubError as error:
    print(error.problem, error)
"""


async def test_repository_lists_variants_with_sizes_and_the_projector(hub: Hub, server: HubServer) -> None:
    repository = await hub.repository(NAME)
    assert [(v.label, v.files, v.size_bytes, v.complete) for v in repository.variants] == [
        ("Q4_K_M", SHARDS, 3_000_000, True),
        ("Q8_0", (WHOLE,), 3_000_000, True),
    ]
    assert repository.projector == PROJECTOR
    assert repository.commit == server.repositories[NAME].commit
    assert (repository.gated, repository.private, repository.cached_only) == (False, False, False)
    assert len(server.seen) == 1


async def test_repository_has_the_hubs_own_spelling_of_its_name(hub: Hub) -> None:
    assert (await hub.repository(NAME.lower())).name == NAME


async def test_name_that_does_not_exist_comes_with_the_closest(hub: Hub) -> None:
    with pytest.raises(HubError, match=rf"no repository owner/Tiny-GGUFF.*closest names there are: {NAME}\.") as caught:
        await hub.repository("owner/Tiny-GGUFF")
    assert caught.value.problem == "not_found"


async def test_private_repository_looks_like_none_and_names_the_token(tmp_path: Path) -> None:
    with HubServer([HeldRepository("owner/secret", tiny_files(), private=True, token="hf_good")]) as server:
        with pytest.raises(HubError, match="For a private repository set HF_TOKEN"):
            await Hub(endpoint=server.url, cache=tmp_path).repository("owner/secret")
        opened = await Hub(endpoint=server.url, cache=tmp_path, token="hf_good").repository("owner/secret")
    assert opened.private


@pytest.mark.parametrize(
    ("fault", "token", "problem", "words"),
    [
        pytest.param(Fault(status=401), "hf_old", "denied", "refuses your token", id="a token that is wrong"),
        pytest.param(Fault(status=401), None, "denied", "needs a login", id="no token where one is needed"),
        pytest.param(Fault(status=403), "hf_small", "denied", "may not read", id="a token without the right"),
        pytest.param(Fault(status=503), None, "hub_failed", "HTTP 503", id="an outage that lasts"),
        pytest.param(Fault(status=418), None, "denied", "HTTP 418", id="a refusal nobody foresaw"),
        pytest.param(Fault(status=200), None, "hub_failed", "cannot be read", id="an answer that says nothing"),
        pytest.param(
            Fault(status=429, headers={"Retry-After": "99"}),
            None,
            "rate_limited",
            "try again in 99 s",
            id="a long limit",
        ),
        pytest.param(
            Fault(status=429, headers={"RateLimit": '"api";r=0;t=77'}),
            "t",
            "rate_limited",
            "in 77 s",
            id="the hub's own limit",
        ),
    ],
)
async def test_refusal_is_a_sentence(
    server: HubServer, tmp_path: Path, fault: Fault, token: str | None, problem: str, words: str
) -> None:
    server.fault("api", fault, times=10)
    with pytest.raises(HubError, match=words) as caught:
        await Hub(endpoint=server.url, cache=tmp_path, token=token, patience=QUICK).repository(NAME)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(status=429, headers={"Retry-After": "0"}), id="429"),
        pytest.param(Fault(cut_after=20), id="a cut"),
    ],
)
async def test_trouble_that_passes_is_waited_out(hub: Hub, server: HubServer, fault: Fault) -> None:
    server.fault("api", fault, times=2)
    assert (await hub.repository(NAME)).name == NAME
    assert len(server.seen) == 3


@pytest.mark.parametrize("path", ["../out.gguf", "a/../../out.gguf", "/etc/out.gguf", "a\\..\\out.gguf"])
async def test_listing_that_leads_out_of_the_cache_is_refused(tmp_path: Path, path: str) -> None:
    hostile = HeldRepository("owner/hostile", {path: b"x"})
    with HubServer([hostile]) as server, pytest.raises(HubError, match="no path inside a repository"):
        await Hub(endpoint=server.url, cache=tmp_path).repository("owner/hostile")


@pytest.mark.parametrize("name", ["no spaces here", "a/b/c", "a--b/..c"])
async def test_what_cannot_be_a_name_is_said_so(hub: Hub, server: HubServer, name: str) -> None:
    with pytest.raises(HubError, match="write it as owner/name"):
        await hub.repository(name)


async def test_unreachable_hub_falls_back_to_what_is_cached(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    repository = await hub.repository(NAME)
    variant = next(v for v in repository.variants if v.label == "Q8_0")
    fetched = await fetch(plan_download(hub, repository, variant))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    lonely = Hub(endpoint=dead, cache=tmp_path / "cache", patience=QUICK)
    cached = await lonely.repository(NAME)
    assert cached.cached_only
    assert [variant.label for variant in cached.variants] == ["Q8_0"]
    assert await fetch(plan_download(lonely, cached, cached.variants[0])) == fetched
    with pytest.raises(HubError, match="cannot be reached"):
        await lonely.repository("owner/never-fetched")


async def test_offline_uses_the_cache_and_says_when_it_is_empty(server: HubServer, tmp_path: Path) -> None:
    cold = run_program(_OFFLINE, server, home=tmp_path, HF_HUB_OFFLINE="1")
    assert cold == f"offline HF_HUB_OFFLINE is set, and {NAME} is not in the cache: unset it and try again.\n"
    warm = Hub(endpoint=server.url, cache=tmp_path / "hub")
    repository = await warm.repository(NAME)
    await fetch(plan_download(warm, repository, repository.variants[0]))
    asked = len(server.seen)
    assert run_program(_OFFLINE, server, home=tmp_path, HF_HUB_OFFLINE="1") == "True [('Q4_K_M', True)]\n"
    assert len(server.seen) == asked


def test_environment_names_endpoint_cache_and_token(tmp_path: Path) -> None:
    source = (
        "from unsloth_studio.catalog.hub import Hub\n"
        "hub = Hub(); print(hub.endpoint, hub.cache.root, hub.headers()['authorization'])"
    )
    with HubServer([]) as server:
        told = run_program(source, server, home=tmp_path, HF_TOKEN="hf_mine")
        assert told.split() == [server.url, str(tmp_path / "hub"), "Bearer", "hf_mine"]


def test_importing_the_catalog_does_not_import_the_hub_library(tmp_path: Path) -> None:
    source = (
        "import sys, unsloth_studio.catalog.downloads, unsloth_studio.catalog.library\n"
        "print([name for name in ('huggingface_hub', 'httpx2', 'hf_xet') if name in sys.modules])"
    )
    with HubServer([]) as server:
        assert run_program(source, server, home=tmp_path) == "[]\n"


def _unresolved() -> httpx2.ConnectError:
    error = httpx2.ConnectError("failed")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    return error


@pytest.mark.parametrize(
    ("error", "problem", "words"),
    [
        pytest.param(_unresolved(), "unreachable", "name hub.example cannot be resolved", id="DNS"),
        pytest.param(httpx2.ReadTimeout("slow"), "unreachable", "hub.example does not answer", id="time-out"),
        pytest.param(httpx2.ReadError("reset"), "unreachable", "connection to hub.example was cut", id="reset"),
        pytest.param(OSError(28, "No space left on device"), "disk_full", "What came is kept", id="disk full"),
        pytest.param(
            PermissionError(13, "Permission denied", "hub"), "disk_failed", "hub: Permission denied", id="rights"
        ),
        pytest.param(ValueError("not JSON"), "hub_failed", "cannot be read", id="nonsense"),
    ],
)
def test_exception_becomes_a_sentence(error: Exception, problem: str, words: str) -> None:
    told = explain(error, _ASKED)
    assert (told.problem, words in str(told)) == (problem, True), str(told)


@pytest.mark.parametrize(
    ("problem", "retry_after", "failures", "expected"),
    [
        pytest.param("hub_failed", None, 1, (0.5, 1.0), id="first failure"),
        pytest.param("hub_failed", None, 3, (2.0, 4.0), id="waits double"),
        pytest.param("unreachable", None, 5, (4.0, 8.0), id="up to the longest"),
        pytest.param("unreachable", None, 6, None, id="and then it gives up"),
        pytest.param("rate_limited", 7, 1, (7.0, 7.0), id="the hub's word goes first"),
        pytest.param("rate_limited", 61, 1, None, id="too long a limit is the caller's to know"),
        pytest.param("gated", None, 1, None, id="what time does not heal"),
    ],
)
def test_patience(problem: str, retry_after: int | None, failures: int, expected: tuple[float, float] | None) -> None:
    patience = Patience(retries=5, first_wait=1.0, longest_wait=8.0, longest_retry_after=60.0)
    wait = patience.wait(HubError(problem, "", retry_after=retry_after), failures)  # pyright: ignore[reportArgumentType]
    assert wait is None if expected is None else wait is not None and expected[0] <= wait <= expected[1]


@pytest.mark.parametrize(("size", "digest"), [(-1, "a" * 64), (1, ""), (1, "../x"), (1, "A" * 64)])
def test_file_without_size_or_checksum_is_refused(size: int, digest: str) -> None:
    with pytest.raises(ValueError, match="no checksum or no size"):
        HubFile("model.gguf", size, digest)
