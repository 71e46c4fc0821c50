"""What is on disk, in the three layouts: found with its public name, and nothing torn among it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from unsloth_studio.catalog.library import list_models, read_library
from unsloth_studio.catalog.local_models import LocalModel, Unfinished

COMMIT, OLDER = "a" * 40, "b" * 40


def _write(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def _cached(cache: Path, repository: str, path: str, *, commit: str = COMMIT, size: int = 10) -> Path:
    """A file as the hub's library leaves it: a blob and a link to it."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    blob = _write(folder / "blobs" / hashlib.sha256(f"{path}{commit}".encode()).hexdigest(), size)
    pointer = folder / "snapshots" / commit / path
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.symlink_to(blob)
    _write(folder / "refs" / "main").write_text(COMMIT)
    return pointer


def _ollama(store: Path, name: str, layers: dict[str, bytes], *, file_type: str | None = "Q4_K_M") -> dict[str, Path]:
    """A model as Ollama leaves it; `layers` are bytes by the last word of their media type. Returns their blobs."""
    entries: list[dict[str, object]] = []
    blobs: dict[str, Path] = {}
    for kind, content in {**layers, "config": json.dumps({"file_type": file_type}).encode()}.items():
        digest = hashlib.sha256(content + name.encode()).hexdigest()
        blobs[kind] = _write(store / "blobs" / f"sha256-{digest}")
        blobs[kind].write_bytes(content)
        media = f"application/vnd.ollama.image.{kind}"
        entries.append({"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)})
    manifest = _write(store / "manifests" / name)
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": entries.pop(), "layers": entries}))
    return blobs


def test_hub_cache_lists_each_variant_with_its_projector(tmp_path: Path) -> None:
    shards = [_cached(tmp_path, "org/Big-GGUF", f"Q8_0/Big-Q8_0-0000{n}-of-00002.gguf", size=7) for n in (1, 2)]
    single = _cached(tmp_path, "org/Big-GGUF", "Big-UD-Q4_K_XL.gguf")
    projector = _cached(tmp_path, "org/Big-GGUF", "mmproj-BF16.gguf")
    _cached(tmp_path, "org/Big-GGUF", "README.md")
    _cached(tmp_path, "org/safetensors-only", "model.safetensors")
    assert list_models(tmp_path) == (
        LocalModel("org/Big-GGUF", "Q8_0", tuple(shards), 14, "hub", repository="org/Big-GGUF", projector=projector),
        LocalModel("org/Big-GGUF", "UD-Q4_K_XL", (single,), 10, "hub", repository="org/Big-GGUF", projector=projector),
    )
    assert list_models(tmp_path)[0].main_file == shards[0]


def test_hub_cache_prefers_what_main_is_and_keeps_older_variants(tmp_path: Path) -> None:
    new = _cached(tmp_path, "org/M", "M-Q4_0.gguf")
    _cached(tmp_path, "org/M", "M-Q4_0.gguf", commit=OLDER)
    old = _cached(tmp_path, "org/M", "M-Q8_0.gguf", commit=OLDER)
    assert {model.variant: model.files for model in list_models(tmp_path)} == {"Q4_0": (new,), "Q8_0": (old,)}


def test_half_downloads_are_reported_and_never_listed(tmp_path: Path) -> None:
    _cached(tmp_path, "org/torn", "M-Q4_0-00001-of-00003.gguf", size=5)
    _write(tmp_path / "models--org--coming" / "blobs" / f"{'c' * 64}.incomplete", 123)
    gone = _cached(tmp_path, "org/gone", "M-Q4_0.gguf")
    gone.resolve().unlink()
    _cached(tmp_path, "org/empty", "M-Q4_0.gguf", size=0)
    found = read_library(tmp_path)
    assert found.models == ()
    assert set(found.unfinished) == {
        Unfinished("org/torn", "Q4_0", 5, "hub"),
        Unfinished("org/coming", None, 123, "hub"),
    }


def test_variant_torn_in_one_snapshot_and_whole_in_another_is_whole(tmp_path: Path) -> None:
    _cached(tmp_path, "org/M", "M-Q4_0-00001-of-00002.gguf")
    for n in (1, 2):
        _cached(tmp_path, "org/M", f"M-Q4_0-0000{n}-of-00002.gguf", commit=OLDER)
    found = read_library(tmp_path)
    assert ([model.size_bytes for model in found.models], found.unfinished) == ([20], ())


def test_lm_studio_folder_is_repositories(tmp_path: Path) -> None:
    weights = _write(tmp_path / "models" / "publisher" / "Gem-GGUF" / "Gem-Q4_K_M.gguf")
    projector = _write(tmp_path / "models" / "publisher" / "Gem-GGUF" / "mmproj-Gem-f16.gguf")
    _write(tmp_path / "models" / "publisher" / "Gem-GGUF" / "downloading_Gem-Q8_0.gguf.part")
    name = "publisher/Gem-GGUF"
    assert list_models(tmp_path / "none", [tmp_path / "models"]) == (
        LocalModel(name, "Q4_K_M", (weights,), 10, "folder", repository=name, projector=projector),
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(["Qwen-Q4_K_M.gguf"], {"Qwen-Q4_K_M": None}, id="one file"),
        pytest.param(["deep/er/still/Qwen.gguf"], {"Qwen": None}, id="a file further down, without a quantization"),
        pytest.param(
            ["Qwen-Q4_0-00001-of-00002.gguf", "Qwen-Q4_0-00002-of-00002.gguf"], {"Qwen-Q4_0": None}, id="a split model"
        ),
        pytest.param(
            ["a-Q4_0.gguf", "b-Q4_0.gguf"], {"a-Q4_0": None, "b-Q4_0": None}, id="two models, one quantization"
        ),
        pytest.param(
            ["V-Q4_0.gguf", "V-Q8_0.gguf", "mmproj-F16.gguf"],
            {"V-Q4_0": "mmproj-F16.gguf", "V-Q8_0": "mmproj-F16.gguf"},
            id="a projector beside one model",
        ),
        pytest.param(
            ["V-Q4_0.gguf", "W-Q4_0.gguf", "mmproj-V-F16.gguf"],
            {"V-Q4_0": "mmproj-V-F16.gguf", "W-Q4_0": None},
            id="a projector that names its model",
        ),
        pytest.param(["V-Q4_0.gguf", "W-Q4_0.gguf", "mmproj-F16.gguf"], {"V-Q4_0": None, "W-Q4_0": None}, id="whose?"),
        pytest.param(
            ["a.gguf.incomplete", "x.bin", ".hidden/b.gguf", "imatrix.gguf", "mmproj-F16.gguf"], {}, id="none"
        ),
        pytest.param(["1/2/3/4/5/deep.gguf"], {}, id="too far down"),
    ],
)
def test_plain_folder_is_models_by_their_files(
    tmp_path: Path, files: list[str], expected: dict[str, str | None]
) -> None:
    for file in files:
        _write(tmp_path / file)
    models = list_models(tmp_path / "none", [tmp_path])
    assert {model.id: model.projector.name if model.projector else None for model in models} == expected


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ("registry.ollama.ai/library/gemma3/4b", "gemma3:4b"),
        ("registry.ollama.ai/someone/gemma3/latest", "someone/gemma3:latest"),
        ("hf.co/unsloth/Qwen3-GGUF/Q4_K_M", "hf.co/unsloth/Qwen3-GGUF:Q4_K_M"),
    ],
)
@pytest.mark.parametrize("below", ["", "models"])
def test_ollama_models_have_ollamas_names(tmp_path: Path, *, manifest: str, name: str, below: str) -> None:
    blobs = _ollama(tmp_path / below, manifest, {"model": b"GGUF weights", "projector": b"GGUF eyes", "template": b"t"})
    assert list_models(tmp_path / "none", [tmp_path]) == (
        LocalModel(name, "Q4_K_M", (blobs["model"],), 12, "ollama", projector=blobs["projector"]),
    )


