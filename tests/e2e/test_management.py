"""The management API of a real server: models loaded with settings, planned, pinned, fetched, removed; requests watched."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hub_server.contents import Fault
from tests.hub_server.server import HubServer
from tests.support.hub_models import OTHER, TINY, other, tiny
from tests.support.server import StudioServer
from tests.support.workplace import Workplace

from unsloth_studio.sse import SseDecoder

pytestmark = pytest.mark.e2e

Json = dict[str, Any]


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer([tiny(), other()]) as running:
        yield running


@pytest.fixture(scope="module")
def place(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("place"), hub)


@pytest.fixture(scope="module")
def server(place: Workplace) -> Iterator[StudioServer]:
    with place.serve("-c", "512", "-np", "1") as running:
        yield running


@pytest.fixture(scope="module")
def http(server: StudioServer, place: Workplace) -> Iterator[httpx.Client]:
    key = place.unsloth("keys", "create", "boss", "--scope", "admin", "--scope", "inference").stdout.strip()
    with httpx.Client(base_url=server.base_url, headers={"x-api-key": key}, timeout=60) as client:
        yield client


def until(look: Callable[[], Json], holds: Callable[[Json], bool], *, timeout: float = 20) -> Json:
    """What `look` gives once it `holds`. Raises `AssertionError` with the last one otherwise."""
    deadline = time.monotonic() + timeout
    while not holds(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def events(http: httpx.Client, path: str) -> Generator[tuple[str, Json]]:
    """Events of a stream until the caller has had enough."""
    decoder = SseDecoder()
    with http.stream("GET", path) as reply:
        assert reply.status_code == 200
        for data in reply.iter_bytes():
            yield from ((frame.event.decode(), json.loads(frame.data)) for frame in decoder.feed(data))


def model(http: httpx.Client, name: str) -> Json:
    listed = http.get("/api/models").json()["models"]
    return next((one for one in listed if one["id"] == name), {"state": "not here"})


def post(http: httpx.Client, path: str, status: int = 200, **body: Any) -> Json:
    reply = http.post(path, json=body)
    assert reply.status_code == status, reply.text
    return reply.json()


def test_a_model_is_planned_and_loaded_with_settings_and_as_it_was_when_they_do_not_work(http: httpx.Client) -> None:
    name = "tiny-demo-model"
    at_first = model(http, name)
    assert (at_first["state"], at_first["context_length"], at_first["pinned"]) == ("ready", 512, False)
    assert at_first["capabilities"]["tools"]
    plan = post(http, "/api/models/plan", model=name, context_length=1024, cache_type="q8_0")
    values = {row["name"]: (row["value"], row["reason"]) for row in plan["rows"]}
    assert values["context"] == ("1024 tokens per slot", "as asked")
    assert values["KV cache type"][0] == "q8_0"
    assert values["slots"] == ("1", "as asked"), "what the command line said still holds"
    assert plan["memory_bytes"] > 0
    assert model(http, name)["context_length"] == 512, "a plan starts nothing"

    assert post(http, "/api/models/load", model=name, context_length=1024)["context_length"] == 1024
    again = post(http, "/api/models/load", model=name, context_length=1024)
    assert again == {"id": name, "state": "ready", "context_length": 1024}
    refused = post(http, "/api/models/load", 400, model=name, flags=["--host", "0.0.0.0"])
    assert "--host" in refused["error"]["message"]
    assert model(http, name)["context_length"] == 1024
    failed = http.post("/api/models/load", json={"model": name, "cache_type": "nonsense"})
    assert failed.status_code == 400, failed.text
    assert post(http, "/api/models/load", model=name)["context_length"] == 1024


def test_a_pin_and_memory_are_shown_to_who_watches(http: httpx.Client) -> None:
    stream = events(http, "/api/models/events")
    name, first = next(stream)
    assert name == "models"
    assert first["memory"]["budget_bytes"] < first["memory"]["total_bytes"]
    assert first["default"] == "tiny-demo-model"
    assert post(http, "/api/models/pin", model="tiny-demo-model", pinned=True) == {
        "model": "tiny-demo-model",
        "pinned": True,
    }
    assert next(stream)[1]["models"][0]["pinned"]
    post(http, "/api/models/pin", model="tiny-demo-model", pinned=False)
    stream.close()


def test_the_hub_is_searched_and_a_repository_shows_what_fits(http: httpx.Client) -> None:
    found = http.get("/api/hub/search", params={"q": "tiny"}).json()["models"]
    assert found == [
        {"repository": TINY, "downloads": 1234, "likes": 5, "updated_at": 1751371200.0, "gated": False},
    ]
    variants = http.get(f"/api/hub/{TINY}").json()["variants"]
    assert {one["quantization"] for one in variants} == {"UD-Q4_K_XL", "Q8_0", "Q2_K", "Q4_K_M"}
    assert [one["quantization"] for one in variants if one["recommended"]] == ["UD-Q4_K_XL"]
    assert {(one["fit"], one["on_disk"]) for one in variants} == {("fits", False)}
    missing = http.get("/api/hub/owner/nope")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")


def test_a_download_is_paused_resumed_and_its_model_is_served_and_removed(http: httpx.Client, hub: HubServer) -> None:
    hub.fault("cdn", Fault(bytes_per_second=400_000))
    stream = events(http, "/api/downloads/events")
    started = post(http, "/api/downloads", 201, model=f"{TINY}:Q8_0")
    assert post(http, "/api/downloads", 201, model=f"{TINY}:Q8_0")["id"] == started["id"]
    moving = until(
        lambda: next(stream)[1], lambda now: bool(now["downloads"]) and now["downloads"][0]["bytes_done"] > 100_000
    )
    stream.close()
    assert moving["downloads"][0]["state"] == "running"
    one = f"/api/downloads/{started['id']}"
    paused = post(http, f"{one}/pause")
    assert (paused["state"], paused["bytes_per_second"]) == ("paused", None)
    before = len(hub.requests("cdn"))
    resumed = post(http, f"{one}/resume")
    assert (resumed["state"], resumed["model"]) == ("running", f"{TINY}:Q8_0")
    done = until(lambda: http.get("/api/downloads").json()["downloads"][0], lambda now: now["state"] != "running")
    assert (done["state"], done["bytes_done"]) == ("done", done["bytes_total"])
    assert hub.requests("cdn")[before].range_start, "it goes on where it stopped"
    until(lambda: model(http, "Tiny-GGUF"), lambda now: now["state"] == "unloaded", timeout=3)
    assert http.delete(one).status_code == 204

    assert post(http, "/api/models/load", model=TINY)["id"] == "Tiny-GGUF"
    refused = http.delete("/api/models/Tiny-GGUF")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "model_loaded")
    post(http, "/api/models/unload", model="Tiny-GGUF")
    removed = http.delete("/api/models/Tiny-GGUF")
    assert removed.json()["freed_bytes"] > 500_000
    assert model(http, "Tiny-GGUF") == {"state": "not here"}
    post(http, "/api/models/unload", model="tiny-demo-model")
    assert "started with" in http.delete("/api/models/tiny-demo-model").json()["error"]["message"]


def test_a_download_that_is_cancelled_leaves_nothing_and_one_that_fails_says_why(
    http: httpx.Client, hub: HubServer, place: Workplace
) -> None:
    hub.fault("cdn", Fault(bytes_per_second=200_000))
    started = post(http, "/api/downloads", 201, model=OTHER)
    look = f"/api/downloads/{started['id']}"
    until(lambda: http.get("/api/downloads").json()["downloads"][0], lambda now: now["bytes_done"] > 0)
    assert http.delete(look).status_code == 204
    assert http.get("/api/downloads").json() == {"downloads": []}
    assert list(place.cache.glob("models--someone*/blobs/*")) == []
    assert http.post(f"{look}/resume").status_code == 404

    gone = post(http, "/api/downloads", 201, model="owner/nope")
    failed = until(lambda: http.get("/api/downloads").json()["downloads"][0], lambda now: now["state"] != "running")
    assert (failed["id"], failed["state"]) == (gone["id"], "failed")
    assert "There is no repository owner/nope" in failed["error"]
    assert "ORGANISATION/REPOSITORY" in post(http, "/api/downloads", 400, model="plainname")["error"]["message"]


def test_settings_say_where_they_come_from(http: httpx.Client, server: StudioServer) -> None:
    told = http.get("/api/settings").json()
    rows = {row["name"]: (row["value"], row["source"]) for row in told["settings"]}
    assert rows["context_length"] == (512, "flag")
    assert rows["home"] == (str(server.home), "environment")
    assert told["engine"]["kind"] in ("embedded", "llama-server")
    assert told["tools"]["sandbox"]["ok"] == (told["tools"]["sandbox"]["problem"] is None)


def test_requests_are_watched_as_they_come(http: httpx.Client, server: StudioServer) -> None:
    stream = events(http, "/api/requests/events")
    assert next(stream)[0] == "sample"
    with server.client() as client:
        client.post("/v1/messages", json={"messages": [{"role": "user", "content": "Hello"}], "stream": True})
    seen: list[Json] = []
    for name, value in stream:
        if name == "request":
            seen.append(value)
        if seen and seen[-1]["status"] == "done":
            break
    stream.close()
    assert seen[-1]["model"] == "tiny-demo-model"
    assert seen[-1]["output_tokens"] > 0
    assert httpx.get(f"{server.base_url}/api/requests", headers=server.headers).status_code == 403


def test_a_watched_server_stops_at_once(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    with place.serve() as running:
        key = place.unsloth("keys", "create", "boss", "--scope", "admin").stdout.strip()
        with httpx.Client(base_url=running.base_url, headers={"x-api-key": key}, timeout=30) as http:
            stream = events(http, "/api/requests/events")
            next(stream)
            running.process.terminate()
            began = time.monotonic()
            assert [name for name, _ in stream][-1] == "error"
        assert running.process.wait(10) == 0
        assert time.monotonic() - began < 5
