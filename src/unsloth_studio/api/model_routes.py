"""`/api/models`: which models are here, how they stand, and what the operator does with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, ErrorNote, problems_told
from unsloth_studio.api.changes import when_changed
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.model_desk import LoadPlan, LoadSettings, ModelDesk, ModelName
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services
from unsloth_studio.api.status import MemoryUse, memory_of
from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.shelf import ModelEntry, PooledModel
from unsloth_studio.engine.standing import ModelState, ModelStatus
from unsloth_studio.turn.errors import TurnFailure, invalid

LOAD_SECONDS = 3600.0

Standing = Literal["unloaded", "queued", "starting", "ready", "stopping", "failed"]
_STANDING: dict[ModelState, Standing] = {
    "available": "unloaded",
    "queued": "queued",
    "loading": "starting",
    "ready": "ready",
    "unloading": "stopping",
    "failed": "failed",
}


class Capabilities(msgspec.Struct, frozen=True):
    tools: bool
    vision: bool
    thinking: bool


class ModelOnDisk(msgspec.Struct, kw_only=True, frozen=True):
    """`context_length` is per request as loaded or planned, `native_context` what the model was trained for, in tokens;
    `memory_bytes` is what it uses once loaded, as expected; `busy` turns run on it. `progress` is 0 to 1 while it starts.
    `removable`: its files can be deleted here."""

    id: str
    name: str
    size_bytes: int | None
    quantization: str | None
    parameters: int | None
    state: Standing
    progress: float | None
    error: str | None
    context_length: int | None
    native_context: int | None
    capabilities: Capabilities
    pinned: bool
    removable: bool
    memory_bytes: int | None
    busy: int


class ModelsReport(msgspec.Struct, frozen=True):
    """`default` answers when a request names no model while none is loaded."""

    models: list[ModelOnDisk]
    memory: MemoryUse
    default: str | None


class NamedModel(msgspec.Struct):
    model: ModelName


class LoadBody(LoadSettings, kw_only=True, frozen=True):
    model: ModelName


class PinBody(msgspec.Struct):
    model: ModelName
    pinned: bool


class LoadedModel(msgspec.Struct, frozen=True):
    """`context_length` is per request, in tokens."""

    id: str
    state: Standing
    context_length: int | None = None


def report(services: Services) -> ModelsReport:
    """Every model that is here, and what is loaded though it is no longer listed."""
    pool = services.turns.pool
    statuses = {status.id: status for status in pool.statuses()}
    entries = {entry.id: entry for entry in pool.shelf.all()}
    entries |= {name: ModelEntry(name) for name in statuses if name not in entries}
    models = [_model(entry, statuses.get(entry.id)) for entry in entries.values()]
    return ModelsReport(models, memory_of(pool), pool.default)


def _model(entry: ModelEntry, status: ModelStatus | None) -> ModelOnDisk:
    status = status or ModelStatus(entry.id, "available", memory_bytes=entry.memory_bytes or 0, pinned=entry.pinned)
    return ModelOnDisk(
        id=entry.id,
        name=status.name or entry.id,
        size_bytes=entry.size_bytes,
        quantization=entry.quantization,
        parameters=entry.parameters,
        state=_STANDING[status.state],
        progress=status.progress if status.state == "loading" else None,
        error=status.reason,
        context_length=status.context_length or entry.context_length,
        native_context=entry.native_context,
        capabilities=Capabilities(entry.tools, entry.vision, entry.thinking),
        pinned=status.pinned or entry.pinned,
        removable=entry.removable,
        memory_bytes=status.memory_bytes or entry.memory_bytes,
        busy=status.active,
    )


class DeskEndpoint(AdminEndpoint):
    """A route that needs the models of this machine."""

    def desk(self) -> ModelDesk:
        """Raises `TurnFailure` on a server in front of an upstream."""
        if self.services.desk is None:
            raise invalid("This server stands in front of an upstream and keeps no models.", code="no_models_here")
        return self.services.desk

    def find(self, name: str) -> PooledModel:
        """The model of that name, not merely one that would answer to it. Raises `TurnFailure` (not_found)."""
        return self.services.turns.pool.find(name, exact=True)


class ListModels(AdminEndpoint):
    """Every model that is on this disk, how it stands, and the memory they share."""

    operation = Operation("GET", "/api/models", reply=ModelsReport)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, report(self.services))


class WatchModels(AdminEndpoint):
    """The same whenever it changes, at most four times per second."""

    operation = Operation("GET", "/api/models/events", events={"models": ModelsReport, "error": ErrorNote})

    async def answer(self, exchange: Exchange) -> None:
        await self.watch(exchange, when_changed("models", lambda: report(self.services)))


class LoadModel(DeskEndpoint):
    """Load a model that is on this disk, making room for it if need be; answers when it is ready. With settings they hold
    for the model until the server stops, and one that is loaded with others is loaded again; running replies end first."""

    operation = Operation("POST", "/api/models/load", body=LoadBody, reply=LoadedModel)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, LoadBody)
        found = self.find(wanted.model)
        settings = _settings(wanted)
        if settings == LoadSettings():
            status = await self.services.turns.pool.load(found, wait=LOAD_SECONDS)
        else:
            status = await self._load_so(found.id, settings)
        await self.reply(exchange, LoadedModel(status.model_id, "ready", status.context_length))

    async def _load_so(self, model_id: str, settings: LoadSettings) -> EngineStatus:
        """Settings with which it cannot be loaded do not stay."""
        desk, pool = self.desk(), self.services.turns.pool
        with problems_told():
            before = await desk.wish(model_id, settings)
        if before != settings:
            await pool.unload(model_id)
        try:
            return await pool.load(self.find(model_id), wait=LOAD_SECONDS)
        except TurnFailure:
            await desk.wish(model_id, before)
            if before != settings:
                await pool.unload(model_id)  # which forgets the failure: as it was before, it can be loaded
            raise


class UnloadModel(DeskEndpoint):
    """Free a model's memory; running replies finish first."""

    operation = Operation("POST", "/api/models/unload", body=NamedModel, reply=LoadedModel)

    async def answer(self, exchange: Exchange) -> None:
        found = self.find((await self.read(exchange, NamedModel)).model)
        await self.services.turns.pool.unload(found.id)
        await self.reply(exchange, LoadedModel(found.id, "unloaded"))


