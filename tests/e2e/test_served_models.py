"""One server, several models on its disk, and the flags it was given: names, room, settings, and a changed `config.toml`."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.server import StudioServer
from tests.support.shaped_models import SHAPES, write_shaped_gguf
from tests.support.workplace import Workplace, answer, cards

pytestmark = pytest.mark.e2e

CONFIG = """
model_folders = ["{folder}"]
[aliases]
"claude-*" = "beta"
default = "alpha"
"""


def workplace(folder: Path) -> Workplace:
    """Three models in a folder that `config.toml` names: each says its own name."""
    models = folder / "models"
    models.mkdir()
    for name in ("alpha", "beta", "gamma"):
        write_scripted_gguf(models / f"{name}.gguf", ("I am ", name), context_length=1024)
    place = Workplace(folder)
    place.configure(CONFIG.format(folder=models))
    return place


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return workplace(tmp_path)


def file(place: Workplace, name: str) -> str:
    return str(place.folder / "models" / f"{name}.gguf")


def eventually(client: httpx.Client, holds: Callable[[dict[str, dict[str, Any]]], bool]) -> None:
    """Until the list of models is so; the disk is looked at every three seconds."""
    end = time.monotonic() + 20
    while not holds(cards(client)):
        assert time.monotonic() < end, cards(client)
        time.sleep(0.1)


def loaded(client: httpx.Client) -> set[str]:
    return {name for name, card in cards(client).items() if card["loaded"]}


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """Room for all; started with alpha."""
    place = workplace(tmp_path_factory.mktemp("roomy"))
    with place.serve("-m", file(place, "alpha")) as server, server.client() as client:
        eventually(client, lambda there: {"alpha", "beta", "gamma"} <= set(there))
        yield server


def test_names_load_what_they_mean(place: Workplace) -> None:
    with place.serve("-m", file(place, "alpha")) as server, server.client() as client:
        eventually(client, lambda there: "gamma" in there)
        assert loaded(client) == {"alpha"}
        assert answer(client, model="gpt-4o") == ("I am alpha", "alpha"), "one is loaded: it answers under its own name"
        assert answer(client) == ("I am alpha", "alpha")
        assert answer(client, model="Claude-Haiku-5") == ("I am beta", "beta")
        assert loaded(client) == {"alpha", "beta"}
        assert answer(client, model="GAMMA") == ("I am gamma", "gamma")
        assert answer(client, model="default") == ("I am alpha", "alpha")
        unknown = client.post(
            "/v1/chat/completions", json={"model": "gama", "messages": [{"role": "user", "content": "Hi"}]}
        )
        error = unknown.json()["error"]
        assert (unknown.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
        assert "gamma" in error["message"]


ASKS = {
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
    "responses": ("/v1/responses", {"input": "Hi"}),
    "messages": ("/v1/messages", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 20}),
}


@pytest.mark.parametrize("dialect", ASKS)
def test_alias_works_in_every_dialect_and_the_reply_names_the_model(roomy: StudioServer, dialect: str) -> None:
    path, body = ASKS[dialect]
    with roomy.client() as client:
        reply = client.post(path, json={**body, "model": "claude-opus-5-5"})
        assert reply.status_code == 200, reply.text
        assert reply.json()["model"] == "beta"
        assert "I am beta" in reply.text


@pytest.mark.parametrize("dialect", ASKS)
def test_name_of_nothing_is_refused_in_the_dialects_shape(roomy: StudioServer, dialect: str) -> None:
    path, body = ASKS[dialect]
    with roomy.client() as client:
        for name in ("alpha", "beta"):
            assert answer(client, model=name)[1] == name
        reply = client.post(path, json={**body, "model": "betta"})
        assert reply.status_code == 404, reply.text
        assert ("request_id" in reply.json()) == (dialect == "messages")
        error = reply.json()["error"]
        assert "The nearest names are: beta" in error["message"]
        if dialect == "messages":
            assert error["type"] == "not_found_error"
        else:
            assert (error["code"], error["param"]) == ("model_not_found", "model")


def test_list_tells_what_each_model_is(roomy: StudioServer) -> None:
    with roomy.client() as client:
        card = client.get("/v1/models/Beta").json()
        assert (card["id"], card["quantization"], card["context_length"]) == ("beta", "F32", 1024)
        assert card["capabilities"]["tools"]["supported"] is True
        assert card["capabilities"]["image_input"]["supported"] is False
        assert client.get("/v1/models/claude-nothing-like-it").json()["id"] == "beta"
        assert client.get("/v1/models/delta").status_code == 404


def test_room_for_one_means_the_other_leaves(place: Workplace) -> None:
    place.configure(CONFIG.format(folder=place.folder / "models").replace("\n", "\nmemory_budget_mib = 80\n", 1))
    with place.serve("-m", file(place, "alpha"), "-np", "1") as server, server.client() as client:
        eventually(client, lambda there: "gamma" in there)
        for name in ("beta", "gamma", "beta", "alpha"):
            assert answer(client, model=name) == (f"I am {name}", name)
            assert loaded(client) == {name}


def test_model_that_can_never_fit_is_the_clients_to_change(place: Workplace) -> None:
    write_shaped_gguf(place.folder / "models" / "large.gguf", SHAPES[0])
    place.configure(CONFIG.format(folder=place.folder / "models").replace("\n", "\nmemory_budget_mib = 80\n", 1))
    with place.serve("-m", file(place, "alpha"), "-np", "1") as server, server.client() as client:
        eventually(client, lambda there: "large" in there)
        body = {"model": "large", "messages": [{"role": "user", "content": "Hi"}]}
        reply = client.post("/v1/chat/completions", json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "model_too_large"), reply.text


def test_clients_that_want_different_models_share_the_room_for_one(place: Workplace) -> None:
    place.configure(CONFIG.format(folder=place.folder / "models").replace("\n", "\nmemory_budget_mib = 80\n", 1))
    names = ["alpha", "beta", "gamma", "claude-sonnet-5"] * 8
    with place.serve("-m", file(place, "alpha"), "-np", "1") as server, server.client() as client:
        eventually(client, lambda there: "gamma" in there)

        def ask(name: str) -> tuple[str, str]:
            return answer(client, model=name)

        with ThreadPoolExecutor(4) as clients:
            answers = list(clients.map(ask, names))
    meant = ["beta" if name.startswith("claude") else name for name in names]
    assert answers == [(f"I am {name}", name) for name in meant]


def test_changed_configuration_holds_without_a_restart(place: Workplace) -> None:
    with place.serve("-m", file(place, "alpha")) as server, server.client() as client:
        eventually(client, lambda there: "gamma" in there)
        assert answer(client, model="claude-x")[1] == "beta"
        text = CONFIG.format(folder=place.folder / "models").replace('"claude-*" = "beta"', '"claude-*" = "gamma"')
        place.configure(f"{text}\n[models.gamma.pin]\ntop_k = 3\n")
        eventually(client, lambda there: there["gamma"]["settings"]["top_k"]["value"] == 3)
        assert answer(client, model="claude-x") == ("I am gamma", "gamma")
        write_scripted_gguf(place.folder / "models" / "late.gguf", ("I am ", "late"))
        eventually(client, lambda there: "late" in there)
        assert answer(client, model="late") == ("I am late", "late")
        place.configure("this is no toml")
        write_scripted_gguf(place.folder / "models" / "later.gguf", ("I am ", "later"))
        eventually(client, lambda there: "later" in there)
        assert answer(client, model="claude-x") == ("I am gamma", "gamma"), "a mistake leaves what was"


def test_loading_by_name_can_be_switched_off(place: Workplace) -> None:
    place.configure("load_on_request = false\n" + CONFIG.format(folder=place.folder / "models"))
    with place.serve("-m", file(place, "alpha")) as server, server.client() as client:
        eventually(client, lambda there: "beta" in there)
        assert answer(client, model="beta") == ("I am alpha", "alpha")
        assert loaded(client) == {"alpha"}


FLAGS = {
    "temperature and seed": ("--temp 0.6 --seed 42", {"temperature": 0.6, "seed": 42}),
    "the other four": (
        "--top-p 0.95 --top-k 20 --min-p 0.05 --repeat-penalty 1.1",
        {"top_p": 0.95, "top_k": 20, "min_p": 0.05, "repeat_penalty": 1.1},
    ),
    "presence": ("--presence-penalty 0.5", {"presence_penalty": 0.5}),
}


@pytest.mark.parametrize("name", FLAGS)
def test_sampling_flag_is_the_default_of_the_server(place: Workplace, name: str) -> None:
    words, expected = FLAGS[name]
    with place.serve("-m", file(place, "alpha"), *words.split()) as server, server.client() as client:
        settings = client.get("/v1/models/alpha").json()["settings"]
        assert {field: settings[field]["value"] for field in expected} == expected
        assert {settings[field]["source"] for field in expected} == {"flag"}
        assert answer(client) == ("I am alpha", "alpha")


def test_seed_flag_makes_answers_repeat_and_a_request_wins(place: Workplace) -> None:
    """The demo model at a high temperature: the same every time with the seed, another answer with the request's own."""
    words = ["--temp", "3", "--top-k", "0", "--top-p", "1", "--min-p", "0", "--seed", "42"]
    with place.serve(*words) as server, server.client() as client:
        same = {answer(client, max_tokens=24)[0] for _ in range(3)}
        others = {answer(client, max_tokens=24, seed=seed)[0] for seed in (1, 2, 3)}
        calm = {answer(client, max_tokens=24, seed=seed, temperature=0)[0] for seed in (1, 2, 3)}
    assert (len(same), len(calm)) == (1, 1)
    assert len(others - same) == 3


