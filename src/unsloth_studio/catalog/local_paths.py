"""A model that is named by its place on this disk: a file, any shard of a split one, a folder. No network, nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unsloth_studio.catalog.library import projector_of, read_folder
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.quantization import Variant, label_of, shard_of, shard_paths
from unsloth_studio.catalog.reference import LocalPath, find_variant, preference, public_id
from unsloth_studio.problem import OperatorProblem


class ModelNotFound(OperatorProblem):
    """No model by this name; the message lists what there is. A wrong use of the command, hence the status."""

    exit_status = 2


def at_path(reference: LocalPath) -> LocalModel:
    """A file, any shard of a split model, or a folder with models. Raises `ModelNotFound`."""
    path = Path(reference.path).expanduser()
    if path.is_dir():
        found = read_folder(path)
        chosen = pick(found.models, reference.variant)
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
    projector = projector_of(path.name, (sibling.name for sibling in path.parent.glob("*.gguf")))
    return LocalModel(
        id=public_id(LocalPath(str(path.absolute()))),
        variant=label_of(path.name) or "",
        files=files,
        size_bytes=sum(file.stat().st_size for file in files),
        source="folder",
        projector=path.parent / projector if projector else None,
    )


def pick(models: Sequence[LocalModel], variant: str | None) -> LocalModel | None:
    """The variant asked for, or the first in the order of preference."""
    if variant is None:
        return min(models, key=lambda model: (preference(model.variant), -model.size_bytes), default=None)
    found = find_variant(variant, [Variant(m.variant, (), m.size_bytes, complete=True) for m in models])
    return next((model for model in models if found is not None and model.variant == found.label), None)