def test_ollama_layer_that_is_not_whole_is_reported(tmp_path: Path) -> None:
    blobs = _ollama(tmp_path, "registry.ollama.ai/library/m/1b", {"model": b"GGUF weights"})
    blobs["model"].write_bytes(b"GGUF")
    found = read_library(tmp_path / "none", [tmp_path])
    assert (found.models, found.unfinished) == ((), (Unfinished("m:1b", "Q4_K_M", 4, "ollama"),))


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param("not JSON", id="not JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('{"layers": 3}', id="no layers"),
        pytest.param(
            '{"layers": [{"mediaType": "application/vnd.ollama.image.model"}]}', id="a layer without a digest"
        ),
        pytest.param(
            '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../x", "size": 1}]}',
            id="a digest that leads elsewhere",
        ),
    ],
)
def test_ollama_manifest_that_makes_no_sense_is_passed_over(tmp_path: Path, manifest: str) -> None:
    _ollama(tmp_path, "registry.ollama.ai/library/good/1b", {"model": b"GGUF"}, file_type=None)
    _write(tmp_path / "manifests/registry.ollama.ai/library/bad/1b").write_text(manifest)
    models = list_models(tmp_path / "none", [tmp_path])
    assert [(model.id, model.variant) for model in models] == [("good:1b", "1b")]


def test_first_source_wins_and_missing_folders_are_empty(tmp_path: Path) -> None:
    cached = _cached(tmp_path / "cache", "pub/M-GGUF", "M-Q4_0.gguf")
    _write(tmp_path / "lm" / "pub" / "m-gguf" / "M-Q4_0.gguf")
    models = list_models(tmp_path / "cache", [tmp_path / "missing", tmp_path / "lm"])
    assert [model.main_file for model in models] == [cached]
