"""The models this server can load: the one it was started with, and those on this disk, under names clients use.

The rule: the disk and `config.toml` are read in the background, every few seconds and off the event loop; a question about
names is answered from memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence, Set
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.names import KnownModel, closest, match_model
from unsloth_studio.catalog.reference import last_part
from unsloth_studio.catalog.sheet import Sheet
from unsloth_studio.cli.model_facts import pins_of
from unsloth_studio.cli.places import library_of
from unsloth_studio.engine.shelf import ModelEntry, PooledModel
from unsloth_studio.serving.documents import DocumentPolicy, prepare_documents
from unsloth_studio.serving.fetch import FetchPolicy, GuardedFetcher
from unsloth_studio.serving.images import ImagePolicy, prepare_images
from unsloth_studio.settings import Settings
from unsloth_studio.settings_sources import SettingsInvalid, load_settings
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.messages import Request, SamplingParams

log = logging.getLogger(__name__)

REFRESH_SECONDS = 3.0

STAND_INS = ("claude-*", "gpt-*", "o[0-9]*", "default", "auto")
"""Names that clients use when nobody told them a better one; they mean the model that was used last."""


class Stocked(Struct, frozen=True):
    """One model on the shelf. `flags` are the sampling values that the operator's flags give."""

    id: str
    sheet: Sheet
    pooled: PooledModel
    context_length: int | None
    flags: SamplingParams = field(default_factory=SamplingParams)
    vision: bool = False


Stock = Callable[[LocalModel, str, Settings], Stocked]
"""Makes a shelf entry of a model, its id and the settings. Raises `OperatorProblem` when it cannot be loaded."""


