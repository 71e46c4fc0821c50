"""From what a person calls a model to files on this disk: what is here is taken, what is not is fetched from the hub.

The rule: the network is asked only when the disk has no answer. Every failure says what would work: the closest names, or
the quantizations with their sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from unsloth_studio.catalog.download_progress import OnProgress
from unsloth_studio.catalog.downloads import bytes_to_fetch, fetch, plan_download
from unsloth_studio.catalog.fit import Memory, variant_table
from unsloth_studio.catalog.hub import Hub, Repository
from unsloth_studio.catalog.library import read_folder
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.names import KnownModel, closest, match_model
from unsloth_studio.catalog.quantization import Variant, choose_projector, shard_of, shard_paths
from unsloth_studio.catalog.reference import (
    Alias,
    HubModel,
    LocalPath,
    ModelReference,
    choose_variant,
    find_variant,
    parse_reference,
    preference,
    public_id,
)
from unsloth_studio.problem import OperatorProblem

ShowProgress = Callable[[str], AbstractContextManager[OnProgress]]
"""Given a title, something that shows a download while it is open."""


class ModelNotFound(OperatorProblem):
    """No model by this name; the message lists what there is. A wrong use of the command, hence the status."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Places:
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
            return _pick(here, variant) or await pull(reference, places, show=show)
        case Alias():
            return await _by_name(reference, places, show=show)


async def pull(reference: HubModel, places: Places, *, show: ShowProgress) -> LocalModel:
    """Fetch the variant that is named, or the best that fits, with its projector."""
    repository = await places.hub.repository(reference.repo)
    variant = _choose(repository, reference.variant, places.memory)
    download = plan_download(places.hub, repository, variant)
    if bytes_to_fetch(download) == 0:
        paths = await fetch(download)
    else:
        with show(f"{repository.name} {variant.label}") as on_progress:
            paths = await fetch(download, on_progress)
    shards = len(variant.files)
    return LocalModel(
        id=public_id(HubModel(repository.name)),
        variant=variant.label,
        files=paths[:shards],
        size_bytes=variant.size_bytes,
        source="hub",
        repository=repository.name,
        projector=paths[shards] if len(paths) > shards else None,
    )


def at_path(reference: LocalPath) -> LocalModel:
    """A file, any shard of a split model, or a folder with models. Raises `ModelNotFound`."""
    path = Path(reference.path).expanduser()
    if path.is_dir():
        found = read_folder(path)
        chosen = _pick(found.models, reference.variant)
        if chosen is not None:
            return chosen
        torn = f" (files are missing of {found.unfinished[0].id})" if found.unfinished else ""
        wanted = f" with the quantization {reference.variant}" if reference.variant else ""
        raise ModelNotFound(f"The folder {path} has no GGUF model{wanted}{torn}.")
    if not path.is_file():
        raise ModelNotFound(f"There is no file {path}. A model of a hub is named as ORGANISATION/REPOSITORY.")
    names = shard_paths(path.name) if shard_of(path.name) else (path.name,)
    files = tuple(path.parent / name for name in names)
    if missing := [file.name for file in files if not file.is_file()]:
        raise ModelNotFound(
            f"{path.name} is one part of a split model, and its parts {', '.join(missing)} are missing."
        )
    projector = choose_projector(sibling.name for sibling in path.parent.glob("*.gguf"))
    return LocalModel(
        id=public_id(LocalPath(str(path.absolute()))),
        variant="",
        files=files,
        size_bytes=sum(file.stat().st_size for file in files),
        source="folder",
        projector=path.parent / projector if projector else None,
    )


async def _by_name(reference: Alias, places: Places, *, show: ShowProgress) -> LocalModel:
    asked = f"{reference.name}:{reference.variant}" if reference.variant else reference.name
    known = [KnownModel(model.id, model.repository, model.variant) for model in places.library]
    if found := match_model(asked, known, aliases=places.aliases):
        return places.library[known.index(found[0])]
    target = places.aliases.get(reference.name)
    if target is not None and not isinstance(named := parse_reference(target), Alias):
        return await locate(named, places, show=show)
    near = closest(reference.name, [model.id for model in places.library])
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise ModelNotFound(
        f"There is no model {asked!r} on this disk.{hint} Name a .gguf file, or a repository as ORGANISATION/REPOSITORY."
    )


def _pick(models: Sequence[LocalModel], variant: str | None) -> LocalModel | None:
    """The variant asked for, or the first in the order of preference."""
    if variant is None:
        return min(models, key=lambda model: (preference(model.variant), -model.size_bytes), default=None)
    found = find_variant(variant, [Variant(m.variant, (), m.size_bytes, complete=True) for m in models])
    return next((model for model in models if found is not None and model.variant == found.label), None)


def _choose(repository: Repository, asked: str | None, memory: Memory) -> Variant:
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
