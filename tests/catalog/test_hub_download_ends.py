"""Downloads that are interrupted, shared with other programs, or watched."""

from __future__ import annotations

import asyncio
import signal
from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.hub_server.contents import Fault
from tests.hub_server.fixtures import (
    NAME,
    PROJECTOR,
    PULL,
    SHARDS,
    THE_LIBRARY_ITSELF,
    WHOLE,
    blobs,
    hub,
    no_login,
    plan,
    run_program,
    server,
    start_program,
)
from tests.hub_server.server import HubServer

from unsloth_studio.catalog.download_progress import DownloadProgress
from unsloth_studio.catalog.downloads import bytes_to_fetch, fetch, fetch_with_progress
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.hub_errors import HubError
from unsloth_studio.catalog.library import read_library

__all__ = ["hub", "no_login", "server"]


async def test_library_itself_finds_what_came_here(server: HubServer, tmp_path: Path) -> None:
    printed = run_program(PULL, server, home=tmp_path).split()
    sent = dict(server.sent)
    assert run_program(THE_LIBRARY_ITSELF, server, home=tmp_path).split() == printed[:1]
    source = (
        f"import huggingface_hub as hub; print(hub.hf_hub_download({NAME!r}, {PROJECTOR!r}, local_files_only=True))"
    )
    assert run_program(source, server, home=tmp_path, HF_HUB_OFFLINE="1").split() == printed[1:]
    assert {path: size for path, size in server.sent.items() if path} == {
        path: size for path, size in sent.items() if path
    }
    source = (
        "from huggingface_hub import scan_cache_dir as scan; found = scan(); print(found.warnings, len(found.repos))"
    )
    assert run_program(source, server, home=tmp_path) == "[] 1\n"


async def test_what_the_library_itself_fetched_is_found_here(server: HubServer, tmp_path: Path) -> None:
    path = run_program(THE_LIBRARY_ITSELF, server, home=tmp_path).strip()
    hub = Hub(endpoint=server.url, cache=tmp_path / "hub")
    server.sent.clear()
    assert [str(found) for found in await fetch(await plan(hub, WHOLE))] == [path]
    assert not server.sent[WHOLE]


async def test_shards_come_at_the_same_time_but_not_all(hub: Hub, server: HubServer) -> None:
    server.fault("cdn", Fault(hold_after=1000), times=4)
    running = asyncio.create_task(fetch(replace(await plan(hub, *SHARDS, WHOLE), parallel=3)))
    while len(server.requests("cdn")) < 3:
        await asyncio.wait({running}, timeout=0.01)
    assert {Path(seen.path).name for seen in server.requests("cdn")} == set(SHARDS)
    server.released.set()
    await running


