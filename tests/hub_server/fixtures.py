"""A hub with one repository, a client of it with an empty cache, and a model small enough to be quick."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.hub_server.contents import HeldRepository
from tests.hub_server.server import HubServer

from unsloth_studio.catalog.downloads import Download
from unsloth_studio.catalog.hub import Hub
from unsloth_studio.catalog.hub_errors import Patience

NAME = "owner/Tiny-GGUF"
QUICK = Patience(retries=3, first_wait=0.01, longest_wait=0.02, longest_retry_after=10.0)
SHARDS = tuple(f"Tiny-Q4_K_M-0000{number}-of-00003.gguf" for number in (1, 2, 3))
WHOLE = "Tiny-Q8_0.gguf"
PROJECTOR = "mmproj-F16.gguf"

PULL = f"""
import asyncio
from unsloth_studio.catalog.downloads import fetch, plan_download
from unsloth_studio.catalog.hub import Hub
async def main():
    hub = Hub()
    repository = await hub.repository({NAME!r})
    variant = next(variant for variant in repository.variants if variant.label == "Q8_0")
    for path in await fetch(plan_download(hub, repository, variant)):
        print(path)
asyncio.run(main())
"""
THE_LIBRARY_ITSELF = f"from huggingface_hub import hf_hub_download; print(hf_hub_download({NAME!r}, {WHOLE!r}))"
"""The same file by `huggingface_hub` alone."""


def tiny_files() -> dict[str, bytes]:
    """Three shards of 1 MB, one file of 3 MB, a projector, and two small files."""
    draw = random.Random(7)
    files = {shard: draw.randbytes(1_000_000) for shard in SHARDS}
    files |= {WHOLE: draw.randbytes(3_000_000), PROJECTOR: draw.randbytes(300_000)}
    return files | {"config.json": b'{"a": 1}', "README.md": b"# Tiny\n"}


@pytest.fixture(autouse=True)
def no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tests must not send the token of whoever runs them."""
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))


@pytest.fixture
def server() -> Generator[HubServer]:
    with HubServer([HeldRepository(NAME, tiny_files())]) as running:
        yield running


@pytest.fixture
def hub(server: HubServer, tmp_path: Path) -> Hub:
    return Hub(endpoint=server.url, cache=tmp_path / "cache", patience=QUICK)


def start_program(source: str, server: HubServer, *, home: Path, **variables: str) -> subprocess.Popen[str]:
    """Another Python program that has `server` as its hub and `home` as its HF_HOME."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment = kept | {"HF_ENDPOINT": server.url, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"} | variables
    return subprocess.Popen(
        [sys.executable, "-c", source], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run_program(source: str, server: HubServer, *, home: Path, **variables: str) -> str:
    """What such a program printed. Raises `AssertionError` with its errors when it failed."""
    program = start_program(source, server, home=home, **variables)
    out, errors = program.communicate(timeout=30)
    assert program.returncode == 0, errors
    return out


async def plan(hub: Hub, *paths: str) -> Download:
    """A download of these files, with little patience."""
    repository = await hub.repository(NAME)
    return Download(hub, repository, repository.select(paths), patience=QUICK)


def blobs(hub: Hub) -> list[str]:
    """Names of the blobs in the cache, `.incomplete` ones included."""
    return sorted(path.name for path in hub.cache.root.glob("*/blobs/*"))


def content(server: HubServer, path: str) -> bytes:
    """The bytes that a file must have."""
    return server.repositories[NAME].files[path]
