"""Two real models behind the real HTTP application, with memory for one: switches, and how few of them there are."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.api.parts import client_of, services_around
from tests.support.chains import ENDLESS, PLAIN_TEXT
from tests.support.fixtures import ScriptedGguf
from tests.support.patience import until

from unsloth_studio.engine.local import demo_model
from unsloth_studio.engine.plan import EngineProgram, LaunchPlan
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.restarts import Policy
from unsloth_studio.engine.shelf import ModelEntry, PooledModel
from unsloth_studio.engine.supervisor import Supervisor
from unsloth_studio.turn.errors import TurnError, TurnFailure

pytestmark = pytest.mark.e2e

REQUESTS, CLIENTS = 200, 8
SIZE = 100
EXTRA_LOADS = 3
"""How many more loads than the order of requests demands: a client that is slow to ask again while all others want the
other model costs one."""


@dataclass
class FileShelf:
    """Implements `engine.shelf.Shelf` over GGUF files."""

    files: dict[str, Path]
    engines: dict[str, Supervisor]

    def find(self, asked: str | None, loaded: Sequence[str]) -> PooledModel:
        name = asked if asked in self.files else loaded[0] if len(loaded) == 1 else None
        if name is None:
            text = f"There is no model {asked!r} here."
            raise TurnFailure(TurnError("not_found", text, param="model", code="model_not_found"))
        return PooledModel(name, SIZE, 2, lambda: self._engine(name))

    def all(self) -> Sequence[ModelEntry]:
        return [ModelEntry(name, quantization="F32", context_length=2048) for name in self.files]

    def _engine(self, name: str) -> Supervisor:
        plan = LaunchPlan(
            EngineProgram("embedded", version="xllamacpp"),
            self.files[name],
            name,
            context_length=4096,
            slots=2,
            threads=1,
            cache_ram_mib=0,
        )

        async def make() -> LaunchPlan:
            return plan

        policy = Policy(first_backoff=0.01, health_interval=0.1)
        self.engines[name] = Supervisor(make, model_id=name, slots=2, policy=policy)
        return self.engines[name]


@dataclass
class Gateway:
    http: httpx.AsyncClient
    pool: Pool
    shelf: FileShelf
    before: frozenset[int]

    def processes(self) -> list[psutil.Process]:
        """The engines' processes; what else this test run started is left out."""
        return [child for child in psutil.Process().children() if child.pid not in self.before]

    async def chat(self, model: str | None, **fields: Any) -> httpx.Response:
        body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, **fields}
        return await self.http.post("/v1/chat/completions", json=body if model is None else {**body, "model": model})

    async def states(self) -> dict[str, str]:
        return {model["id"]: model["state"] for model in (await self.http.get("/v1/models")).json()["data"]}


@pytest.fixture
def files(scripted_gguf: ScriptedGguf, tmp_path: Path) -> dict[str, Path]:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\xff" * 64)
    return {
        "demo": demo_model(),
        "plain": scripted_gguf(PLAIN_TEXT),
        "endless": scripted_gguf(ENDLESS, endless=True),
        "broken": broken,
    }


@pytest.fixture(params=[SIZE])
async def gateway(request: pytest.FixtureRequest, files: dict[str, Path], tmp_path: Path) -> AsyncGenerator[Gateway]:
    """The application in this process, with `request.param` bytes for models."""
    shelf = FileShelf(files, {})
    pool = Pool(shelf, rules=Rules(budget_bytes=request.param))
    before = frozenset(child.pid for child in psutil.Process().children())
    async with services_around(pool, tmp_path) as services, client_of(services) as http:
        made = Gateway(http, pool, shelf, before)
        yield made
    assert made.processes() == []


def fewest_loads(orders: Sequence[Sequence[str]]) -> int:
    """Loads without which these clients, each with its own order, cannot be served when one of two models fits: the one
    with the most changes decides, and a client whose first model is loaded second waits one load."""

    def loads(order: Sequence[str], first: str) -> int:
        changes = sum(model != before for model, before in zip(order[1:], order, strict=False))
        return changes + 1 + (order[0] != first)

    return min(max(loads(order, first) for order in orders) for first in ("demo", "plain"))