class LibraryShelf:
    """Implements `engine.shelf.Shelf`. `first` is what the server was started with; it is always there."""

    def __init__(self, first: Stocked, stock: Stock, *, settings: Settings, flags: Mapping[str, object]) -> None:
        """`settings` hold until the first look at the disk; `flags` are those of the command line: they win over it."""
        self._first = first
        self._stock = stock
        self._settings = settings
        self._flags = dict(flags)
        self._models: tuple[Stocked, ...] = (first,)
        self._gone: tuple[Stocked, ...] = ()
        self._seen: object = None
        self._entries: Sequence[ModelEntry] | None = None
        self._changing = asyncio.Lock()
        self._complaint = ""
        fetch = FetchPolicy(allowed_hosts=frozenset(settings.fetch_allowed_hosts))
        fetcher = GuardedFetcher(fetch)
        self._images = ImagePolicy(fetcher=fetcher)
        self._documents = DocumentPolicy(fetcher=fetcher)

    @property
    def first(self) -> Stocked:
        return self._first

    def find(self, asked: str | None, loaded: Sequence[str]) -> PooledModel:
        """See `Shelf.find`."""
        if asked is not None:
            for model in sorted(self._called(asked, loaded), key=lambda model: model.id not in loaded):
                if not loaded or self._settings.load_on_request or model.id in loaded or model is self._first:
                    return model.pooled
        if len(loaded) == 1 or (loaded and (asked is None or _is_stand_in(asked))):
            return self._by_id(loaded[0]).pooled
        raise TurnFailure(self._unknown(asked or ""))

    def _called(self, asked: str, loaded: Sequence[str]) -> list[Stocked]:
        """The models of that name, best first; an owner before the name of a model that has none does not matter. One whose
        file has gone answers for as long as it is loaded."""
        models = [*self._models, *(model for model in self._gone if model.id in loaded)]
        known = [self._known(model) for model in models]
        found = match_model(asked, known, aliases=self._settings.all_aliases) or match_model(last_part(asked), known)
        return [models[known.index(one)] for one in found]

    def all(self) -> Sequence[ModelEntry]:
        """See `Shelf.all`."""
        if self._entries is None:
            self._entries = [self._entry(model) for model in self._models]
        return self._entries

    async def prepare(self, request: Request, model_id: str) -> Request:
        """The request with its images and documents read and every sampling value settled (see `catalog.sampling`)."""
        model = self._by_id(model_id)
        resolved = model.sheet.sampling(
            pins=pins_of(model.sheet.model, self._settings),
            request=request.sampling,
            flags=model.flags,
            thinking=model.sheet.thinks(request),
            tools=model.sheet.offers_tools(request),
        )
        request = await prepare_images(request, vision=model.vision, policy=self._images)
        request = await prepare_documents(request, policy=self._documents)
        return replace(request, sampling=resolved.params)

    @property
    def settings(self) -> Settings:
        """As the file said when it was looked at last."""
        return self._settings

    def stocked(self, model_id: str) -> Stocked:
        """The entry with that id. Raises `KeyError`."""
        return {model.id: model for model in self._models}[model_id]

    async def replace(self, model: Stocked) -> None:
        """Another entry for the model of the same id: how it is loaded has changed."""
        async with self._changing:
            if self._first.id == model.id:
                self._first = model
            self._models = tuple(model if other.id == model.id else other for other in self._models)
            self._entries = None

    async def keep_fresh(self) -> None:
        """Look at the disk now and then, until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception:
                log.exception("the library could not be read")
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Look at the disk and the settings once."""
        async with self._changing:
            await self._refresh()

    async def _refresh(self) -> None:
        settings = await asyncio.to_thread(self._reload)
        library = await asyncio.to_thread(library_of, settings)
        state = (settings, library)
        if state == self._seen:
            return
        changed = settings != self._settings
        models = await asyncio.to_thread(self._restock, library, settings, changed=changed)
        ids = {model.id for model in models}
        self._gone = tuple(model for model in (*self._models, *self._gone) if model.id not in ids)
        self._models = models
        self._seen, self._settings, self._entries = state, settings, None

    def _reload(self) -> Settings:
        try:
            return load_settings(**self._flags)
        except SettingsInvalid as problem:
            if str(problem) != self._complaint:
                self._complaint = str(problem)
                log.warning("config.toml has a mistake, so what it said before still holds: %s", problem)
            return self._settings

    def _restock(self, library: Sequence[LocalModel], settings: Settings, *, changed: bool) -> tuple[Stocked, ...]:
        """Models that are the same as before keep their entry, unless the settings changed."""
        models = [self._first]
        known: dict[Path, Stocked] = {model.sheet.model.main_file: model for model in self._models}
        for local in library:
            if local.main_file.resolve() == self._first.sheet.model.main_file.resolve():
                continue
            model_id = _id_of(local, library, taken={name for model in models for name in _names(model)})
            before = known.get(local.main_file)
            if before is not None and before.id == model_id and not changed:
                models.append(before)
                continue
            try:
                models.append(self._stock(local, model_id, settings))
            except Exception as problem:  # one file that is no model must not hide the others
                log.warning("%s is left out: %s", local.id, problem)
        return tuple(models)

    def _by_id(self, model_id: str) -> Stocked:
        return next((model for model in (*self._models, *self._gone) if model.id == model_id), self._first)

    def _known(self, model: Stocked) -> KnownModel:
        local = model.sheet.model
        return KnownModel(model.id, local.repository, local.variant or None)

    def _entry(self, model: Stocked) -> ModelEntry:
        sheet = model.sheet
        settings = sheet.sampling(
            pins=pins_of(sheet.model, self._settings), flags=model.flags, thinking=sheet.template.thinks_by_default
        ).settings
        return ModelEntry(
            id=model.id,
            context_length=model.context_length or sheet.gguf.context_length,
            quantization=sheet.quantization,
            tools=sheet.template.tools,
            vision=model.vision,
            thinking=sheet.template.thinking,
            size_bytes=sheet.model.size_bytes,
            parameters=sheet.gguf.parameters,
            native_context=sheet.gguf.context_length,
            memory_bytes=model.pooled.memory_bytes,
            pinned=model.pooled.pinned,
            removable=sheet.model.source == "hub",
            settings={s.field: {"value": s.value, "source": s.source, "reason": s.reason} for s in settings},
        )

    def _unknown(self, asked: str) -> TurnError:
        names = [model.id for model in self._models]
        near = ", ".join(closest(asked, names) or names[:8])
        message = (
            f"There is no model {asked!r} on this server. The nearest names are: {near}. GET /v1/models lists all."
        )
        return TurnError("not_found", message, param="model", code="model_not_found")


def _id_of(local: LocalModel, library: Sequence[LocalModel], *, taken: Set[str]) -> str:
    """The last part of the repository; with the quantization where several of one name are here, and in full where that is
    still another model's."""
    name = last_part(local.id)
    same = [other for other in library if last_part(other.id).casefold() == name.casefold()]
    short = f"{name}:{local.variant}" if len(same) > 1 and local.variant else name
    full = f"{local.id}:{local.variant}" if local.variant else local.id
    return short if short.casefold() not in taken else full


def _names(model: Stocked) -> tuple[str, str]:
    """What nobody else may be called: a model's id, and its short name with its quantization."""
    local = model.sheet.model
    return model.id.casefold(), f"{last_part(local.id)}:{local.variant}".casefold()


def _is_stand_in(asked: str) -> bool:
    return any(fnmatchcase(last_part(asked).casefold(), pattern) for pattern in STAND_INS)
