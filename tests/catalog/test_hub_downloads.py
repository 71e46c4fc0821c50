"""What comes is what the hub said, over cuts, refusals and wrong bytes; the hub that sends the bytes counts them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.hub_server.contents import Fault, HeldRepository
from tests.hub_server.fixtures import (
    NAME,
    PROJECTOR,
    QUICK,
    SHARDS,
    WHOLE,
    blobs,
    content,
    hub,
    no_login,
    plan,
    server,
    tiny_files,
)
from tests.hub_server.server import HubServer

from unsloth_studio.catalog.downloads import bytes_to_fetch, fetch, plan_download
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.hub_errors import HubError
from unsloth_studio.catalog.library import read_library
from unsloth_studio.catalog.part_file import PartFile
from unsloth_studio.catalog.transfer import Source, Transfer

__all__ = ["hub", "no_login", "server"]


async def test_variant_comes_with_all_shards_and_the_projector(hub: Hub, server: HubServer) -> None:
    repository = await hub.repository(NAME)
    variant = next(variant for variant in repository.variants if variant.label == "Q4_K_M")
    download = plan_download(hub, repository, variant)
    assert bytes_to_fetch(download) == 3_300_000
    paths = await fetch(download)
    assert [path.name for path in paths] == [*SHARDS, PROJECTOR]
    assert [path.read_bytes() for path in paths] == [content(server, path.name) for path in paths]
    assert bytes_to_fetch(download) == 0


async def test_second_download_asks_for_nothing(hub: Hub, server: HubServer) -> None:
    first = await fetch(await plan(hub, WHOLE, "config.json"))
    asked = len(server.seen)
    assert await fetch(await plan(hub, WHOLE, "config.json")) == first
    assert len(server.seen) == asked + 1  # the listing


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param((1_234_567,), id="once"),
        pytest.param((1_000_000, 500_000, 700_001), id="three times"),
        pytest.param((2_999_999,), id="before the last byte"),
        pytest.param((0, 0, 100_000), id="before the first byte"),
    ],
)
async def test_no_byte_is_fetched_twice_over_a_cut(hub: Hub, server: HubServer, cuts: tuple[int, ...]) -> None:
    for cut in cuts:
        server.fault("cdn", Fault(cut_after=cut))
    (path,) = await fetch(await plan(hub, WHOLE))
    assert path.read_bytes() == content(server, WHOLE)
    assert server.sent[WHOLE] == 3_000_000
    assert len(server.requests("cdn")) == len(cuts) + 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(status=503, headers={"Retry-After": "0"}), id="503"),
        pytest.param(Fault(status=429, headers={"Retry-After": "0"}), id="429"),
    ],
)
@pytest.mark.parametrize("place", ["resolve", "cdn"])
async def test_trouble_that_passes_is_waited_out(hub: Hub, server: HubServer, fault: Fault, place: str) -> None:
    server.fault("cdn" if place == "cdn" else "resolve", fault, times=3)
    (path,) = await fetch(await plan(hub, WHOLE))
    assert path.read_bytes() == content(server, WHOLE)


async def test_trouble_that_lasts_keeps_what_came(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    server.fault("cdn", Fault(cut_after=800_000))
    server.fault("cdn", Fault(status=503), times=4)
    download = await plan(hub, WHOLE)
    with pytest.raises(HubError, match="HTTP 503"):
        await fetch(download)
    assert blobs(hub) == [f"{download.files[0].digest}.incomplete"]
    assert bytes_to_fetch(download) == 2_200_000
    await fetch(download)
    assert server.requests("cdn")[-1].range_start == 800_000
    assert server.sent[WHOLE] == 3_000_000


async def test_server_without_ranges_sends_all_again(hub: Hub, server: HubServer) -> None:
    server.fault("cdn", Fault(cut_after=1_000_000))
    server.fault("cdn", Fault(ignores_ranges=True))
    (path,) = await fetch(await plan(hub, WHOLE))
    assert path.read_bytes() == content(server, WHOLE)
    assert server.sent[WHOLE] == 4_000_000


async def test_wrong_byte_is_noticed_and_fetched_again(hub: Hub, server: HubServer) -> None:
    server.fault("cdn", Fault(flip_at=2_000_000))
    notes: list[str | None] = []
    (path,) = await fetch(await plan(hub, WHOLE), lambda progress: notes.append(progress.note))
    assert path.read_bytes() == content(server, WHOLE)
    assert f"{WHOLE} came with wrong bytes; fetching it again." in notes


async def test_wrong_byte_in_what_an_earlier_try_left_is_noticed(hub: Hub, server: HubServer) -> None:
    download = await plan(hub, WHOLE)
    part = hub.cache.part(NAME, download.files[0].digest)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"\0" * 1000)
    (path,) = await fetch(download)
    assert path.read_bytes() == content(server, WHOLE)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault(flip_at=5), "does not have the checksum", id="a wrong byte"),
        pytest.param(Fault(flip_at=5, ignores_ranges=True), "does not have the checksum", id="a wrong byte, no ranges"),
        pytest.param(Fault(claim_size=2_000_000), "a file of 2000000 bytes instead of 3000000", id="too short"),
        pytest.param(Fault(claim_size=9_000_000), "a file of 9000000 bytes instead of 3000000", id="too long"),
        pytest.param(
            Fault(claim_size=2_000_000, ignores_ranges=True), "a file of 2000000 bytes", id="too short, no ranges"
        ),
        pytest.param(Fault(surplus=b"more"), "more than its 3000000 bytes came", id="more than it said"),
    ],
)
async def test_what_is_not_what_the_hub_said_is_never_named(
    hub: Hub, server: HubServer, tmp_path: Path, *, fault: Fault, words: str
) -> None:
    server.fault("cdn", fault, times=2 if fault.flip_at else 1)  # a checksum gets a second chance
    download = await plan(hub, WHOLE)
    with pytest.raises(HubError, match=words) as caught:
        await fetch(download)
    assert caught.value.problem == "damaged"
    assert not hub.cache.blob(NAME, download.files[0].digest).exists()
    assert read_library(tmp_path / "cache").models == ()
    (path,) = await fetch(download)
    assert path.read_bytes() == content(server, WHOLE)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        pytest.param(None, "accept the licence at .* and set it as HF_TOKEN", id="without a token"),
        pytest.param("hf_other", "your token's account has no access yet", id="with a token that was not let in"),
    ],
)
async def test_gated_repository_says_what_to_do(tmp_path: Path, token: str | None, words: str) -> None:
    with HubServer([HeldRepository(NAME, tiny_files(), gated=True, token="hf_good")]) as server:
        hub = Hub(endpoint=server.url, cache=tmp_path / "cache", token=token)
        download = await plan(hub, WHOLE)
        assert download.repository.gated
        with pytest.raises(HubError, match=words) as caught:
            await fetch(download)
    assert caught.value.problem == "gated"


async def test_token_goes_to_the_hub_and_not_to_the_cdn(tmp_path: Path) -> None:
    with HubServer([HeldRepository(NAME, tiny_files(), private=True, token="hf_good")]) as server:
        hub = Hub(endpoint=server.url, cache=tmp_path / "cache", token="hf_good")
        await fetch(await plan(hub, WHOLE))
        assert [seen.authorization for seen in server.requests("resolve")] == ["Bearer hf_good"]
        assert [seen.authorization for seen in server.requests("cdn")] == [None]


async def test_file_that_is_gone_is_a_sentence(hub: Hub, server: HubServer) -> None:
    download = await plan(hub, WHOLE)
    gone = replace(download.files[0], path="gone.gguf")
    with pytest.raises(HubError, match="no longer at"):
        await fetch(replace(download, files=(gone,)))
    with pytest.raises(HubError, match=r"has no file other\.gguf"):
        download.repository.select(["other.gguf"])


async def test_full_disk_is_known_before_with_numbers(hub: Hub, server: HubServer) -> None:
    download = await plan(hub, WHOLE)
    huge = replace(download.files[0], size=10**18)
    with pytest.raises(HubError, match=r"needs 1000000000\.0 GB more .* GB are free") as caught:
        await fetch(replace(download, files=(huge,)))
    assert caught.value.problem == "disk_full"
    assert not server.requests("resolve")


async def test_cache_that_cannot_be_written_is_a_sentence(server: HubServer, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(HubError, match="The model cache cannot be used") as caught:
        await fetch(await plan(Hub(endpoint=server.url, cache=tmp_path / "cache"), WHOLE))
    assert caught.value.problem == "disk_failed"


async def test_very_large_files_come_in_windows(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    from huggingface_hub import get_async_session

    download = await plan(hub, WHOLE)
    (file,) = download.files
    part = PartFile(tmp_path / "part", file)
    source = Source(hub.url(download.repository, file), hub.headers(), hub.asked(NAME))
    async with get_async_session() as client:
        await part.open()
        await Transfer(client, source, file=file, part=part, patience=QUICK, window=1_000_000).run(
            lambda _: None, lambda _, __: None
        )
    part.close()
    assert (tmp_path / "part").read_bytes() == content(server, WHOLE)
    assert [seen.range_start for seen in server.requests("cdn")] == [0, 1_000_000, 2_000_000]


async def test_variant_that_lacks_a_shard_is_refused(tmp_path: Path) -> None:
    files = {path: content for path, content in tiny_files().items() if path != SHARDS[1]}
    with HubServer([HeldRepository(NAME, files)]) as server:
        hub = Hub(endpoint=server.url, cache=tmp_path / "cache")
        repository = await hub.repository(NAME)
        torn = next(variant for variant in repository.variants if variant.label == "Q4_K_M")
        with pytest.raises(HubError, match="Q4_K_M is not whole"):
            plan_download(hub, repository, torn)
