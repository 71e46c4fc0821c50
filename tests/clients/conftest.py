"""One server in front of one scripted engine for the tests of a module; each test gets a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.two_tools import Loop, start_loop
from tests.support.engines import RunningEngine, fake_engine
from tests.support.server import StudioServer, studio


@pytest.fixture(scope="module")
def scripted_engine() -> Iterator[RunningEngine]:
    with fake_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def gateway(scripted_engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home"), "--upstream", scripted_engine.base_url) as server:
        yield server


@pytest.fixture
def loop(gateway: StudioServer, scripted_engine: RunningEngine, tmp_path: Path) -> Loop:
    """A run that no client has begun."""
    return start_loop(gateway, scripted_engine, tmp_path)
