"""Every way to name a model, through the real command, against a hub on 127.0.0.1: the answer says which file was loaded."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.hub_server.contents import Fault, HeldRepository
from tests.hub_server.server import HubServer
from tests.support.gguf import write_scripted_gguf, write_split_gguf
from tests.support.hub_models import OTHER, TINY, file_that_says, other, tiny
from tests.support.server import end
from tests.support.shaped_models import SHAPES, write_shaped_gguf
from tests.support.workplace import Workplace, answer, cards

pytestmark = pytest.mark.e2e

Q8 = "Tiny-Q8_0.gguf"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer([tiny(), other()]) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, hub: HubServer) -> Workplace:
    return Workplace(tmp_path, hub)


def served(place: Workplace, *options: str, **variables: str) -> tuple[str, str, str]:
    """What a server with `options` answers, the id of its model, and its quantization."""
    with place.serve("-c", "512", *options, **variables) as server, server.client() as client:
        text, name = answer(client)
        return text, name, cards(client)[name]["quantization"]


def problem(result: CompletedProcess[str], status: int) -> str:
    """What a command that failed said; it must have ended with `status` and without a traceback."""
    assert result.returncode == status, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    return re.sub(r"\s+", " ", result.stderr)


HUB_NAMES = {
    "repository and quantization in one": (["--model", f"{TINY}:Q8_0"], "Q8_0"),
    "two flags": (["--model", TINY, "--gguf-variant", "Q8_0"], "Q8_0"),
    "the same said twice": (["--model", f"{TINY}:Q8_0", "--gguf-variant", "q8_0"], "Q8_0"),
    "-hf": (["-hf", f"{TINY}:Q2_K"], "Q2_K"),
    "--hf-repo": (["--hf-repo", f"{TINY}:Q2_K"], "Q2_K"),
    "--hf-repo=": ([f"--hf-repo={TINY}:Q2_K"], "Q2_K"),
    "-hfr": (["-hfr", f"{TINY}:Q2_K"], "Q2_K"),
    "-m": (["-m", f"{TINY}:Q2_K"], "Q2_K"),
    "-m=": ([f"-m={TINY}:Q2_K"], "Q2_K"),
    "a split one": (["--model", f"{TINY}:Q4_K_M"], "Q4_K_M"),
    "in another case": (["--model", f"{TINY.upper()}:q4_k_m"], "Q4_K_M"),
    "the page's address": (["--model", f"https://huggingface.co/{TINY}:Q8_0"], "Q8_0"),
    "without UD-": (["--model", f"{TINY}:Q4_K_XL"], "UD-Q4_K_XL"),
    "none named": (["--model", TINY], "UD-Q4_K_XL"),
}


@pytest.mark.parametrize("name", HUB_NAMES)
def test_name_of_the_hub_loads_the_right_file(place: Workplace, hub: HubServer, name: str) -> None:
    words, label = HUB_NAMES[name]
    assert served(place, *words) == (f"I am {label}", "Tiny-GGUF", label)
    fetched = {path for path in hub.sent if path.endswith(".gguf")}
    assert fetched == {path for path in tiny().files if path.startswith(f"Tiny-{label}")}


def test_second_start_asks_the_hub_for_nothing(place: Workplace, hub: HubServer) -> None:
    assert served(place, "-hf", f"{TINY}:Q8_0")[0] == "I am Q8_0"
    asked = len(hub.seen)
    assert served(place, "-hf", f"{TINY}:Q8_0", HF_HUB_OFFLINE="1") == ("I am Q8_0", "Tiny-GGUF", "Q8_0")
    assert served(place, "--model", TINY)[0] == "I am Q8_0", "what is here goes before what would be better"
    assert served(place, "--model", "tiny-gguf:Q8_0")[0] == "I am Q8_0", "its last part is name enough"
    assert len(hub.seen) == asked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file, a folder with two, and a split model."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "two").mkdir()
    write_scripted_gguf(folder / "alone.gguf", ("I am ", "alone"))
    write_scripted_gguf(folder / "two" / "m-Q4_K_M.gguf", ("I am ", "Q4_K_M"))
    write_scripted_gguf(folder / "two" / "m-Q8_0.gguf", ("I am ", "Q8_0"))
    (folder / "split").mkdir()
    write_split_gguf(folder / "split" / "parts-Q6_K.gguf", ("I am ", "in parts"))
    return folder


PATHS = {
    "a file": (["--model", "{}/alone.gguf"], ("I am alone", "alone", "F32")),
    "a file with -m": (["-m", "{}/alone.gguf"], ("I am alone", "alone", "F32")),
    "a folder": (["--model", "{}/two"], ("I am Q4_K_M", "m-Q4_K_M", "Q4_K_M")),
    "a folder and a quantization": (["--model", "{}/two", "--gguf-variant", "Q8_0"], ("I am Q8_0", "m-Q8_0", "Q8_0")),
    "the first shard": (["-m", "{}/split/parts-Q6_K-00001-of-00003.gguf"], ("I am in parts", "parts-Q6_K", "Q6_K")),
    "the last shard": (["-m", "{}/split/parts-Q6_K-00003-of-00003.gguf"], ("I am in parts", "parts-Q6_K", "Q6_K")),
    "an alias of a path": (["--model", "mine"], ("I am alone", "alone", "F32")),
    "an alias of a repository": (["--model", "theirs"], ("I am the other", "Other-Model-GGUF", "Q8_0")),
}


@pytest.mark.parametrize("name", PATHS)
def test_path_or_alias_loads_the_right_file(place: Workplace, folder: Path, name: str) -> None:
    words, expected = PATHS[name]
    place.configure(f'[aliases]\nmine = "{folder}/alone.gguf"\ntheirs = "{OTHER}"\n')
    assert served(place, *(word.format(folder) for word in words)) == expected


REFUSED = {
    "quantizations that disagree": ([f"{TINY}:Q8_0", "--gguf-variant", "Q2_K"], 1, ["Q8_0", "Q2_K", "Name one"]),
    "no such file": (["/nowhere/at-all.gguf"], 2, ["no file /nowhere/at-all.gguf"]),
    "a relative file that is not there": (["at-all.gguf"], 2, ["no file at-all.gguf"]),
    "no name": ([""], 2, ["No model was named"]),
    "no such repository": (["owner/Tiny-GUF"], 1, ["no repository owner/Tiny-GUF", f"closest names there are: {TINY}"]),
    "a slip in the name of what is on the disk": (
        ["owner/Heree-GGUF"],
        1,
        ["no repository owner/Heree-GGUF", "On this disk there is: owner/Here-GGUF."],
    ),
    "no such name here": (["tinny"], 2, ["no model 'tinny'", "ORGANISATION/REPOSITORY"]),
    "no such quantization": (
        [f"{TINY}:Q5_K_S"],
        2,
        ["has no quantization Q5_K_S", "Q2_K 1 MB fits", "Q4_K_M 1 MB fits", "UD-Q4_K_XL 1 MB fits"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_name_that_leads_nowhere_says_what_would_work(place: Workplace, name: str) -> None:
    words, status, said = REFUSED[name]
    here = place.folder / "models" / "owner" / "Here-GGUF" / "Here-Q8_0.gguf"
    here.parent.mkdir(parents=True)
    write_scripted_gguf(here, ("Hi",))
    place.configure(f'model_folders = ["{place.folder / "models"}"]\n')
    text = problem(place.unsloth("run", "-p", "0", "--model", *words), status)
    assert [part for part in said if part not in text] == [], text


def test_list_of_quantizations_says_which_fit(tmp_path: Path) -> None:
    sizes = {"Q2_K": 1_000_000, "Q4_K_M": 8_000_000, "Q8_0": 60_000_000}
    held = HeldRepository("owner/Sizes-GGUF", {f"Sizes-{label}.gguf": bytes(size) for label, size in sizes.items()})
    with HubServer([held]) as hub:
        place = Workplace(tmp_path, hub, {"UNSLOTH_STUDIO_MEMORY_BUDGET_MIB": "344"})
        text = problem(place.unsloth("run", "-p", "0", "-hf", "owner/Sizes-GGUF:Q6_K"), 2)
        assert "Q2_K 1 MB fits Q4_K_M 8 MB tight Q8_0 60 MB too big" in text
        assert [path for path in hub.sent if path.endswith(".gguf")] == []


@pytest.mark.parametrize("words", [["--dry-run"], ["-p", "0"]], ids=["planned", "started"])
def test_model_that_is_too_large_comes_with_one_that_fits(tmp_path: Path, words: list[str]) -> None:
    large = write_shaped_gguf(tmp_path / "large.gguf", SHAPES[2]).read_bytes()
    held = HeldRepository("owner/Sizes-GGUF", {"Sizes-Q8_0.gguf": large, "Sizes-Q2_K.gguf": bytes(1_000_000)})
    with HubServer([held]) as hub:
        name = "owner/Sizes-GGUF:Q8_0"
        Workplace(tmp_path, hub).unsloth("models", "pull", name)
        place = Workplace(tmp_path, hub, {"UNSLOTH_STUDIO_MEMORY_BUDGET_MIB": "150"})
        text = problem(place.unsloth("run", "--model", name, *words), 1)
    assert re.search(r"needs [\d.]+ MB, [\d.]+ MB available\. Try Q2_K, 1\.?0? MB", text), text


def test_cut_download_goes_on_in_the_next_run(place: Workplace, hub: HubServer) -> None:
    size = len(tiny().files[Q8])
    hub.fault("cdn", Fault(cut_after=500_000))
    hub.fault("cdn", Fault(status=404))
    problem(place.unsloth("run", "-p", "0", "-hf", f"{TINY}:Q8_0"), 1)
    assert cards_on_disk(place) == "", "half a file is no model"
    assert served(place, "-hf", f"{TINY}:Q8_0")[0] == "I am Q8_0"
    assert [seen.range_start for seen in hub.requests("cdn")] == [0, 500_000, 500_000]
    assert hub.sent[Q8] <= size * 1.01


def cards_on_disk(place: Workplace) -> str:
    return place.unsloth("models", "list").stdout


def test_ctrl_c_keeps_what_came(place: Workplace, hub: HubServer) -> None:
    hub.fault("cdn", Fault(hold_after=600_000))
    process = place.start("-hf", f"{TINY}:Q8_0")
    try:
        assert hub.holding.wait(30)
        wait_for_bytes(place, 600_000)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    finally:
        end(process)
        hub.released.set()
    pulled = place.unsloth("models", "pull", f"{TINY}:Q8_0")
    assert pulled.returncode == 0, pulled.stderr
    assert hub.requests("cdn")[-1].range_start == 600_000


def wait_for_bytes(place: Workplace, size: int) -> None:
    """Until the half file on the disk has `size` bytes."""
    for _ in range(500):
        if any(part.stat().st_size >= size for part in place.cache.glob("*/blobs/*.incomplete")):
            return
        time.sleep(0.02)
    raise AssertionError(f"no half file of {size} bytes came")


GATES = {
    "gated, no token": (True, "", ["is gated", "accept the licence", "HF_TOKEN"]),
    "gated, not accepted": (True, "hf_stranger", ["is gated", "no access yet"]),
    "private, no token": (False, "", ["no repository owner/Closed-GGUF", "HF_TOKEN"]),
    "private, a wrong token": (False, "hf_stranger", ["no repository owner/Closed-GGUF"]),
}


@pytest.mark.parametrize("name", GATES)
def test_closed_repository_says_how_it_opens(tmp_path: Path, name: str) -> None:
    gated, token, said = GATES[name]
    files = {"Closed-Q8_0.gguf": file_that_says("I am ", "closed")}
    held = HeldRepository("owner/Closed-GGUF", files, gated=gated, private=not gated, token="hf_right")
    with HubServer([held]) as hub:
        place = Workplace(tmp_path, hub)
        text = problem(place.unsloth("run", "-p", "0", "-hf", held.name, HF_TOKEN=token), 1)
        assert [part for part in said if part not in text] == [], text
        assert "hf_stranger" not in text
        assert served(place, "-hf", held.name, HF_TOKEN="hf_right")[0] == "I am closed"


TROUBLE = {
    "429 that lasts": (
        Fault(status=429, headers={"Retry-After": "3600"}),
        1,
        ["limits requests (429)", "try again in 3600 s", "HF_TOKEN"],
    ),
    "a file that went away": (
        Fault(status=404, headers={"X-Error-Code": "EntryNotFound"}),
        1,
        ["no longer at", "try again"],
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_of_the_hub_is_a_sentence(place: Workplace, hub: HubServer, name: str) -> None:
    fault, status, said = TROUBLE[name]
    hub.fault("resolve", fault, times=20)
    text = problem(place.unsloth("run", "-p", "0", "-hf", f"{TINY}:Q8_0"), status)
    assert [part for part in said if part not in text] == [], text


def test_no_hub_at_all_is_a_sentence(tmp_path: Path) -> None:
    text = problem(Workplace(tmp_path).unsloth("models", "pull", f"{TINY}:Q8_0", HF_HUB_OFFLINE="1"), 1)
    assert "HF_HUB_OFFLINE is set" in text


def test_hub_that_is_busy_for_a_moment_is_waited_for(place: Workplace, hub: HubServer) -> None:
    hub.fault("cdn", Fault(status=429, headers={"Retry-After": "0"}))
    hub.fault("cdn", Fault(status=503, headers={"Retry-After": "0"}))
    assert served(place, "-hf", f"{TINY}:Q8_0")[0] == "I am Q8_0"
