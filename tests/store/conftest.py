"""A data folder, its store, and a clock that the test moves by hand."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.clock import Clock
from tests.support.blank_database import lay_blank_database

from unsloth_studio.store.database import Database
from unsloth_studio.store.keys import KeyStore


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(home: Path) -> Generator[Database]:
    lay_blank_database(home)
    with closing(Database.open(home, busy_timeout=10)) as database:
        yield database


@pytest.fixture
def store(database: Database, clock: Clock) -> Generator[KeyStore]:
    with closing(KeyStore(database, clock=clock)) as store:
        yield store
