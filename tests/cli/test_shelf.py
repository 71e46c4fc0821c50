"""Which model a name means: by id, repository, quantization, alias, or because nothing else is there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from unsloth_studio.catalog.demo import demo_model
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.sheet import read_sheet
from unsloth_studio.cli import shelf as shelf_module
from unsloth_studio.cli.shelf import LibraryShelf, Stocked
from unsloth_studio.engine.contract import Engine
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.settings import Settings
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import Conversation, Message, ReasoningConfig, Request, SamplingParams, TextPart


def never() -> Engine:
    raise AssertionError("no engine is started here")


def stocked(model: LocalModel, model_id: str, settings: Settings) -> Stocked:
    del settings
    return Stocked(model_id, read_sheet(model), PooledModel(model_id, 1, 1, never), 8192)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three models on the disk beside the demo: two quantizations of one repository, and another."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path / "home"))
    for name in (
        "unsloth/Big-GGUF/Big-Q4_K_M.gguf",
        "unsloth/Big-GGUF/Big-Q8_0.gguf",
        "other/Small-GGUF/Small-Q8_0.gguf",
    ):
        path = tmp_path / "library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(demo_model().main_file, path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(
        f'model_folders = ["{tmp_path / "library"}"]\n[aliases]\n"claude-*" = "Small-GGUF"\n[pin]\ntop_k = 7\n'
    )
    return shelf_module.load_settings()


@pytest.fixture
def shelf(settings: Settings) -> LibraryShelf:
    first = stocked(demo_model(), "tiny-demo-model", settings)
    shelf = LibraryShelf(first, stocked, settings=settings, flags={})
    asyncio.run(shelf.refresh())
    return shelf


DEMO = ("tiny-demo-model",)

NAMES: dict[str, tuple[str | None, Sequence[str], str]] = {
    "its id": ("Small-GGUF", DEMO, "Small-GGUF"),
    "in another case": ("small-gguf", DEMO, "Small-GGUF"),
    "its repository": ("other/Small-GGUF", DEMO, "Small-GGUF"),
    "with a quantization": ("unsloth/Big-GGUF:Q8_0", DEMO, "Big-GGUF:Q8_0"),
    "the best of two": ("Big-GGUF", DEMO, "Big-GGUF:Q4_K_M"),
    "the loaded of two": ("Big-GGUF", ["Big-GGUF:Q8_0"], "Big-GGUF:Q8_0"),
    "an alias": ("claude-haiku-5-5", DEMO, "Small-GGUF"),
    "an owner that is not its own": ("unsloth/Tiny-Demo-Model", ["Small-GGUF"], "tiny-demo-model"),
    "a foreign name, one is loaded": ("gpt-4o", ["Small-GGUF"], "Small-GGUF"),
    "a client's own name, two are loaded": ("gpt-5-mini", ["Small-GGUF", "tiny-demo-model"], "Small-GGUF"),
    "auto": ("auto", ["tiny-demo-model", "Small-GGUF"], "tiny-demo-model"),
    "no name": (None, ["Small-GGUF", "tiny-demo-model"], "Small-GGUF"),
}


@pytest.mark.parametrize("name", NAMES)
def test_name(shelf: LibraryShelf, name: str) -> None:
    asked, loaded, found = NAMES[name]
    assert shelf.find(asked, loaded).id == found


TIERS = {
    "the large one": ("claude-opus-5-5", "Big-GGUF:Q8_0"),
    "the small one": ("gpt-5-mini", "tiny-demo-model"),
    "one that is not set means the alias": ("claude-sonnet-5-5", "Small-GGUF"),
}


@pytest.mark.parametrize("name", TIERS)
def test_tier_of_a_vendors_name(shelf: LibraryShelf, tmp_path: Path, name: str) -> None:
    config = tmp_path / "home" / "config.toml"
    config.write_text(config.read_text() + '[tiers]\nopus = "Big-GGUF:Q8_0"\nhaiku = "tiny-demo-model"\n')
    asyncio.run(shelf.refresh())
    asked, found = TIERS[name]
    assert shelf.find(asked, ["Small-GGUF", "tiny-demo-model"]).id == found


@pytest.mark.parametrize(
    "loaded", [["Small-GGUF", "tiny-demo-model"], []], ids=["two are loaded", "its exact name is asked"]
)
def test_foreign_name_is_not_found_with_the_nearest(shelf: LibraryShelf, loaded: list[str]) -> None:
    with pytest.raises(TurnFailure, match="Big-GGUF") as caught:
        shelf.find("Bigger-GGUF", loaded)
    assert caught.value.error.code == "model_not_found"


def test_list_has_every_model_with_its_settings(shelf: LibraryShelf) -> None:
    entries = {entry.id: entry for entry in shelf.all()}
    assert list(entries) == ["tiny-demo-model", "Small-GGUF", "Big-GGUF:Q4_K_M", "Big-GGUF:Q8_0"] or set(entries) == {
        "tiny-demo-model", "Small-GGUF", "Big-GGUF:Q4_K_M", "Big-GGUF:Q8_0",
    }  # fmt: skip
    settings = entries["Small-GGUF"].settings
    assert settings
    assert settings["top_k"] == {"value": 7, "source": "pin", "reason": settings["top_k"]["reason"]}
    assert entries["Small-GGUF"].thinking


def test_changed_configuration_is_picked_up(shelf: LibraryShelf, tmp_path: Path) -> None:
    config = tmp_path / "home" / "config.toml"
    config.write_text(config.read_text().replace("top_k = 7", "top_k = 9"))
    asyncio.run(shelf.refresh())
    settings = shelf.all()[1].settings
    assert settings
    assert settings["top_k"]["value"] == 9


def test_broken_configuration_leaves_what_was(shelf: LibraryShelf, tmp_path: Path) -> None:
    (tmp_path / "home" / "config.toml").write_text("this is no toml")
    asyncio.run(shelf.refresh())
    assert shelf.find("claude-x", DEMO).id == "Small-GGUF"


def test_model_that_came_later_is_found(shelf: LibraryShelf, tmp_path: Path) -> None:
    path = tmp_path / "library" / "new" / "Late-GGUF" / "Late-Q8_0.gguf"
    path.parent.mkdir(parents=True)
    shutil.copy(demo_model().main_file, path)
    asyncio.run(shelf.refresh())
    assert shelf.find("Late-GGUF", DEMO).id == "Late-GGUF"


async def test_request_gets_its_sampling_settled(shelf: LibraryShelf) -> None:
    message = Message("user", (TextPart("Hi"),))
    request = Request(
        Conversation((message,)),
        sampling=SamplingParams(temperature=0.3, top_k=50),
        reasoning=ReasoningConfig(enabled=False),
    )
    ready = await shelf.prepare(request, "Small-GGUF")
    assert (ready.sampling.temperature, ready.sampling.top_k) == (0.3, 7)


def test_model_whose_file_has_gone_answers_while_it_is_loaded(shelf: LibraryShelf, tmp_path: Path) -> None:
    (tmp_path / "library" / "other" / "Small-GGUF" / "Small-Q8_0.gguf").unlink()
    asyncio.run(shelf.refresh())
    assert shelf.find("Small-GGUF", ["Small-GGUF", "tiny-demo-model"]).id == "Small-GGUF"
    with pytest.raises(TurnFailure):
        shelf.find("Small-GGUF", ["Big-GGUF:Q8_0", "tiny-demo-model"])


def test_same_name_of_another_publisher_is_told_apart(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "library" / "b" / "Big-GGUF" / "Big-Q8_0.gguf"
    path.parent.mkdir(parents=True)
    shutil.copy(demo_model().main_file, path)
    started = tmp_path / "library" / "unsloth" / "Big-GGUF" / "Big-Q8_0.gguf"
    local = LocalModel("unsloth/Big-GGUF", "Q8_0", (started,), 1, "hub", "unsloth/Big-GGUF")
    shelf = LibraryShelf(stocked(local, "Big-GGUF", settings), stocked, settings=settings, flags={})
    asyncio.run(shelf.refresh())
    for asked in ("Big-GGUF:Q8_0", "unsloth/Big-GGUF:Q8_0", "Big-GGUF"):
        assert shelf.find(asked, ["Big-GGUF"]).id == "Big-GGUF"
    assert shelf.find("b/Big-GGUF", ["Big-GGUF"]).id == "b/Big-GGUF:Q8_0"