@pytest.mark.timeout(180)
async def test_two_hundred_mixed_requests_of_eight_clients_with_memory_for_one_model(gateway: Gateway) -> None:
    rng = random.Random(11)
    orders = [[rng.choice(["demo", "plain"]) for _ in range(REQUESTS // CLIENTS)] for _ in range(CLIENTS)]
    peak = 0

    async def client(order: Sequence[str]) -> None:
        nonlocal peak
        for model in order:
            reply = await gateway.chat(model)
            assert reply.status_code == 200, reply.text
            assert reply.json()["model"] == model
            peak = max(peak, len(gateway.processes()))

    await asyncio.gather(*(client(order) for order in orders))
    fewest, loads = fewest_loads(orders), gateway.pool.counters.loads
    print(f"{loads} loads; the order demands {fewest}")
    assert fewest <= loads <= fewest + EXTRA_LOADS
    assert gateway.pool.counters.failures == 0
    assert peak == 1


async def test_the_list_shows_what_is_loaded_and_a_load_under_way(gateway: Gateway) -> None:
    assert set((await gateway.states()).values()) == {"available"}
    first = asyncio.create_task(gateway.chat("plain"))
    await until(lambda: bool(gateway.pool.statuses()))
    assert (await gateway.states())["plain"] == "loading"
    assert (await first).json()["choices"][0]["message"]["content"] == "".join(PLAIN_TEXT)
    await gateway.chat("demo")
    models = (await gateway.http.get("/v1/models")).json()["data"]
    assert {model["id"]: model["loaded"] for model in models} == {
        "demo": True, "plain": False, "endless": False, "broken": False
    }  # fmt: skip
    assert {model["quantization"] for model in models} == {"F32"}
    one = (await gateway.http.get("/v1/models/plain")).json()
    assert (one["id"], one["state"], one["context_length"]) == ("plain", "available", 2048)


async def test_foreign_names_mean_the_only_loaded_model(gateway: Gateway) -> None:
    nobody = await gateway.chat("gpt-4o")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "model_not_found")
    await gateway.chat("plain")
    assert (await gateway.chat("gpt-4o")).json()["model"] == "plain"
    assert (await gateway.chat(None)).json()["model"] == "plain"
    assert (await gateway.http.get("/v1/models/gpt-4o")).status_code == 404


async def test_tokens_are_counted_by_the_model_that_is_asked_for(gateway: Gateway) -> None:
    counts: list[int] = []
    for model in ("demo", "plain"):
        body = {"model": model, "messages": [{"role": "user", "content": "How many tokens are these?"}]}
        reply = await gateway.http.post("/v1/messages/count_tokens", json=body)
        counts.append(reply.json()["input_tokens"])
        assert gateway.pool.loaded == (model,)
    assert counts[0] != counts[1]


async def test_a_file_that_is_no_model_gives_its_reason_and_the_others_go_on(gateway: Gateway) -> None:
    assert (await gateway.chat("plain")).status_code == 200
    reply = await gateway.chat("broken")
    assert reply.status_code == 503
    assert reply.json()["error"]["message"].startswith("The model could not be loaded.")
    assert (await gateway.chat("plain")).status_code == 200
    assert (await gateway.states())["broken"] == "failed"
    again = await gateway.chat("broken")
    assert (again.status_code, int(again.headers["retry-after"]) > 0) == (503, True)
    assert gateway.pool.loaded == ("plain",)


@pytest.mark.parametrize("gateway", [2 * SIZE], indirect=True, ids=["memory for two"])
async def test_the_crash_of_one_model_leaves_the_other_alone(gateway: Gateway) -> None:
    await gateway.chat("plain")
    (survivor,) = gateway.processes()
    await gateway.chat("demo")
    (victim,) = (child for child in gateway.processes() if child.pid != survivor.pid)
    victim.send_signal(signal.SIGKILL)
    await until(lambda: gateway.shelf.engines["demo"].status.restarts == 1)
    assert (await gateway.chat("plain")).status_code == 200
    assert (await gateway.chat("demo")).status_code == 200
    assert survivor.is_running()
    assert gateway.pool.counters.loads == 2
    assert [gateway.shelf.engines[name].status.restarts for name in ("plain", "demo")] == [0, 1]


async def test_a_running_stream_is_not_cut_by_a_request_for_another_model(gateway: Gateway) -> None:
    long = asyncio.create_task(gateway.chat("endless", max_tokens=400, stream=True))
    await until(lambda: any(status.active for status in gateway.pool.statuses()))
    other = await gateway.chat("plain")
    assert other.status_code == 200
    assert long.done(), "the switch came before the stream had ended"
    assert long.result().text.rstrip().endswith("data: [DONE]")
    assert '"finish_reason":"length"' in long.result().text
    assert gateway.pool.counters.loads == 2


async def test_unload_frees_the_memory_and_the_next_request_loads_again(gateway: Gateway) -> None:
    await gateway.chat("plain")
    await gateway.pool.unload("plain")
    assert gateway.processes() == []
    assert (await gateway.http.get("/health")).json()["status"] == "idle"
    assert (await gateway.chat("plain")).status_code == 200
