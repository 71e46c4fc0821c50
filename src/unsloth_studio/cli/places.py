"""Where this program looks for models: the library on this disk, the hub, and how much memory there is for them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from unsloth_studio.catalog.demo import demo_model
from unsloth_studio.catalog.download_progress import OnProgress
from unsloth_studio.catalog.fit import Memory
from unsloth_studio.catalog.hub import Hub, default_cache
from unsloth_studio.catalog.hub_errors import HubError, Patience
from unsloth_studio.catalog.library import list_models
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.local_paths import at_path
from unsloth_studio.catalog.locate import Places
from unsloth_studio.catalog.names import KnownModel, match_model
from unsloth_studio.catalog.reference import HubModel, LocalPath, last_part, parse_reference
from unsloth_studio.engine.hardware import read_hardware
from unsloth_studio.engine.sizing import Smaller
from unsloth_studio.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from unsloth_studio.catalog.download_progress import DownloadProgress

HUB_SECONDS = 5.0
"""How long the hub is waited for where its answer is merely good to have."""

MEMORY_SHARE = 0.8
"""Of the machine's memory, for models: the rest is for the system and other programs."""


def memory_budget(settings: Settings) -> int:
    """Bytes for all loaded models together."""
    if settings.memory_budget_mib is not None:
        return settings.memory_budget_mib * 2**20
    return int(read_hardware().memory_mib * 2**20 * MEMORY_SHARE)


def library_of(settings: Settings) -> tuple[LocalModel, ...]:
    """The models on this disk. Reads folders: not on an event loop."""
    return list_models(default_cache(), [folder.expanduser() for folder in settings.model_folders])


def called(name: str, library: Sequence[LocalModel], settings: Settings) -> list[LocalModel]:
    """The models that are here under `name`, best quantization first; a path is a model by itself. Asks no hub.

    Raises `BadReference`, and `ModelNotFound` for a path that leads nowhere.
    """
    reference = parse_reference(name)
    if isinstance(reference, LocalPath):
        return [at_path(reference)]
    models = [*library, demo_model()]
    known = [KnownModel(model.id, model.repository, model.variant or None) for model in models]
    plain = reference.repo if isinstance(reference, HubModel) else reference.name
    asked = f"{plain}:{reference.variant}" if reference.variant else plain
    return [models[known.index(one)] for one in match_model(asked, known, aliases=settings.all_aliases)]


def own_settings(model: LocalModel, settings: Settings) -> ModelSettings:
    """What `[models."NAME"]` says of a model, by any name that means it; the longest, such as one with `:QUANT`, wins."""
    known = [KnownModel(last_part(model.id), model.repository or model.id, model.variant or None)]
    names = [name for name in settings.models if match_model(name, known)]
    return settings.models[max(names, key=len)] if names else ModelSettings()


def smaller_files(model: LocalModel, settings: Settings, *, ask_hub: bool) -> tuple[Smaller, ...]:
    """Other quantizations of `model`: those on this disk, and, if the hub answers soon, all that it has. Waits for the hub:
    not on an event loop."""
    if model.repository is None:
        return ()
    found = {other.variant: other.size_bytes for other in library_of(settings) if other.repository == model.repository}
    if ask_hub:
        found |= asyncio.run(_on_the_hub(model.repository))
    return tuple(Smaller(label, size) for label, size in found.items() if size < model.size_bytes)


async def _on_the_hub(repository: str) -> dict[str, int]:
    try:
        async with asyncio.timeout(HUB_SECONDS):
            variants = (await Hub(patience=Patience(retries=0)).repository(repository)).variants
    except (HubError, TimeoutError):
        return {}  # it only makes an error message better
    return {variant.label: variant.size_bytes for variant in variants}


def places_of(settings: Settings) -> Places:
    """Everything `locate` needs. Reads folders: not on an event loop."""
    return Places(library_of(settings), Hub(), Memory(memory_budget(settings)), settings.all_aliases)


def show_download(title: str) -> AbstractContextManager[OnProgress]:
    """A bar on a terminal, lines elsewhere, on standard error."""
    from unsloth_studio.cli.download_progress import DownloadDisplay

    return DownloadDisplay(title)


@contextmanager
def show_nothing(title: str) -> Generator[OnProgress]:
    """For `--json` and `--silent`."""
    del title

    def ignore(progress: DownloadProgress) -> None:
        del progress

    yield ignore
