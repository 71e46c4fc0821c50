"""`GET /api/clients`: the set-up of clients with what this server knows of itself."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.api.parts import client_of, services_around
from tests.support.engines import RunningEngine

from unsloth_studio.api.settings_shapes import EngineFacts, KnownSettings, SettingRow
from unsloth_studio.clients.by_hand import script
from unsloth_studio.clients.catalog import CLIENTS, find
from unsloth_studio.clients.facts import ServerFacts, Tiers
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream


async def known() -> KnownSettings:
    row = SettingRow("tiers", {"haiku": "small-model"}, "file", "")
    return KnownSettings(settings=[row], home="", config_file="", engine=EngineFacts("none"), model_folders=[])


async def test_texts_are_those_of_print_with_this_servers_facts(engine_process: RunningEngine, tmp_path: Path) -> None:
    shelf = SingleShelf(Upstream(engine_process.base_url, slots=1), slots=1)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        async with client_of(replace(made, settings=known)) as http:
            report = (await http.get("/api/clients")).json()
            (model,) = (await http.get("/api/models")).json()["models"]
            refused = await http.get("/api/clients", params={"model": "nobody"})
        told = {one["id"]: one for one in report["clients"]}
        assert {client.id for client in CLIENTS} <= set(told)
        assert report["model"] == model["id"]
        tiers = Tiers(model["id"], model["id"], "small-model")
        facts = ServerFacts(made.base_url, report["key"], model["id"], model["context_length"], tiers)
        for name in ("claude", "codex"):
            client = find(name)
            assert client is not None
            (step,) = told[name]["powershell"]
            assert step["text"] == script(client, facts, "powershell").rstrip("\n")
            assert told[name]["command"] == f"unsloth start {name}"
        assert "ANTHROPIC_DEFAULT_HAIKU_MODEL=small-model" in told["claude"]["unix"][0]["text"]
        assert told["curl"]["command"] is None
        assert refused.status_code == 404
        assert "GET /api/models" in refused.json()["error"]["message"]


async def test_another_model_than_the_default_one_is_named_in_the_command(
    engine_process: RunningEngine, tmp_path: Path
) -> None:
    shelf = SingleShelf(Upstream(engine_process.base_url, slots=1), slots=1)
    async with services_around(Pool(shelf), tmp_path) as made, client_of(made) as http:
        report = (await http.get("/api/clients")).json()
    assert report["clients"][0]["command"] == f"unsloth start claude --model {shelf.model.id}"
