"""Models that Ollama fetched: manifests name layers, layers are blobs; the model layer is a plain GGUF.

    manifests/<host>/<namespace>/<model>/<tag>          JSON with `layers` and `config`
    blobs/sha256-<hex>                                  a layer; `sha256-<hex>-partial...` while it comes

The rule: read, never written. Layout and media types: Ollama's repository, `server/internal/manifest` and `docs/faq.md`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from unsloth_studio.catalog.local_models import Library, LocalModel, Unfinished

_MODEL = "application/vnd.ollama.image.model"
_PROJECTOR = "application/vnd.ollama.image.projector"
_HOST, _NAMESPACE = "registry.ollama.ai", "library"  # left out of names, as Ollama does
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_LARGEST_JSON = 1_000_000  # bytes; real ones have a few hundred


class _Layer(Struct, frozen=True):
    kind: str
    blob: Path
    size: int

    @property
    def there(self) -> int:
        """Bytes of it on the disk."""
        return self.blob.stat().st_size if self.blob.is_file() else 0


def ollama_store(folder: Path) -> Path | None:
    """The store that `folder` is or holds (`~/.ollama` holds `models`); None when it is something else."""
    for store in (folder, folder / "models"):
        if (store / "manifests").is_dir() and (store / "blobs").is_dir():
            return store
    return None


def read_ollama(store: Path) -> Library:
    """Manifests that cannot be read, and models that are no GGUF (tensors in layers of their own), are passed over."""
    found = Library()
    for manifest in sorted((store / "manifests").glob("*/*/*/*")):
        if manifest.is_file() and not manifest.name.startswith("."):
            found += _read_manifest(store, manifest)
    return found


def _read_manifest(store: Path, manifest: Path) -> Library:
    content = _json(manifest)
    layers = [layer for entry in _list(content.get("layers")) if (layer := _layer(store, entry)) is not None]
    model = next((layer for layer in layers if layer.kind == _MODEL), None)
    if model is None:
        return Library()
    host, namespace, family, tag = manifest.parts[-4:]
    spaces = () if (host, namespace) == (_HOST, _NAMESPACE) else (namespace,) if host == _HOST else (host, namespace)
    name = "/".join((*spaces, f"{family}:{tag}"))
    projector = next((layer for layer in layers if layer.kind == _PROJECTOR), None)
    needed = [model] if projector is None else [model, projector]
    variant = _quantization(store, content.get("config")) or tag
    if any(layer.there != layer.size for layer in needed):
        return Library(unfinished=(Unfinished(name, variant, sum(layer.there for layer in needed), "ollama"),))
    beside = None if projector is None else projector.blob
    return Library((LocalModel(name, variant, (model.blob,), model.size, "ollama", projector=beside),))


def _quantization(store: Path, config: Any) -> str | None:
    layer = _layer(store, config)
    label = None if layer is None else _json(layer.blob).get("file_type")
    return label if isinstance(label, str) and label else None


def _layer(store: Path, entry: Any) -> _Layer | None:
    match entry:
        case {"mediaType": str(kind), "digest": str(digest), "size": int(size)} if found := _DIGEST.fullmatch(digest):
            return _Layer(kind, store / "blobs" / f"sha256-{found[1]}", size)
        case _:
            return None


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            value: Any = json.loads(file.read(_LARGEST_JSON))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
