"""Downloads that the server owns: one per model, paused and resumed at any moment, removed without harm to others."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import count

import pytest
from tests.hub_server.contents import Fault
from tests.hub_server.fixtures import NAME, PROJECTOR, QUICK, SHARDS, WHOLE, blobs, hub, no_login, server
from tests.hub_server.server import HubServer
from tests.support.patience import until

from unsloth_studio.catalog.downloads import Download
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.running_downloads import Planned, RunningDownloads, UnknownDownload

__all__ = ["hub", "no_login", "server"]

FILES = {"whole": (WHOLE, PROJECTOR), "split": (*SHARDS, PROJECTOR)}


class Finished:
    """Counts the models that came."""

    def __init__(self) -> None:
        self.models = 0

    async def __call__(self) -> None:
        self.models += 1


@pytest.fixture
def finished() -> Finished:
    return Finished()


@pytest.fixture
async def downloads(hub: Hub, finished: Finished) -> AsyncGenerator[RunningDownloads]:
    async def plan(name: str) -> Planned:
        repository = await hub.repository(NAME)
        files = repository.select(FILES[name.rpartition(":")[2]])
        return Planned(f"{NAME}:{name}", Download(hub, repository, files, patience=QUICK))

    ids = count(1)
    made = RunningDownloads(plan, finished=finished, new_id=lambda: str(next(ids)))
    yield made
    await made.close()


def slow(server: HubServer) -> None:
    server.fault("cdn", Fault(bytes_per_second=2_000_000), times=2)


async def test_a_download_is_paused_and_goes_on_in_the_same_moment(
    downloads: RunningDownloads, server: HubServer, finished: Finished
) -> None:
    slow(server)
    one = downloads.start("whole")
    await until(lambda: one.progress is not None and one.progress.bytes_done > 500_000)
    assert downloads.pause(one.id).phase == "paused"
    assert downloads.resume(one.id).phase == "running"
    await until(lambda: one.phase == "done")
    await until(lambda: finished.models == 1)
    assert server.sent[WHOLE] < 4_000_000, "what had come was not asked for again"
    assert downloads.pause(one.id).phase == "done"


async def test_the_same_model_is_fetched_once(downloads: RunningDownloads, server: HubServer) -> None:
    slow(server)
    one = downloads.start("whole")
    await until(lambda: one.planned is not None)
    assert downloads.start("whole") is one, "by the name it was asked for"
    assert downloads.start(f"{NAME}:whole") is one, "by the name that it has"
    downloads.pause(one.id)
    assert downloads.start("whole").phase == "running"
    assert downloads.all() == [one]


async def test_a_cancelled_download_leaves_what_others_need(
    downloads: RunningDownloads, hub: Hub, server: HubServer
) -> None:
    first = downloads.start("whole")
    await until(lambda: first.phase == "done")
    kept = blobs(hub)
    slow(server)
    second = downloads.start("split")
    await until(lambda: len(blobs(hub)) > len(kept))
    await downloads.cancel(second.id)
    assert blobs(hub) == kept
    await downloads.cancel(first.id)
    assert blobs(hub) == kept, "a model that is here is not removed with its entry"
    with pytest.raises(UnknownDownload):
        downloads.resume(first.id)


async def test_a_failure_is_told_and_can_be_tried_again(downloads: RunningDownloads, server: HubServer) -> None:
    server.fault("api", Fault(status=403))
    one = downloads.start("whole")
    await until(lambda: one.phase == "failed")
    assert one.error is not None
    assert "403" in one.error
    downloads.resume(one.id)
    await until(lambda: one.phase == "done")
    assert one.error is None
