"""`/api/hub` and `/api/downloads`: finding models on the hub and fetching them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from unsloth_studio.api.admin_endpoint import ErrorNote, problems_told
from unsloth_studio.api.changes import when_changed
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.model_desk import FoundModel, HubRepository
from unsloth_studio.api.model_routes import DeskEndpoint, NamedModel
from unsloth_studio.api.operation import Operation
from unsloth_studio.catalog.running_downloads import DownloadPhase, RunningDownload, RunningDownloads


class SearchQuery(msgspec.Struct, kw_only=True):
    """`q` is a part of the name."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class FoundModels(msgspec.Struct, frozen=True):
    """The most downloaded first."""

    models: list[FoundModel]


class DownloadState(msgspec.Struct, kw_only=True, frozen=True):
    """`model` is the repository with its quantization once the hub has said it. `error` says what to do; `note` tells of a
    wait or another try."""

    id: str
    model: str
    state: DownloadPhase
    bytes_done: int
    bytes_total: int | None
    bytes_per_second: float | None
    seconds_left: float | None
    note: str | None
    error: str | None


class DownloadList(msgspec.Struct, frozen=True):
    """The newest first."""

    downloads: list[DownloadState]


class SearchHub(DeskEndpoint):
    """Repositories with GGUF files on the hub."""

    operation = Operation("GET", "/api/hub/search", query=SearchQuery, reply=FoundModels)

    async def answer(self, exchange: Exchange) -> None:
        asked = self.query(exchange, SearchQuery)
        with problems_told():
            found = await self.desk().search(asked.q, limit=asked.limit)
        await self.reply(exchange, FoundModels(found))


class ShowRepository(DeskEndpoint):
    """The quantizations of a repository: sizes, whether they fit this machine, which is here and which is advised."""

    operation = Operation("GET", "/api/hub/{owner}/{name}", reply=HubRepository)

    async def answer(self, exchange: Exchange) -> None:
        name = f"{self.part(exchange, 'owner')}/{self.part(exchange, 'name')}"
        with problems_told():
            repository = await self.desk().repository(name)
        await self.reply(exchange, repository)


class ListDownloads(DeskEndpoint):
    """The downloads of this server since its start."""

    operation = Operation("GET", "/api/downloads", reply=DownloadList)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, _list(self.desk().downloads))


class WatchDownloads(DeskEndpoint):
    """The same whenever it changes, at most four times per second."""

    operation = Operation("GET", "/api/downloads/events", events={"downloads": DownloadList, "error": ErrorNote})

    async def answer(self, exchange: Exchange) -> None:
        downloads = self.desk().downloads
        await self.watch(exchange, when_changed("downloads", lambda: _list(downloads)))


class StartDownload(DeskEndpoint):
    """Fetch ORGANISATION/REPOSITORY[:QUANT] into the hub's cache; without QUANT the best that fits. It goes on without you.
    The same model again goes on where it stopped."""

    operation = Operation("POST", "/api/downloads", body=NamedModel, reply=DownloadState, status=201)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, NamedModel)
        with problems_told():
            started = self.desk().downloads.start(wanted.model)
        await self.reply(exchange, _state(started), status=201)


class PauseDownload(DeskEndpoint):
    """Stop for now; what came is kept."""

    operation = Operation("POST", "/api/downloads/{download_id}/pause", reply=DownloadState)

    async def answer(self, exchange: Exchange) -> None:
        with problems_told():
            paused = self.desk().downloads.pause(self.part(exchange, "download_id"))
        await self.reply(exchange, _state(paused))


class ResumeDownload(DeskEndpoint):
    """Go on after a pause or a failure, from where it stopped."""

    operation = Operation("POST", "/api/downloads/{download_id}/resume", reply=DownloadState)

    async def answer(self, exchange: Exchange) -> None:
        with problems_told():
            resumed = self.desk().downloads.resume(self.part(exchange, "download_id"))
        await self.reply(exchange, _state(resumed))


class CancelDownload(DeskEndpoint):
    """End a download and remove what came of it. Of one that is done only this entry goes; the model stays."""

    operation = Operation("DELETE", "/api/downloads/{download_id}")

    async def answer(self, exchange: Exchange) -> None:
        with problems_told():
            await self.desk().downloads.cancel(self.part(exchange, "download_id"))
        await exchange.nothing()


def _list(downloads: RunningDownloads) -> DownloadList:
    return DownloadList([_state(one) for one in downloads.all()])


def _state(one: RunningDownload) -> DownloadState:
    progress = one.progress
    moving = progress if one.phase == "running" else None
    return DownloadState(
        id=one.id,
        model=one.model,
        state=one.phase,
        bytes_done=progress.bytes_done if progress else 0,
        bytes_total=progress.bytes_total if progress else None,
        bytes_per_second=round(moving.speed) if moving else None,
        seconds_left=None if moving is None or moving.seconds_left is None else round(moving.seconds_left, 1),
        note=moving.note if moving else None,
        error=one.error,
    )


HUB_ENDPOINTS = (
    SearchHub,
    ShowRepository,
    ListDownloads,
    WatchDownloads,
    StartDownload,
    PauseDownload,
    ResumeDownload,
    CancelDownload,
)
