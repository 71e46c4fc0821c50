"""Fixtures for the whole suite; `tests/conftest.py` imports them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from tests.support.engines import RunningEngine, fake_engine
from tests.support.gguf import write_endless_gguf, write_scripted_gguf


class ScriptedGguf(Protocol):
    def __call__(self, chain: Sequence[str], *, endless: bool = False, context_length: int = 8192) -> Path:
        """The file of a model that writes `chain` (see `tests.support.gguf`); the same arguments give the same file."""
        ...


@pytest.fixture(scope="session")
def scripted_gguf(tmp_path_factory: pytest.TempPathFactory) -> ScriptedGguf:
    """Writes scripted models, each once per session."""
    folder = tmp_path_factory.mktemp("scripted")

    def write(chain: Sequence[str], *, endless: bool = False, context_length: int = 8192) -> Path:
        key = repr((tuple(chain), endless, context_length)).encode()
        path = folder / f"scripted-{hashlib.sha256(key).hexdigest()[:12]}.gguf"
        if path.exists():
            return path
        writer = write_endless_gguf if endless else write_scripted_gguf
        return writer(path, chain, context_length=context_length)

    return write


@pytest.fixture
def engine_process() -> Iterator[RunningEngine]:
    """A fake engine of the test's own."""
    with fake_engine() as engine:
        yield engine