def test_context_and_threads_are_as_asked(place: Workplace) -> None:
    with place.serve("-m", file(place, "alpha"), "-c", "768", "--threads", "1") as server, server.client() as client:
        assert server.context_length == 768
        assert cards(client)["alpha"]["context_length"] == 768
        long = {"role": "user", "content": "word " * 800}
        reply = client.post("/v1/chat/completions", json={"messages": [long]})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")


@pytest.mark.parametrize(("switch", "thinks"), [("on", True), ("off", False)])
def test_reasoning_is_switched(tmp_path: Path, switch: str, thinks: bool) -> None:
    with Workplace(tmp_path).serve("--reasoning", switch) as server, server.client() as client:
        body = {"messages": [{"role": "user", "content": "What is 2 + 2?"}], "max_tokens": 200}
        message = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
        assert bool(message.get("reasoning_content")) is thinks, message


def test_whole_network_and_port_are_as_asked(place: Workplace) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with place.serve("-m", file(place, "alpha"), "-H", "0.0.0.0", "-p", str(port)) as server, server.client() as client:
        assert server.base_url == f"http://127.0.0.1:{port}"
        assert answer(client) == ("I am alpha", "alpha")


REFUSED = {
    "unknown": (["--temprature", "1"], "no option --temprature. Did you mean --temperature?"),
    "of the engine's address": (["--reuse-port"], "use -H and -p"),
    "of the engine's own tools": (["--agent"], "outside the sandbox"),
    "of a second model": (["--model-url", "http://x/y.gguf"], "said with --model"),
    "out of range": (["--top-p", "7"], "--top-p cannot be '7'"),
    "an adapter that is text": (["--lora", __file__], "it is no GGUF file"),
    "without a value": (["--temp"], "--temp needs a value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_flag_that_cannot_be_is_refused(place: Workplace, name: str) -> None:
    words, expected = REFUSED[name]
    result = place.unsloth("run", "-p", "0", "-m", file(place, "alpha"), *words)
    assert result.returncode == 2, result.stderr
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_value_the_engine_does_not_have_is_found_before_the_engine_is_started(place: Workplace) -> None:
    result = place.unsloth("run", "-p", "0", "-m", file(place, "alpha"), "--spec-type", "foo")
    assert result.returncode == 1, result.stderr
    assert "--spec-type cannot be 'foo': it must be one of none, draft-simple" in result.stderr
    assert result.stderr.count("engine down") == 1, "it is not tried again"
