"""How soon `unsloth run` answers. The limits are for a machine that others use too; what it takes alone is in the docs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.server import Events, end
from tests.support.shaped_models import SHAPES, write_shaped_gguf
from tests.support.workplace import UNSLOTH, Workplace

pytestmark = pytest.mark.e2e

TRIES = 3
LISTENS_WITHIN = 1.5
"""Seconds; 0.7 on an idle machine."""
PLANS_WITHIN = 1.0
"""Seconds; 0.5 on an idle machine."""
HEAVY = ("xllamacpp", "numpy", "gguf", "PIL.Image", "rich", "huggingface_hub.hf_api", "httpx2", "fastapi")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_scripted_gguf(tmp_path / "m.gguf", ("Hello",), context_length=1024)


def seconds_to_listen(place: Workplace, model: Path) -> float:
    """From the start of the process to the first answer over HTTP."""
    began = time.perf_counter()
    process = place.start("--model", str(model))
    try:
        base = Events(process).wait_for("listening")["base_url"]
        assert httpx.get(f"{base}/health").status_code in (200, 503)
        return time.perf_counter() - began
    finally:
        assert end(process) == 0


def test_listens_at_once(tmp_path: Path, model: Path) -> None:
    times = [seconds_to_listen(Workplace(tmp_path), model) for _ in range(TRIES)]
    print("listening after", ", ".join(f"{each:.2f} s" for each in times))
    assert min(times) < LISTENS_WITHIN


def test_dry_run_is_instant_and_starts_nothing(tmp_path: Path, model: Path) -> None:
    place, times = Workplace(tmp_path), list[float]()
    for _ in range(TRIES):
        began = time.perf_counter()
        result = place.unsloth("run", "--model", str(model), "-c", "512", "--temp", "0.6", "--dry-run", "--json")
        times.append(time.perf_counter() - began)
        assert result.returncode == 0, result.stderr
        plan = json.loads(result.stdout)
        assert next(row["value"] for row in plan["choices"] if row["name"] == "context") == "512 tokens per slot"
    print("planned after", ", ".join(f"{each:.2f} s" for each in times))
    assert min(times) < PLANS_WITHIN


def imported(place: Workplace, *words: str) -> set[str]:
    """Modules that the command imports."""
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", str(UNSLOTH), *words],
        env={**place.environment, "PATH": "", "HOME": str(place.folder), "UNSLOTH_STUDIO_HOME": str(place.home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stderr
    return set(re.findall(r"\| +([\w.]+)$", shown, re.MULTILINE))


def test_a_plan_imports_nothing_heavy(tmp_path: Path, model: Path) -> None:
    modules = imported(Workplace(tmp_path), "run", "--model", str(model), "--dry-run")
    assert "unsloth_studio.engine.choose" in modules
    assert modules & set(HEAVY) == set()


def test_dry_run_of_a_model_that_cannot_fit_says_so_with_numbers(tmp_path: Path) -> None:
    place = Workplace(tmp_path, variables={"UNSLOTH_STUDIO_MEMORY_BUDGET_MIB": "64"})
    model = write_shaped_gguf(tmp_path / "large.gguf", SHAPES[0])
    result = place.unsloth("run", "--model", str(model), "--dry-run")
    assert result.returncode == 1, result.stdout
    assert re.search(r"needs [\d.]+ [MG]B, [\d.]+ [MG]B available", result.stderr), result.stderr
    assert "Traceback" not in result.stderr
