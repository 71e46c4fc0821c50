from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from unsloth_studio.cli.main import cli


@pytest.fixture(autouse=True)
def one_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(tmp_path / "home"))


def test_the_list_says_what_is_here_and_how_to_get_the_rest(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["start"]).stdout
    assert f"installed: {tmp_path}/bin/codex" in shown
    assert "not installed: npm install -g @anthropic-ai/claude-code" in shown
    rows = json.loads(CliRunner().invoke(cli, ["connect", "--json"]).stdout)
    assert [row["id"] for row in rows if row["path"]] == ["codex"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nobody"], "There is no client 'nobody'"),
        (["codex", "--print", "--undo"], "Give one of"),
        (["codex", "--json"], "-- --json"),
    ],
)
def test_what_cannot_be_meant_is_told(words: list[str], told: str) -> None:
    ran = CliRunner().invoke(cli, ["start", *words])
    assert ran.exit_code == 2
    assert told in ran.stderr
