"""`unsloth models`: what the hub has and this disk holds, fetched, explained and removed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.hub_server.contents import Fault, HeldRepository
from tests.hub_server.server import HubServer
from tests.support.gguf import write_scripted_gguf
from tests.support.hub_models import OTHER, TINY, file_that_says, other, tiny
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e

Q8 = "Tiny-Q8_0.gguf"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer([tiny(), other()]) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, hub: HubServer) -> Workplace:
    return Workplace(tmp_path, hub)


def said(place: Workplace, *words: str) -> str:
    """What `unsloth models ...` printed."""
    result = place.unsloth("models", *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def objects(place: Workplace, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(place, *words, "--json").splitlines()]


def refused(place: Workplace, *words: str) -> str:
    result = place.unsloth("models", *words)
    assert result.returncode == 2, (result.stdout, result.stderr)
    return result.stderr


def test_search_finds_repositories_by_part_of_their_name(place: Workplace) -> None:
    assert said(place, "search", "gguf").split() == [TINY, OTHER]
    assert objects(place, "search", "tiny") == [{"repository": TINY}]
    nothing = place.unsloth("models", "search", "no-such-thing")
    assert nothing.returncode == 1
    assert "no GGUF repository that matches 'no-such-thing'" in nothing.stderr


def test_pulled_model_is_listed_and_served_to_nobody_twice(place: Workplace, hub: HubServer) -> None:
    (pulled,) = objects(place, "pull", f"{TINY}:Q4_K_M")
    assert (pulled["id"], pulled["quantization"], len(pulled["files"])) == (TINY, "Q4_K_M", 3)
    assert objects(place, "list") == [pulled]
    assert said(place, "list").split() == [f"{TINY}:Q4_K_M", "1", "MB", "hub"]
    fetched = len(hub.requests("cdn"))
    assert f"{TINY}:Q4_K_M is here" in said(place, "pull", TINY, "--gguf-variant", "q4_k_m")
    assert len(hub.requests("cdn")) == fetched == 3


def test_projector_comes_with_its_model(tmp_path: Path) -> None:
    files = {Q8: file_that_says("I am ", "Q8_0"), "mmproj-F16.gguf": b"GGUF" * 100}
    with HubServer([HeldRepository(TINY, files)]) as hub:
        (pulled,) = objects(Workplace(tmp_path, hub), "pull", f"{TINY}:Q8_0")
        assert Path(pulled["projector"]).read_bytes() == files["mmproj-F16.gguf"]


def test_cut_pull_goes_on_where_it_was(place: Workplace, hub: HubServer) -> None:
    hub.fault("cdn", Fault(cut_after=700_000))
    hub.fault("cdn", Fault(status=404))
    first = place.unsloth("models", "pull", f"{TINY}:Q8_0")
    assert first.returncode == 1, first.stdout
    assert objects(place, "list") == []
    said(place, "pull", f"{TINY}:Q8_0")
    assert hub.requests("cdn")[-1].range_start == 700_000
    assert hub.sent[Q8] == len(tiny().files[Q8])


def test_full_disk_is_told_before_a_byte_comes(tmp_path: Path) -> None:
    class Endless(bytes):
        """A file that claims a size no disk has."""

        def __len__(self) -> int:
            return 10**18

    with HubServer([HeldRepository(TINY, {Q8: Endless(b"x")})]) as hub:
        place = Workplace(tmp_path, hub, {"UNSLOTH_STUDIO_MEMORY_BUDGET_MIB": str(10**13)})
        result = place.unsloth("models", "pull", TINY)
        assert result.returncode == 1
        assert "needs 1000000000.0 GB more on the disk" in result.stderr
        assert "free some space" in result.stderr
        assert hub.requests("cdn") == []


def blobs(place: Workplace) -> set[str]:
    return {path.name for path in place.cache.glob("*/blobs/*")}


def test_rm_frees_its_bytes_and_leaves_the_others(place: Workplace) -> None:
    (kept,) = objects(place, "pull", f"{TINY}:Q2_K")
    before = blobs(place)
    said(place, "pull", f"{TINY}:Q4_K_M")
    assert len(blobs(place)) == len(before) + 3
    assert "here more than once" in refused(place, "rm", TINY, "-y")
    assert "Removed owner/Tiny-GGUF:Q4_K_M: 1 MB are free again." in said(place, "rm", "tiny-gguf:q4_k_m", "-y")
    assert blobs(place) == before
    assert objects(place, "list") == [kept]


def test_rm_frees_what_an_older_snapshot_shares_and_only_that(tmp_path: Path) -> None:
    """A new commit of a repository usually changes a text and keeps the models."""
    old = {Q8: file_that_says("I am ", "Q8_0"), "Tiny-Q2_K.gguf": file_that_says("I am ", "old")}
    new = {**old, "Tiny-Q2_K.gguf": file_that_says("I am ", "new")}
    place = Workplace(tmp_path)
    for files in (old, new):
        with HubServer([HeldRepository(TINY, files)]) as hub:
            for label in ("Q8_0", "Q2_K"):
                said(Workplace(tmp_path, hub), "pull", f"{TINY}:{label}")
    assert len(blobs(place)) == 3
    said(place, "rm", f"{TINY}:Q8_0", "-y")
    assert len(blobs(place)) == 2
    assert [model["quantization"] for model in objects(place, "list")] == ["Q2_K"]
    assert [path for path in place.cache.rglob("*") if path.is_symlink() and not path.exists()] == []


def test_rm_takes_the_projector_with_the_last_model(tmp_path: Path) -> None:
    files = {**tiny().files, "mmproj-F16.gguf": b"GGUF" * 100}
    with HubServer([HeldRepository(TINY, files)]) as hub:
        place = Workplace(tmp_path, hub)
        said(place, "pull", f"{TINY}:Q8_0")
        said(place, "pull", f"{TINY}:Q2_K")
        said(place, "rm", f"{TINY}:Q8_0", "-y")
        assert len(blobs(place)) == 2
        said(place, "rm", TINY, "-y")
        assert blobs(place) == set()


REFUSED = {
    "rm of what is not here": (["rm", "nothing", "-y"], "nothing is not on this disk"),
    "rm of a quantization that is not here": (["rm", f"{TINY}:Q8_0", "-y"], "is not on this disk"),
    "show of what is not here": (["show", "nothing"], "nothing is not on this disk"),
    "pull of no repository": (["pull", "nothing"], "no repository of the hub"),
    "rm of the built-in model": (["rm", "tiny-demo-model", "-y"], "a file of yours"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_names_the_way(place: Workplace, hub: HubServer, name: str) -> None:
    words, expected = REFUSED[name]
    assert expected in refused(place, *words)
    assert hub.requests("cdn") == []


def test_rm_asks_first_and_leaves_files_of_the_user_alone(place: Workplace, tmp_path: Path) -> None:
    said(place, "pull", f"{TINY}:Q8_0")
    assert place.unsloth("models", "rm", TINY).returncode == 1, "nobody answered the question"
    assert len(objects(place, "list")) == 1
    (tmp_path / "mine").mkdir()
    write_scripted_gguf(tmp_path / "mine" / "own.gguf", ("Hello",))
    place.configure(f'model_folders = ["{tmp_path / "mine"}"]\n')
    assert "is a file of yours" in refused(place, "rm", "own", "-y")
    assert {model["source"] for model in objects(place, "list")} == {"hub", "folder"}


def test_show_of_a_repository_lists_what_could_be_fetched(place: Workplace, hub: HubServer) -> None:
    table = said(place, "show", TINY).splitlines()
    assert [line.split() for line in table if "Q8_0" in line] == [["Q8_0", "1", "MB", "fits"]]
    (shown,) = objects(place, "show", TINY)
    labels = {variant["quantization"]: variant["fit"] for variant in shown["variants"]}
    assert labels == dict.fromkeys(("UD-Q4_K_XL", "Q8_0", "Q2_K", "Q4_K_M"), "fits")
    said(place, "pull", f"{TINY}:Q8_0")
    assert "Q2_K" in said(place, "show", f"{TINY}:Q2_K"), "what is not here is not fetched to be shown"
    assert hub.sent["Tiny-Q2_K.gguf"] == 0


def test_show_says_which_value_holds_and_why(tmp_path: Path) -> None:
    name = "unsloth/Qwen3-1.7B-GGUF"
    with HubServer([HeldRepository(name, {"Qwen3-1.7B-Q8_0.gguf": file_that_says("Hello")})]) as hub:
        place = Workplace(tmp_path, hub)
        said(place, "pull", name)
    place.configure('[pin]\ntop_k = 7\n[models."Qwen3-1.7B-GGUF".pin]\nmin_p = 0.25\n')
    (shown,) = objects(place, "show", "qwen3-1.7b-gguf")
    thinking = {row["field"]: (row["value"], row["source"]) for row in shown["sampling"]["thinking"]}
    assert (thinking["top_k"], thinking["min_p"]) == ((7, "pin"), (0.25, "pin"))
    assert thinking["temperature"] == (0.6, "family")
    assert thinking["repeat_penalty"] == (1.0, "engine")
    reasons = {row["field"]: row["reason"] for row in shown["sampling"]["thinking"]}
    assert "Model card Qwen/" in reasons["temperature"]
    text = said(place, "show", "Qwen3-1.7B-GGUF")
    assert "Sampling, thinking:" in text
    assert "pinned by the operator" in text


def test_show_of_a_file_and_of_the_built_in_model(place: Workplace, tmp_path: Path) -> None:
    file = write_scripted_gguf(tmp_path / "own-Q8_0.gguf", ("Hello",), context_length=4096)
    (shown,) = objects(place, "show", str(file))
    assert (shown["id"], shown["quantization"], shown["native_context_length"]) == ("own-Q8_0", "Q8_0", 4096)
    assert objects(place, "show", "tiny-demo-model")[0]["id"] == "tiny-demo-model"
