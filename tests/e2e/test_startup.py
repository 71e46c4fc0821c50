"""How much `unsloth run` imports before it answers, which is what its start takes; `make bench` has the seconds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support.gguf import write_scripted_gguf
from tests.support.server import Events, end
from tests.support.shaped_models import SHAPES, write_shaped_gguf
from tests.support.workplace import UNSLOTH, Workplace

pytestmark = pytest.mark.e2e

LISTENS_WITH = 300
"""Modules; each takes about half a millisecond."""
READY_WITH = 800
PLANS_WITH = 400
HEAVY = ("xllamacpp", "numpy", "gguf", "PIL.Image", "rich", "huggingface_hub.hf_api", "httpx2", "fastapi")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_scripted_gguf(tmp_path / "m.gguf", ("Hello",), context_length=1024)


def test_listens_before_much_is_imported(tmp_path: Path, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process = Workplace(tmp_path).start("--model", str(model), PYTHONPROFILEIMPORTTIME="1")
    try:
        events = Events(process)
        base = events.wait_for("listening")["base_url"]
        seen = modules_in(capfd.readouterr().err)
        assert httpx.get(f"{base}/health").status_code in (200, 503)
        events.wait_for("ready")
        later = seen | modules_in(capfd.readouterr().err)
    finally:
        assert end(process) == 0
    assert "unsloth_studio.cli.main" in seen
    print(len(seen), "modules, then", len(later))
    assert len(seen) < LISTENS_WITH
    assert "sqlite3" in later
    assert later & {"sqlalchemy", "alembic"} == set(), "a new database needs them as little as one that is up to date"
    assert len(later) < READY_WITH
    assert (
        seen & {"xllamacpp", "numpy", "gguf", "PIL.Image", "huggingface_hub.hf_api", "httpx2", "pypdf", "jsonschema"}
        == set()
    )


def test_dry_run_tells_the_plan_and_starts_nothing(tmp_path: Path, model: Path) -> None:
    result = Workplace(tmp_path).unsloth(
        "run", "--model", str(model), "-c", "512", "--temp", "0.6", "--dry-run", "--json"
    )
    assert result.returncode == 0, result.stderr
    plan = json.loads(result.stdout)
    assert next(row["value"] for row in plan["choices"] if row["name"] == "context") == "512 tokens per slot"


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
    return modules_in(shown)


def modules_in(shown: str) -> set[str]:
    """What `-X importtime` wrote."""
    return set(re.findall(r"\| +([\w.]+)$", shown, re.MULTILINE))


def test_a_plan_imports_nothing_heavy(tmp_path: Path, model: Path) -> None:
    modules = imported(Workplace(tmp_path), "run", "--model", str(model), "--dry-run")
    assert "unsloth_studio.engine.choose" in modules
    assert modules & set(HEAVY) == set()
    print(len(modules), "modules")
    assert len(modules) < PLANS_WITH


def test_dry_run_of_a_model_that_cannot_fit_says_so_with_numbers(tmp_path: Path) -> None:
    place = Workplace(tmp_path, variables={"UNSLOTH_STUDIO_MEMORY_BUDGET_MIB": "64"})
    model = write_shaped_gguf(tmp_path / "large.gguf", SHAPES[0])
    result = place.unsloth("run", "--model", str(model), "--dry-run")
    assert result.returncode == 1, result.stdout
    assert re.search(r"needs [\d.]+ [MG]B, [\d.]+ [MG]B available", result.stderr), result.stderr
    assert "Traceback" not in result.stderr
