"""Which models are on this disk: the hub's cache, and folders that the user named (LM Studio's, Ollama's, any).

The rule: what is listed can be loaded as far as names and sizes tell; files that are still coming and split models that
lack a shard are in `unfinished` and never in `models`. No network, and nothing heavy is imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from unsloth_studio.catalog.hub_cache import UNFINISHED, HubCache
from unsloth_studio.catalog.local_models import Library, LibrarySource, LocalModel, Unfinished
from unsloth_studio.catalog.ollama import ollama_store, read_ollama
from unsloth_studio.catalog.quantization import Variant, choose_projector, group_variants, label_of, role_of, shard_of

_DEPTH = 4  # folders below the one that was named
_SEPARATORS = "-._ "


def list_models(hub_cache: Path, folders: Sequence[Path] = ()) -> tuple[LocalModel, ...]:
    """The models of `read_library`, without those that a source before has under the same id and variant."""
    first: dict[tuple[str, str], LocalModel] = {}
    for model in read_library(hub_cache, folders).models:
        first.setdefault((model.id.lower(), model.variant.lower()), model)
    return tuple(first.values())


def read_library(hub_cache: Path, folders: Sequence[Path] = ()) -> Library:
    """Everything that is there: the cache first, then each folder in its order. A folder that holds `manifests` and
    `blobs` is an Ollama store. Folders that do not exist or cannot be read hold nothing."""
    found = read_hub_cache(HubCache(hub_cache))
    for folder in folders:
        store = ollama_store(folder)
        found += read_folder(folder) if store is None else read_ollama(store)
    return found


def read_hub_cache(cache: HubCache) -> Library:
    """Each variant once: from the commit that `main` is, else from the newest snapshot that has all of it."""
    found = Library()
    for repository in cache.repositories():
        models: dict[str, LocalModel] = {}
        torn: dict[str, Unfinished] = {}
        for snapshot in _snapshots(cache, repository):
            one = _read_repository(repository, snapshot, _gguf_sizes(snapshot), source="hub")
            for model in one.models:
                models.setdefault(model.variant, model)
            torn |= {half.variant: half for half in one.unfinished if half.variant is not None}
        halves = [half for label, half in torn.items() if label not in models]
        if came := cache.unfinished(repository):
            halves.append(Unfinished(repository, None, came, "hub"))
        found += Library(tuple(models.values()), tuple(halves))
    return found


def read_folder(root: Path) -> Library:
    """`publisher/repository/*.gguf` (LM Studio's layout) are repositories; any other GGUF is a model by its file's name."""
    found = Library()
    folders: dict[Path, dict[str, int]] = {}
    for path, size in _gguf_sizes(root).items():
        where = root / path
        folders.setdefault(where.parent, {})[where.name] = size
    for folder, sizes in sorted(folders.items()):
        steps = folder.relative_to(root).parts
        if len(steps) == 2:
            found += _read_repository("/".join(steps), folder, sizes, source="folder")
        else:
            found += _read_files(folder, sizes)
    return found


def _read_repository(name: str, folder: Path, sizes: Mapping[str, int], *, source: LibrarySource) -> Library:
    projector = choose_projector(sizes)

    def model(variant: Variant) -> LocalModel:
        files = tuple(folder / file for file in variant.files)
        beside = None if projector is None else folder / projector
        return LocalModel(name, variant.label, files, variant.size_bytes, source, repository=name, projector=beside)

    return _split(group_variants(sizes), model, lambda _: name, source)


def projector_of(main: str, names: Iterable[str]) -> str | None:
    """Which of a folder's files is the projector of the model `main`. Where several models lie side by side it is the one
    that names it: a wrong one breaks the load."""
    names = tuple(names)
    bases = {_base(name) for name in names if role_of(name) == "weights"}
    return choose_projector(name for name in names if len(bases) == 1 or _base(name) == _base(main))


def _read_files(folder: Path, sizes: Mapping[str, int]) -> Library:
    variants = group_variants(sizes)

    def model(variant: Variant) -> LocalModel:
        main = variant.files[0]
        projector = projector_of(main, sizes)
        files = tuple(folder / file for file in variant.files)
        label = label_of(main) or ""  # the listing's own label tells apart what ids already tell apart here
        beside = None if projector is None else folder / projector
        return LocalModel(_stem(main), label, files, variant.size_bytes, "folder", projector=beside)

    return _split(variants, model, lambda variant: _stem(variant.files[0]), "folder")


def _split(
    variants: Iterable[Variant],
    model: Callable[[Variant], LocalModel],
    name: Callable[[Variant], str],
    source: LibrarySource,
) -> Library:
    whole = [variant for variant in variants if variant.complete and variant.size_bytes]
    torn = [variant for variant in variants if not variant.complete]
    halves = (Unfinished(name(variant), variant.label, variant.size_bytes, source) for variant in torn)
    return Library(tuple(model(variant) for variant in whole), tuple(halves))


def _snapshots(cache: HubCache, repository: str) -> list[Path]:
    folder = cache.folder(repository) / "snapshots"
    main = cache.commit(repository)
    try:
        there = [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []
    return sorted(there, key=lambda path: (path.name != main, -path.stat().st_mtime))


def _gguf_sizes(root: Path) -> dict[str, int]:
    """Bytes of each GGUF below `root` by its path from there; hidden folders and dangling links are passed over."""
    sizes: dict[str, int] = {}
    for folder, below, names in os.walk(root):
        here = Path(folder)
        depth = len(here.relative_to(root).parts)
        below[:] = sorted(name for name in below if not name.startswith(".") and depth < _DEPTH)
        for name in sorted(names):
            path = here / name
            if name.lower().endswith(".gguf") and not name.endswith(UNFINISHED) and path.is_file():
                sizes[path.relative_to(root).as_posix()] = path.stat().st_size
    return sizes


def _stem(name: str) -> str:
    shard = shard_of(name)
    return shard.stem if shard else Path(name).stem


def _base(name: str) -> str:
    """The model's name without its quantization and without `mmproj`, in small letters."""
    unwanted = "|".join(re.escape(word) for word in (label_of(name), "mmproj") if word)
    return re.sub(unwanted, "", _stem(name), flags=re.IGNORECASE).strip(_SEPARATORS).lower()
