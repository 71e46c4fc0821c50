"""Taking a model out of the hub's cache.

The rule: the bytes go, so every snapshot's link to them goes too (a new commit of a repository shares most of them with the
old one); other files, of whatever snapshot, stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unsloth_studio.catalog.hub_cache import HubCache
from unsloth_studio.catalog.local_models import LocalModel


def remove_model(model: LocalModel, library: Sequence[LocalModel], cache: HubCache) -> int:
    """Remove `model`, and its projector when no other model of the `library` has it; returns the bytes that are free now.

    The model must be of the hub's cache. Raises `OSError`.
    """
    assert model.source == "hub"
    assert model.repository is not None
    keep = {file.resolve() for other in library if other != model for file in _files(other)}
    blobs = {file.resolve() for file in _files(model)} - keep
    freed = sum(blob.stat().st_size for blob in blobs if blob.exists())
    snapshots = cache.folder(model.repository) / "snapshots"
    for link in [path for path in snapshots.rglob("*") if path.is_symlink() and path.resolve() in blobs]:
        link.unlink()
    for blob in blobs:
        blob.unlink(missing_ok=True)
    return freed


def _files(model: LocalModel) -> tuple[Path, ...]:
    return model.files if model.projector is None else (*model.files, model.projector)
