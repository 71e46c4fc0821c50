"""Agents of others as people run them, from the command line: a job done with their own tools, and one that runs over.

The quick ones are in `make test`, all in `make clients`; both install what they need.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
from tests.clients.agents import aider, job
from tests.clients.agents.everyone import EVERYONE, QUICK, QUICKEST
from tests.clients.agents.seat import Agent, Seat, run_command
from tests.clients.two_tools import NOTE, QUESTION, RECORD
from tests.fake_engine.script import Fault, Script
from tests.support.engines import RunningEngine
from tests.support.server import StudioServer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="Node and some agents are brought as builds for Linux"),
]


def everyone(quick: Collection[Agent]) -> pytest.MarkDecorator:
    """All agents; those that are not `quick` are left to `make clients`."""
    rows = [
        pytest.param(agent, id=agent.name, marks=() if agent in quick else pytest.mark.clients) for agent in EVERYONE
    ]
    return pytest.mark.parametrize("agent", rows)


@everyone(quick=QUICK)
def test_job(agent: Agent, gateway: StudioServer, scripted_engine: RunningEngine, tmp_path: Path) -> None:
    job.do_job(agent, gateway, scripted_engine, tmp_path)


@everyone(quick=QUICKEST)
def test_overflow(agent: Agent, gateway: StudioServer, scripted_engine: RunningEngine, tmp_path: Path) -> None:
    job.run_over(agent, gateway, scripted_engine, tmp_path)


@pytest.fixture
def repository(gateway: StudioServer, tmp_path: Path) -> Seat:
    seat = job.take_seat(gateway, tmp_path)
    for command in (["git", "init", "--quiet", "."], ["git", "add", "note.txt"]):
        subprocess.run(command, cwd=seat.folder, check=True)
    return seat


@pytest.mark.clients
def test_aider_job(repository: Seat, scripted_engine: RunningEngine) -> None:
    scripted_engine.set_turns(Script(text=aider.REPLY))
    ended = run_command(aider.start(repository, QUESTION), repository)
    assert (repository.folder / "done.txt").read_text() == RECORD, ended.output
    messages = scripted_engine.state()["requests"][-1]["body"]["messages"]
    assert any(NOTE in message["content"] for message in messages)


@pytest.mark.clients
def test_aider_overflow(repository: Seat, scripted_engine: RunningEngine) -> None:
    scripted_engine.set_turns(Script(fault=Fault("overflow")))
    ended = run_command(aider.start(repository, QUESTION), repository)
    assert aider.OVERFLOW_WORDS in ended.output
