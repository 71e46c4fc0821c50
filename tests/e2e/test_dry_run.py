"""Planning is instant: a fresh process that decides everything and starts nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.hub_server.server import HubServer
from tests.support.hub_models import TINY, tiny
from tests.support.shaped_models import SHAPES, write_shaped_gguf
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e

PLAN = """
import asyncio, json, sys
from pathlib import Path
from unsloth_studio.engine.flags import parse_engine_flags
from unsloth_studio.engine.local import plan_launch
from unsloth_studio.engine.model_facts import ModelFacts
from unsloth_studio.engine.plan import EngineOptions
model, home, *words = sys.argv[1:]
flags = parse_engine_flags(words)
facts = ModelFacts("m", "qwen3", 32768, 4, (2,) * 4, 64, 64, 256, 151936, 2 ** 27, 2 ** 27)
options = EngineOptions(Path(model), "m", flags.context_length, flags.slots, flags.threads, extra_flags=flags.rest)
plan = asyncio.run(plan_launch(options, Path(home), explicit="embedded", facts=facts))
table = plan.as_json() | {"modules": sorted(sys.modules)}
print(json.dumps(table))
"""
HEAVY = {"xllamacpp", "numpy", "gguf", "fastapi", "uvicorn", "sqlalchemy", "huggingface_hub", "pydantic", "PIL", "rich"}


def plan(folder: Path, *words: str) -> dict[str, Any]:
    model = folder / "m.gguf"
    if not model.exists():
        write_shaped_gguf(model, SHAPES[0])
    run = subprocess.run(
        [sys.executable, "-c", PLAN, str(model), str(folder), *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(run.stdout)


def test_a_plan_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not HEAVY & set(plan(tmp_path)["modules"])


def test_the_users_words_are_in_the_plan(tmp_path: Path) -> None:
    made = plan(tmp_path, "-c", "2048", "-np", "2", "-ctk", "q8_0", "-ctv", "q8_0", "--cache-ram", "0")
    choices = {choice["name"]: (choice["value"], choice["reason"]) for choice in made["choices"]}
    assert choices["context"] == ("2048 tokens per slot", "as asked")
    assert choices["slots"] == ("2", "as asked")
    assert choices["KV cache type"] == ("q8_0", "as asked")
    assert (made["memory"]["kv_cache"], made["memory"]["prompt_cache"]) == (2 * 2048 * 4 * 256 * 17 // 16, 0)
    assert made["flags"][-6:] == ["-ctk", "q8_0", "-ctv", "q8_0", "--cache-ram", "0"]


def test_model_that_is_not_here_is_named_with_its_size_and_not_fetched(tmp_path: Path) -> None:
    with HubServer([tiny()]) as hub:
        place = Workplace(tmp_path, hub)
        result = place.unsloth("run", "-hf", TINY, "--dry-run")
        assert result.returncode == 1
        assert f"unsloth models pull {TINY}:" in result.stderr
        assert not list(place.cache.rglob("*.gguf"))