async def test_cancelled_download_keeps_what_came_and_names_nothing(
    hub: Hub, server: HubServer, tmp_path: Path
) -> None:
    server.fault("cdn", Fault(hold_after=1_500_000))
    download = await plan(hub, WHOLE)
    arrived = asyncio.Event()

    def watch(progress: DownloadProgress) -> None:
        if progress.bytes_done > 0:
            arrived.set()

    running = asyncio.create_task(fetch(download, watch))
    await asyncio.wait_for(arrived.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    kept = 3_000_000 - bytes_to_fetch(download)
    assert kept > 0
    assert blobs(hub) == [f"{download.files[0].digest}.incomplete"]
    library = read_library(tmp_path / "cache")
    assert library.models == ()
    assert [(half.id, half.bytes_there) for half in library.unfinished] == [(NAME, kept)]
    server.released.set()
    await fetch(download)
    assert server.requests("cdn")[-1].range_start == kept


async def test_interrupted_program_keeps_what_came(server: HubServer, tmp_path: Path) -> None:
    server.fault("cdn", Fault(hold_after=1_500_000), times=2)
    program = start_program(PULL, server, home=tmp_path)
    await asyncio.to_thread(server.holding.wait, 20)
    part = tmp_path / "hub" / f"models--{NAME.replace('/', '--')}" / "blobs"
    while not any(path.stat().st_size == 1_500_000 for path in part.glob("*.incomplete")):
        assert program.poll() is None
        await asyncio.sleep(0.01)
    program.send_signal(signal.SIGINT)
    await asyncio.to_thread(program.communicate, timeout=20)
    assert program.returncode != 0
    server.released.set()
    assert read_library(tmp_path / "hub").models == ()
    run_program(PULL, server, home=tmp_path)
    assert 1_500_000 in [seen.range_start for seen in server.requests("cdn")]
    assert server.sent[WHOLE] <= 3_000_000 * 1.01 + 1_500_000  # the first answer's second half had been sent nowhere
    assert [model.variant for model in read_library(tmp_path / "hub").models] == ["Q8_0"]


@pytest.mark.parametrize(
    "other", [pytest.param(PULL, id="ours"), pytest.param(THE_LIBRARY_ITSELF, id="the library itself")]
)
async def test_two_programs_fetch_a_file_once(server: HubServer, tmp_path: Path, other: str) -> None:
    server.fault("cdn", Fault(hold_after=1_000_000))
    hub = Hub(endpoint=server.url, cache=tmp_path / "hub")
    running = asyncio.create_task(fetch(await plan(hub, WHOLE)))
    await asyncio.to_thread(server.holding.wait, 10)
    program = start_program(other, server, home=tmp_path)
    while len(server.seen) < 4:  # listing, resolve, cdn; then the other program's first
        await asyncio.wait({running}, timeout=0.01)
    server.released.set()
    (path,) = await running
    out, errors = await asyncio.to_thread(program.communicate, timeout=20)
    assert (program.returncode, out.split()[:1]) == (0, [str(path)]), errors
    assert server.sent[WHOLE] == 3_000_000


async def test_two_downloads_in_one_program_fetch_a_file_once(hub: Hub, server: HubServer) -> None:
    server.fault("cdn", Fault(hold_after=1_000_000))
    notes: list[str | None] = []
    download = await plan(hub, WHOLE)
    first = asyncio.create_task(fetch(download))
    await asyncio.to_thread(server.holding.wait, 10)
    waits = asyncio.Event()

    def watch(progress: DownloadProgress) -> None:
        notes.append(progress.note)
        if progress.note:
            waits.set()

    second = asyncio.create_task(fetch(download, watch))
    await asyncio.wait_for(waits.wait(), 5)
    server.released.set()
    assert await first == await second
    assert server.sent[WHOLE] == 3_000_000
    assert "Another program is fetching it; waiting for that." in notes


async def test_progress_as_a_stream_ends_with_everything(hub: Hub) -> None:
    download = await plan(hub, *SHARDS)
    events = [event async for event in fetch_with_progress(download)]
    done = [event.bytes_done for event in events]
    assert done == sorted(done)
    assert events[-1].finished
    assert {event.bytes_total for event in events} == {3_000_000}
    assert bytes_to_fetch(download) == 0


async def test_progress_stream_raises_what_ended_the_download(hub: Hub, server: HubServer) -> None:
    server.fault("resolve", Fault(status=403), times=5)
    with pytest.raises(HubError, match="may not read"):
        async for _ in fetch_with_progress(await plan(hub, WHOLE)):
            pass


async def test_leaving_the_progress_stream_stops_the_download(hub: Hub, server: HubServer, tmp_path: Path) -> None:
    server.fault("cdn", Fault(hold_after=1_500_000))
    download = await plan(hub, WHOLE)
    async with aclosing(fetch_with_progress(download)) as events:
        async for event in events:
            if event.bytes_done:
                break
    assert blobs(hub) == [f"{download.files[0].digest}.incomplete"]
    server.released.set()
    await fetch(download)  # the lock is free again
