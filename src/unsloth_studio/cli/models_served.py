"""Which models a server serves and how each is started: from this disk, or one upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from msgspec import Struct

from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.reference import last_part
from unsloth_studio.catalog.sheet import read_sheet
from unsloth_studio.cli.asked import Asked
from unsloth_studio.cli.launching import engine_facts, engine_options
from unsloth_studio.cli.places import memory_budget, own_settings, smaller_files
from unsloth_studio.cli.server import RunOptions
from unsloth_studio.cli.shelf import LibraryShelf, Stock, Stocked
from unsloth_studio.cli.wishes import Wishes
from unsloth_studio.engine.choose import DEFAULT_SLOTS, make_plan
from unsloth_studio.engine.contract import Engine, EngineStatus
from unsloth_studio.engine.failures import EngineTrouble
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.kept_slots import KeptSlots
from unsloth_studio.engine.launch import Spawn
from unsloth_studio.engine.local import local_engine
from unsloth_studio.engine.plan import EngineProgram
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.restarts import Policy
from unsloth_studio.engine.shelf import PooledModel, Shelf, SingleShelf
from unsloth_studio.engine.sizing import DoesNotFit, Smaller
from unsloth_studio.engine.upstream import Upstream
from unsloth_studio.observe.logs import log_engine_line
from unsloth_studio.serving.documents import DocumentPolicy, prepare_documents
from unsloth_studio.serving.fetch import FetchPolicy, GuardedFetcher
from unsloth_studio.serving.images import ImagePolicy, prepare_images
from unsloth_studio.settings import Settings
from unsloth_studio.turn.messages import Request

OnChange = Callable[[EngineStatus], None]
_GUESS = 1.15  # of the file's size, where the plan cannot say what a model needs


class Models(Struct, frozen=True):
    """`first` is loaded at the start. `prepare` readies a request for a model; `keep_fresh` follows the disk, if need be."""

    shelf: Shelf
    first: PooledModel
    prepare: Callable[[Request, str], Awaitable[Request]]
    keep_fresh: Callable[[], Coroutine[Any, Any, None]] | None = None
    local: LocalModels | None = None


class LocalModels(Struct, frozen=True):
    """The models of this machine: where they are listed, what was asked for them, and how an entry is made anew."""

    shelf: LibraryShelf
    asked: Asked
    stock: Stock


class Served(Struct, frozen=True):
    """The models and the pool they are loaded into. `kept` has what was in slots of models that were put away."""

    models: Models
    pool: Pool
    kept: KeptSlots

    async def stop(self) -> None:
        """Stop every engine; nothing of them is left then."""
        self.kept.stop()
        await self.pool.stop()
        await self.kept.close()


async def served(settings: Settings, options: RunOptions, *, on_change: OnChange, spawn: Spawn) -> Served:
    """What this run serves; nothing is loaded yet. `spawn` starts the processes of engines. Raises `OperatorProblem`."""
    kept = KeptSlots(settings.home / "slots", settings.kept_slots_mib << 20)
    await kept.tidy()
    if options.model is None:
        models = upstream_models(settings, options.wishes, on_change=on_change)
    else:
        models = await asyncio.to_thread(
            local_models, options.model, options, settings, spawn=spawn, on_change=on_change, kept=kept
        )
    rules = Rules(budget_bytes=await asyncio.to_thread(memory_budget, settings))
    return Served(models, Pool(models.shelf, rules=rules, default=models.first.id), kept)


def upstream_models(settings: Settings, wishes: Wishes, *, on_change: OnChange) -> Models:
    """Whatever the upstream serves."""
    assert settings.upstream is not None
    key = settings.upstream_key.reveal() if settings.upstream_key else None
    slots = wishes.parallel or settings.parallel or DEFAULT_SLOTS
    shelf = SingleShelf(Upstream(settings.upstream, key, slots=slots, on_change=on_change), slots=slots)
    fetcher = GuardedFetcher(FetchPolicy(allowed_hosts=frozenset(settings.fetch_allowed_hosts)))
    images, documents = ImagePolicy(fetcher=fetcher), DocumentPolicy(fetcher=fetcher)

    async def prepare(request: Request, model_id: str) -> Request:
        del model_id
        request = await prepare_images(request, vision=True, policy=images)  # whether it sees is the upstream's to say
        return await prepare_documents(request, policy=documents)

    return Models(shelf, shelf.model, prepare)


def local_models(
    model: LocalModel, options: RunOptions, settings: Settings, *, spawn: Spawn, on_change: OnChange, kept: KeptSlots
) -> Models:
    """`model` with what the command line wishes for it, and the others on this disk. Reads files: not on an event loop.

    Raises `GgufError` and `FlagProblem`.
    """
    wishes = options.wishes
    first = _stock(
        model, last_part(model.id), settings, wishes, spawn=spawn, on_change=on_change, kept=kept, ask_hub=True
    )
    asked = Asked({model.main_file: wishes})

    def stock(other: LocalModel, model_id: str, now: Settings) -> Stocked:
        made = _stock(other, model_id, now, asked.wishes(other, now), spawn=spawn, on_change=_unwatched, kept=kept)
        return asked.pinned(made)

    shelf = LibraryShelf(first, stock, settings=settings, flags=options.flags)
    return Models(shelf, first.pooled, shelf.prepare, shelf.keep_fresh, LocalModels(shelf, asked, stock))


def _stock(
    model: LocalModel,
    model_id: str,
    settings: Settings,
    wishes: Wishes,
    *,
    spawn: Spawn,
    on_change: OnChange,
    kept: KeptSlots,
    ask_hub: bool = False,
) -> Stocked:
    """What the plan expects of this model, and how to start it. Where it does not fit, smaller files of it are looked for:
    on this disk, and with `ask_hub` where it came from."""
    sheet = read_sheet(model)
    options = engine_options(model, model_id, settings, wishes)
    facts = engine_facts(sheet)
    policy = Policy(start_timeout=settings.start_timeout_seconds)
    memory, slots, context = int(model.size_bytes * _GUESS), options.slots or DEFAULT_SLOTS, options.context_length
    smaller: tuple[Smaller, ...] = ()
    try:
        plan = make_plan(EngineProgram("embedded"), options, hardware=read_hardware(), facts=facts)
    except DoesNotFit as problem:
        memory = max(memory, problem.needed_bytes)
        smaller = smaller_files(model, settings, ask_hub=ask_hub)
    except EngineTrouble:
        pass  # the start says it in full, to whoever asks for this model
    else:
        slots, context = plan.slots, plan.context_per_slot
        memory = plan.memory.total if plan.memory else memory

    def start() -> Engine:
        return local_engine(
            options,
            settings.home,
            explicit=settings.engine,
            on_change=on_change,
            on_line=log_engine_line,
            policy=policy,
            facts=facts,
            smaller=smaller,
            spawn=spawn,
            kept=kept,
        )

    own = own_settings(model, settings)
    minutes = own.idle_minutes or settings.idle_minutes
    pooled = PooledModel(
        id=model_id,
        memory_bytes=memory,
        slots=slots,
        start=start,
        pinned=own.keep_loaded,
        idle_seconds=None if minutes is None else minutes * 60,
    )
    vision = options.projector is not None
    return Stocked(model_id, sheet, pooled, context, options.sampling, vision=vision)


def _unwatched(status: EngineStatus) -> None:
    """Only the first model's start is shown to the person who typed the command."""
    del status
