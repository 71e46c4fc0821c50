"""A model that is put away and loaded again goes on where it was: the real engine's own counts of cached tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
from tests.support.agent_sessions import Session
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def http(place: Workplace) -> Iterator[httpx.Client]:
    with place.serve("-np", "2", "-c", "2048") as server:
        key = place.unsloth("keys", "create", "boss", "--scope", "admin", "--scope", "inference").stdout.strip()
        with httpx.Client(base_url=server.base_url, headers={"x-api-key": key}, timeout=60) as client:
            yield client
    assert not list((place.home / "slots").iterdir())


def ask(http: httpx.Client, session: Session, turn: int) -> tuple[int, int]:
    """Tokens of the prompt, and those that were not read again."""
    reply = http.post(session.path, json=session.body(turn), headers=session.headers)
    assert reply.status_code == 200, reply.text
    usage = reply.json()["usage"]
    return usage["input_tokens"] + usage["cache_read_input_tokens"], usage["cache_read_input_tokens"]


def swap_out(http: httpx.Client) -> None:
    (model,) = [one for one in http.get("/api/models").json()["models"] if one["state"] == "ready"]
    assert http.post("/api/models/unload", json={"model": model["id"]}).status_code < 300
    while any(one["state"] == "stopping" for one in http.get("/api/models").json()["models"]):
        time.sleep(0.02)


def test_conversations_survive_that_their_model_is_put_away(http: httpx.Client, place: Workplace) -> None:
    sessions = [Session("Claude Code", seed=80 + at, words=300) for at in range(2)]
    before = [ask(http, session, 0)[0] for session in sessions]
    swap_out(http)
    kept = list((place.home / "slots").glob("*/*"))
    assert len(kept) == 2
    for session, prompt in zip(sessions, before, strict=True):
        assert ask(http, session, 1)[1] >= 0.95 * prompt
    assert not list((place.home / "slots").glob("*/*"))