class PlanLoad(DeskEndpoint):
    """What a load with these settings would do, with the reason of each choice, and whether it fits. Starts nothing."""

    operation = Operation("POST", "/api/models/plan", body=LoadBody, reply=LoadPlan)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, LoadBody)
        found = self.find(wanted.model)
        with problems_told():
            plan = await self.desk().plan(found.id, _settings(wanted))
        await self.reply(exchange, plan)


class PinModel(DeskEndpoint):
    """Keep a model in memory when others need room, or no longer. It holds until the server stops; `keep_loaded` in the
    configuration holds for good."""

    operation = Operation("POST", "/api/models/pin", body=PinBody, reply=PinBody)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, PinBody)
        found = self.find(wanted.model)
        with problems_told():
            self.services.turns.pool.renew(await self.desk().pin(found.id, pinned=wanted.pinned))
        await self.reply(exchange, PinBody(found.id, wanted.pinned))


class Removed(msgspec.Struct, frozen=True):
    id: str
    freed_bytes: int


class RemoveModel(DeskEndpoint):
    """Delete a model's files from the hub's cache. Refused while it is in memory, and for files in folders of yours."""

    operation = Operation("DELETE", "/api/models/{model_id:path}", reply=Removed)

    async def answer(self, exchange: Exchange) -> None:
        found = self.find(self.part(exchange, "model_id"))
        if found.id in _in_memory(self.services.turns.pool.statuses()):
            raise invalid(f"{found.id} is in memory: unload it first.", code="model_loaded")
        with problems_told():
            freed = await self.desk().remove(found.id)
        await self.reply(exchange, Removed(found.id, freed))


def _settings(body: LoadBody) -> LoadSettings:
    return LoadSettings(**{name: getattr(body, name) for name in LoadSettings.__struct_fields__})


def _in_memory(statuses: Sequence[ModelStatus]) -> set[str]:
    return {status.id for status in statuses if status.state not in ("available", "failed")}


MODEL_ENDPOINTS = (ListModels, WatchModels, LoadModel, UnloadModel, PlanLoad, PinModel, RemoveModel)
