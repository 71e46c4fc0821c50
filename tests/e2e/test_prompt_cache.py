"""Sessions of coding agents through the real engine: what could be reused of their prompts is, as the engine counts."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from tests.api.parts import client_of, services_around
from tests.support.agent_sessions import CLIENTS, VOLATILE, Session
from tests.support.busters import BUSTERS
from tests.support.engines import RunningEngine, embedded_engine
from tests.support.server import StudioServer, studio

from unsloth_studio.cli.doctor import doctor
from unsloth_studio.cli.main import cli
from unsloth_studio.engine.local import demo_model
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream

pytestmark = pytest.mark.e2e

TURNS = 3
LEAST_REUSED = 0.98


@pytest.fixture(scope="module")
def engine() -> Iterator[RunningEngine]:
    with embedded_engine(demo_model(), context_length=4096) as running:
        yield running


@pytest.fixture
async def http(engine: RunningEngine, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    shelf = SingleShelf(Upstream(engine.base_url, slots=1), slots=1)
    async with (
        services_around(Pool(shelf, default=shelf.model.id), tmp_path) as services,
        client_of(services) as client,
    ):
        await client.put("/api/requests/keep_bodies", json={"on": True})
        yield client


def tokens_of(engine: RunningEngine, detail: dict[str, Any]) -> list[int]:
    """The prompt as the engine reads it."""
    asked = {"messages": detail["messages"], "tools": detail["tool_definitions"]}
    prompt = httpx.post(f"{engine.base_url}/apply-template", json=asked, timeout=30).json()["prompt"]
    asked = {"content": prompt, "add_special": True, "parse_special": True}
    return httpx.post(f"{engine.base_url}/tokenize", json=asked, timeout=30).json()["tokens"]


def shared(one: list[int], other: list[int]) -> int:
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )


def changed_by(client: str, part: str) -> bool:
    """Whether a session of that client has that part at all."""
    return any(
        Session(client, volatile=frozenset([part])).body(turn) != Session(client).body(turn) for turn in range(TURNS)
    )


RESTLESS = [
    pytest.param(client, frozenset(parts), id=f"{client}, {name}")
    for client in CLIENTS
    for name, parts in {"as it is": (), "all": VOLATILE, **{part: (part,) for part in VOLATILE}}.items()
    if len(parts) != 1 or changed_by(client, parts[0])
]
"""Sessions with nothing of what changes without meaning, with all of it, and with each alone."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`tokens` are the prompt's; `record` is what the server says of the request."""

    tokens: list[int]
    record: dict[str, Any]


async def sent(session: Session, body: dict[str, Any], http: httpx.AsyncClient, engine: RunningEngine) -> Turn:
    reply = await http.post(session.path, json=body, headers=session.headers)
    assert reply.status_code == 200, reply.text
    record = (await http.get("/api/requests", params={"limit": 1})).json()["requests"][0]
    detail = (await http.get(f"/api/requests/{record['id']}")).json()
    tokens = tokens_of(engine, detail)
    assert record["input_tokens"] == len(tokens)
    return Turn(tokens, record)


@pytest.mark.parametrize(("client", "volatile"), RESTLESS)
async def test_what_can_be_reused_is(
    client: str, volatile: frozenset[str], http: httpx.AsyncClient, engine: RunningEngine
) -> None:
    seed = 3 * next(at for at, row in enumerate(RESTLESS) if row.values == (client, volatile))
    session = Session(client, seed=seed + 1, words=30, volatile=volatile)
    first = TURNS - 2 if len(volatile) == 1 else 0
    before = await sent(session, session.body(first), http, engine)
    for turn in range(first + 1, TURNS):
        now = await sent(session, session.body(turn), http, engine)
        possible = shared(before.tokens, now.tokens)
        assert possible > 0.7 * len(before.tokens), "the session only grows"
        assert now.record["cached_tokens"] >= LEAST_REUSED * possible
        cache = now.record["cache"]
        assert (cache["turn"], cache["difference"]) == (turn - first + 1, "")
        assert abs(cache["possible"] - possible / len(now.tokens)) < 0.1
        before = now


@pytest.mark.parametrize("name", BUSTERS)
async def test_what_is_in_the_way_is_named_and_all_before_it_reused(
    name: str, http: httpx.AsyncClient, engine: RunningEngine
) -> None:
    """What nobody can put right for the client."""
    session = Session("Claude Code", seed=200, words=30)
    before = await sent(session, BUSTERS[name].body(session, 2), http, engine)
    now = await sent(session, BUSTERS[name].body(session, 3), http, engine)
    assert now.record["cache"]["difference"] == BUSTERS[name].told
    possible = shared(before.tokens, now.tokens)
    assert possible < len(before.tokens) - 5, "the engine has to read again what it had read"
    assert now.record["cached_tokens"] >= LEAST_REUSED * possible - 1


@pytest.fixture(scope="module")
def two_slots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home"), "-np", "2", "-c", "4096") as server:
        yield server


def ask(client: httpx.Client, session: Session, turn: int) -> tuple[int, int]:
    """Tokens of the prompt, and those of them that were reused."""
    reply = client.post(session.path, json=session.body(turn), headers=session.headers)
    assert reply.status_code == 200, reply.text
    usage = reply.json()["usage"]
    return usage["input_tokens"] + usage["cache_read_input_tokens"], usage["cache_read_input_tokens"]


def test_the_parent_stays_hot_while_sub_agents_come_and_go(two_slots: StudioServer) -> None:
    """Four sub-agents with the parent's own tools and instructions, all at once, between the parent's turns."""
    parent = Session("Claude Code", seed=50, words=150)
    agents = [Session("Claude Code", seed=50, words=150, agent=f"agent-{at}") for at in range(4)]
    with two_slots.client() as client, ThreadPoolExecutor(4) as pool:
        before, _ = ask(client, parent, 0)
        for turn in range(1, 3):
            read = list(pool.map(ask, repeat(client), agents, repeat(turn - 1)))
            assert turn == 1 or all(cached > 0.9 * prompt - 150 for prompt, cached in read), "they find what they left"
            prompt, cached = ask(client, parent, turn)
            assert cached >= 0.95 * before
            before = prompt


def test_the_doctor_names_what_was_in_the_way(two_slots: StudioServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(two_slots.home))
    session = Session("OpenCode", seed=70, words=40)
    with two_slots.client() as client:
        for turn, day in enumerate(("2026-11-30", "2026-11-30", "2026-12-01")):
            body = json.loads(json.dumps(session.body(turn)).replace("2026-11-30", day))
            assert client.post(session.path, json=body, headers=session.headers).status_code == 200
    report = json.loads(CliRunner().invoke(doctor, ["--cache", "--json"]).output)
    (told,) = [one for one in report["conversations"] if one["session"] == "session-70"]
    assert (told["turns"], told["last_difference"]) == (3, "system block 1: date line")
    assert told["lost_tokens"] > 200
    table = CliRunner().invoke(doctor, ["--cache"]).output
    assert re.search(r"session-70 +3 .* system block 1: date line \(1\)$", table, re.MULTILINE), table


def test_the_doctor_needs_a_running_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path))
    result = CliRunner().invoke(cli, ["doctor", "--cache"])
    assert result.exit_code != 0
    assert "No server runs on the data folder" in str(result.exception)
