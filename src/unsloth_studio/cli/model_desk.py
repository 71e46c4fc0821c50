"""What the API does with the models of this machine: settings for a load, plans, pins, removal, the hub.

Implements `api.model_desk.ModelDesk`. The rule: files and the hub are read off the event loop.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial

from unsloth_studio.api.model_desk import FoundModel, HubRepository, HubVariant, LoadPlan, LoadSettings, PlanRow
from unsloth_studio.catalog.fit import Memory
from unsloth_studio.catalog.hub import Hub, default_cache
from unsloth_studio.catalog.hub_cache import HubCache
from unsloth_studio.catalog.hub_errors import Patience
from unsloth_studio.catalog.local_paths import ModelNotFound
from unsloth_studio.catalog.locate import choose
from unsloth_studio.catalog.removal import remove_model
from unsloth_studio.catalog.running_downloads import Planned, RunningDownload, RunningDownloads
from unsloth_studio.cli.asked import wishes_of
from unsloth_studio.cli.launching import engine_facts, engine_options
from unsloth_studio.cli.models_served import LocalModels
from unsloth_studio.cli.places import library_of, memory_budget, smaller_files
from unsloth_studio.cli.pulling import named_repository, planned
from unsloth_studio.cli.shelf import Stocked
from unsloth_studio.cli.wishes import over
from unsloth_studio.engine.local import plan_launch
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.engine.sizing import DoesNotFit
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import Settings

_PATIENCE = Patience(retries=1, first_wait=0.3, longest_retry_after=2.0)
"""Somebody waits in front of a page."""


class NamedDownloads(RunningDownloads):
    """Takes only names that can be a repository's."""

    def start(self, name: str) -> RunningDownload:
        named_repository(name)
        return super().start(name)


class LocalModelDesk:
    """The models of one server."""

    def __init__(self, models: LocalModels) -> None:
        self._models = models
        self._one_at_a_time = asyncio.Lock()
        self.downloads: RunningDownloads = NamedDownloads(
            self._planned, finished=models.shelf.refresh, new_id=partial(secrets.token_hex, 6)
        )

    @property
    def _settings(self) -> Settings:
        return self._models.shelf.settings

    async def wish(self, model_id: str, settings: LoadSettings | None) -> LoadSettings | None:
        """See `ModelDesk.wish`. Settings that cannot be read change nothing."""
        async with self._one_at_a_time:
            model = self._entry(model_id).sheet.model
            asked = self._models.asked
            before = asked.settings(model)
            asked.note(model, settings)
            try:
                await self._restock(model_id)
            except Exception:
                asked.note(model, before)
                raise
            return before

    async def plan(self, model_id: str, settings: LoadSettings) -> LoadPlan:
        """See `ModelDesk.plan`."""
        sheet = self._entry(model_id).sheet
        now = self._settings
        wishes = over(wishes_of(settings, now), self._models.asked.wishes(sheet.model, now))
        options = engine_options(sheet.model, model_id, now, wishes)
        launch = partial(plan_launch, options, now.home, explicit=now.engine, facts=engine_facts(sheet))
        try:
            plan = await launch()
        except DoesNotFit:
            plan = await launch(smaller=await asyncio.to_thread(smaller_files, sheet.model, now, ask_hub=False))
        return LoadPlan(
            rows=[PlanRow(row.name, row.value, row.reason) for row in plan.as_rows()],
            memory_bytes=None if plan.memory is None else plan.memory.total,
            available_bytes=plan.available_bytes,
            warnings=list(plan.warnings),
        )

    async def pin(self, model_id: str, *, pinned: bool) -> PooledModel:
        """See `ModelDesk.pin`."""
        async with self._one_at_a_time:
            entry = self._entry(model_id)
            self._models.asked.pin(entry.sheet.model, pinned=pinned)
            entry = self._models.asked.pinned(entry)
            await self._models.shelf.replace(entry)
            return entry.pooled

    async def remove(self, model_id: str) -> int:
        """See `ModelDesk.remove`."""
        model = self._entry(model_id).sheet.model
        if model_id == self._models.shelf.first.id:
            raise OperatorProblem(f"This server was started with {model_id}. Start it with another model to remove it.")
        if model.source != "hub":
            raise OperatorProblem(f"{model_id} is a file of yours, {model.main_file}: remove it yourself.")

        def remove() -> int:
            return remove_model(model, library_of(self._settings), HubCache(default_cache()))

        try:
            freed = await asyncio.to_thread(remove)
        except OSError as error:
            raise OperatorProblem(f"{model.main_file} cannot be removed: {error.strerror}. Check its owner.") from error
        await self._models.shelf.refresh()
        return freed

    async def search(self, text: str, *, limit: int) -> list[FoundModel]:
        """See `ModelDesk.search`."""
        found = await Hub(patience=_PATIENCE).find(text, limit=limit)
        return [
            FoundModel(
                repository=one.name,
                downloads=one.downloads,
                likes=one.likes,
                updated_at=one.updated_at,
                gated=one.gated,
            )
            for one in found
        ]

    async def repository(self, name: str) -> HubRepository:
        """See `ModelDesk.repository`."""
        repository = await Hub(patience=_PATIENCE).repository(name)
        memory = Memory(await asyncio.to_thread(memory_budget, self._settings))
        library = await asyncio.to_thread(library_of, self._settings)
        here = {model.variant for model in library if (model.repository or "").casefold() == repository.name.casefold()}
        try:
            best = choose(repository, None, memory).label
        except ModelNotFound:
            best = None  # none fits
        variants = [
            HubVariant(
                quantization=variant.label,
                size_bytes=variant.size_bytes,
                fit="too_big" if (verdict := memory.verdict(variant.size_bytes)) == "too big" else verdict,
                on_disk=variant.label in here,
                recommended=variant.label == best,
            )
            for variant in repository.variants
            if variant.complete
        ]
        return HubRepository(repository=repository.name, gated=repository.gated, variants=variants)

    async def _planned(self, name: str) -> Planned:
        return await planned(self._settings, name)

    def _entry(self, model_id: str) -> Stocked:
        try:
            return self._models.shelf.stocked(model_id)
        except KeyError:
            raise OperatorProblem(f"{model_id} is no longer on this disk.") from None

    async def _restock(self, model_id: str) -> None:
        sheet = self._entry(model_id).sheet
        made = await asyncio.to_thread(self._models.stock, sheet.model, model_id, self._settings)
        await self._models.shelf.replace(made)
