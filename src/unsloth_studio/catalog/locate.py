"""From what a person calls a model to files on this disk: what is here is taken, what is not is fetched from the hub.

The rule: the network is asked only when the disk has no answer. Every failure says what would work: the closest names, or
the quantizations with their sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from unsloth_studio.catalog.demo import DEMO_MODEL_ID
from unsloth_studio.catalog.download_progress import OnProgress
from unsloth_studio.catalog.downloads import bytes_to_fetch, fetch, plan_download
from unsloth_studio.catalog.fit import Memory, gigabytes, variant_table
from unsloth_studio.catalog.hub import Hub, Repository
from unsloth_studio.catalog.hub_errors import HubError
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.local_paths import ModelNotFound, at_path, pick
from unsloth_studio.catalog.names import KnownModel, closest, match_model
from unsloth_studio.catalog.quantization import Variant
from unsloth_studio.catalog.reference import (
    Alias,
    HubModel,
    LocalPath,
    ModelReference,
    choose_variant,
    find_variant,
    parse_reference,
)

ShowProgress = Callable[[str], AbstractContextManager[OnProgress]]
"""Given a title, something that shows a download while it is open."""


class Places(Struct, frozen=True):
    """Where models can come from. `library` is what is on the disk; `aliases` as in the settings."""

    library: Sequence[LocalModel]
    hub: Hub
    memory: Memory
    aliases: Mapping[str, str]


async def locate(reference: ModelReference, places: Places, *, show: ShowProgress) -> LocalModel:
    """The model's files, fetched if need be. Raises `ModelNotFound`, and `HubError`."""
    match reference:
        case LocalPath():
            return at_path(reference)
        case HubModel(repo=repo, variant=variant):
            here = [model for model in places.library if (model.repository or "").casefold() == repo.casefold()]
            try:
                return pick(here, variant) or await pull(reference, places, show=show)
            except HubError as error:
                raise _with_near_names(error, repo, places) from error
        case Alias():
            return await _by_name(reference, places, show=show)


async def missing(reference: ModelReference, places: Places) -> str | None:
    """What would have to be fetched for `reference`, as a sentence; None when it is here, or is no name of the hub."""
    if not isinstance(reference, HubModel):
        return None
    here = [model for model in places.library if (model.repository or "").casefold() == reference.repo.casefold()]
    if pick(here, reference.variant) is not None:
        return None
    repository = await places.hub.repository(reference.repo)
    variant = choose(repository, reference.variant, places.memory)
    size, verdict = gigabytes(variant.size_bytes), places.memory.verdict(variant.size_bytes)
    name = f"{repository.name}:{variant.label}"
    return (
        f"{name} ({size}, {verdict}) is not on this disk yet. Fetch it before it is planned: unsloth models pull {name}"
    )


async def pull(reference: HubModel, places: Places, *, show: ShowProgress) -> LocalModel:
    """Fetch the variant that is named, or the best that fits, with its projector."""
    repository = await places.hub.repository(reference.repo)
    variant = choose(repository, reference.variant, places.memory)
    download = plan_download(places.hub, repository, variant)
    if bytes_to_fetch(download) == 0:
        paths = await fetch(download)
    else:
        with show(f"{repository.name} {variant.label}") as on_progress:
            paths = await fetch(download, on_progress)
    shards = len(variant.files)
    return LocalModel(
        id=repository.name,
        variant=variant.label,
        files=paths[:shards],
        size_bytes=variant.size_bytes,
        source="hub",
        repository=repository.name,
        projector=paths[shards] if len(paths) > shards else None,
    )


async def _by_name(reference: Alias, places: Places, *, show: ShowProgress) -> LocalModel:
    asked = f"{reference.name}:{reference.variant}" if reference.variant else reference.name
    known = [KnownModel(model.id, model.repository, model.variant) for model in places.library]
    if found := match_model(asked, known, aliases=places.aliases):
        return places.library[known.index(found[0])]
    target = places.aliases.get(reference.name)
    if target is not None and not isinstance(named := parse_reference(target), Alias):
        return await locate(named, places, show=show)
    near = closest(reference.name, [*(model.id for model in places.library), DEMO_MODEL_ID])
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise ModelNotFound(
        f"There is no model {asked!r} on this disk.{hint} Name a .gguf file, or a repository as ORGANISATION/REPOSITORY."
    )


def _with_near_names(error: HubError, repo: str, places: Places) -> HubError:
    """`error`, and what is on this disk under a name like it: a typing slip is the usual reason."""
    near = closest(repo, [model.id for model in places.library])
    if error.problem != "not_found" or not near:
        return error
    return HubError("not_found", f"{error} On this disk there is: {', '.join(near)}.")


def choose(repository: Repository, asked: str | None, memory: Memory) -> Variant:
    """The variant that is named, or the best that fits. Raises `ModelNotFound` with what there is."""
    variants = repository.variants
    if not variants:
        raise ModelNotFound(
            f"{repository.name} has no GGUF model files. Look for a repository whose name ends in -GGUF."
        )
    table = variant_table(variants, memory)
    if asked is not None:
        variant = find_variant(asked, variants)
        if variant is None:
            raise ModelNotFound(f"{repository.name} has no quantization {asked}. It has:\n{table}")
        return variant
    choice = choose_variant(variants, fits=memory.fits)
    if choice.variant is None:
        raise ModelNotFound(
            f"{repository.name}: {choice.reason}. It has:\n{table}\nName one with :QUANT to try it anyway."
        )
    return choice.variant
