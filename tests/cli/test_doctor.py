"""What `unsloth doctor` says about this machine and about what is wrong with it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.native_engine import ANOTHER_PROGRAM, write_engine

from unsloth_studio.cli.doctor import doctor


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("UNSLOTH_STUDIO_HOME", str(folder))
    monkeypatch.setenv("PATH", "/nonexistent")
    return folder


def test_a_good_machine_has_an_engine(home: Path) -> None:
    result = CliRunner().invoke(doctor, [])
    assert result.exit_code == 0, result.output
    assert f"Data folder   {home}" in result.output
    assert "  uses      embedded (xllamacpp): xllamacpp " in result.output


def test_json_is_one_object(home: Path) -> None:
    result = CliRunner().invoke(doctor, ["--json"])
    document = json.loads(result.output)
    assert (result.exit_code, document["usable"], document["home"]) == (0, True, str(home))
    assert document["engine"]["kind"] == "embedded"
    assert document["memory_mib"] > 0
    assert document["physical_cores"] >= 1


def test_a_rejected_engine_keeps_its_reason(home: Path) -> None:
    path = write_engine(home / "engines/one", ANOTHER_PROGRAM)
    result = CliRunner().invoke(doctor, [])
    assert result.exit_code == 0
    assert f"  rejected  managed {path}: It does not say its version" in result.output
    assert f"The engine {path} is not used" in result.output


def test_no_engine_is_exit_code_1(home: Path) -> None:
    result = CliRunner().invoke(doctor, ["--json", "--engine", str(home / "nowhere")])
    document = json.loads(result.output)
    assert (result.exit_code, document["usable"], document["engine"]) == (1, False, None)
    assert "No engine is usable" in document["problems"][0]


def test_an_open_data_folder_is_a_problem(home: Path) -> None:
    home.chmod(0o755)
    result = CliRunner().invoke(doctor, [])
    assert f"Close it: chmod 700 {home}" in result.output


def test_a_data_folder_that_does_not_exist_yet_is_none(home: Path) -> None:
    home.rmdir()
    document = json.loads(CliRunner().invoke(doctor, ["--json"]).output)
    assert not any("data folder" in problem for problem in document["problems"])
    assert not home.exists()


def test_without_a_sandbox_it_says_how_to_get_one(home: Path) -> None:
    result = CliRunner().invoke(doctor, [])
    assert result.exit_code == 0
    assert "Sandbox       none" in result.output
    assert "apt install bubblewrap" in result.output
    document = json.loads(CliRunner().invoke(doctor, ["--json"]).output)
    assert document["sandbox"]["kind"] is None
    assert "apt install bubblewrap" in document["sandbox"]["advice"]


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is Linux's")
def test_the_sandbox_is_shown_as_it_was_tried(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    result = CliRunner().invoke(doctor, [])
    assert "Sandbox       bubblewrap " in result.output, result.output
    assert ", seccomp, Landlock ABI " in result.output
