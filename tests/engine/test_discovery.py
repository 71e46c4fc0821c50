"""Which engine is taken when several could be; native ones only after they answered four tokens."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.support.native_engine import (
    ANOTHER_PROGRAM,
    CRASHING,
    HANGING_ON_LOADING,
    HANGS_ON_VERSION,
    NEEDING_NO_REPACK,
    WORKING,
    write_engine,
)

from unsloth_studio.engine.discovery import CACHE_NAME, SmokeTests, cache_key, candidates, find_engine, flags_of
from unsloth_studio.engine.failures import EngineTrouble
from unsloth_studio.engine.known_flags import KNOWN_FLAGS
from unsloth_studio.engine.local import demo_model

TESTS = SmokeTests(demo_model(), "digest", seconds=10.0)
IMPATIENT = SmokeTests(demo_model(), "digest", seconds=1.0)


@pytest.fixture(autouse=True)
def empty_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")


def test_order_of_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = write_engine(tmp_path / "home/engines/b100", WORKING)
    newer = write_engine(tmp_path / "home/engines/b200/bin", WORKING)
    on_path = write_engine(tmp_path / "bin", WORKING)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = [candidate.path for candidate in candidates(tmp_path / "home")]
    assert found == [newer, older, on_path, None]


@pytest.mark.parametrize(
    ("explicit", "kind"),
    [("embedded", "embedded"), ("/opt/llama-server", "llama-server")],
    ids=["embedded", "a path"],
)
def test_an_explicit_engine_is_the_only_candidate(explicit: str, kind: str, tmp_path: Path) -> None:
    (only,) = candidates(tmp_path, explicit)
    assert only.kind == kind


def test_flags_of_a_newer_engine_are_known(tmp_path: Path) -> None:
    newer = tmp_path / "llama-server"
    newer.write_text("#!/bin/sh\necho '--brand-new N             takes a value'\n")
    newer.chmod(0o755)
    assert flags_of(str(newer))["--brand-new"] == 1
    assert "--brand-new" not in flags_of("embedded")
    assert flags_of(str(tmp_path / "nowhere")) == KNOWN_FLAGS


async def test_the_embedded_engine_is_the_default(tmp_path: Path) -> None:
    found = await find_engine(tmp_path, TESTS)
    program = found.require()
    assert (program.kind, program.path) == ("embedded", None)
    assert (program.version or "").startswith("xllamacpp 20")
    assert not (tmp_path / CACHE_NAME).exists()


@pytest.mark.e2e
async def test_a_working_native_engine_takes_over(tmp_path: Path) -> None:
    path = write_engine(tmp_path / "engines/one", WORKING)
    (verdict,) = (await find_engine(tmp_path, TESTS)).verdicts
    assert verdict.program is not None
    assert (verdict.program.path, verdict.program.version) == (path, "7777 (abcdef0)")
    assert (verdict.program.no_repack, verdict.program.missing_flags) == (False, ("--cors-origins",))
    assert verdict.devices == ("CUDA0: a card (8192 MiB)",)


@pytest.mark.e2e
async def test_an_engine_that_crashes_with_repacked_kernels_runs_without(tmp_path: Path) -> None:
    write_engine(tmp_path / "engines/one", NEEDING_NO_REPACK)
    found = await find_engine(tmp_path, TESTS)
    assert found.require().no_repack
    assert found.verdicts[0].reason == "It crashes with repacked kernels and works without them (--no-repack)."


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (CRASHING, "The engine crashed (SIGSEGV). It does so without repacked kernels, too."),
        (HANGS_ON_VERSION, "It did not answer --version within 1 seconds."),
        (HANGING_ON_LOADING, "It was not ready within 1 seconds."),
        (ANOTHER_PROGRAM, "It does not say its version as llama-server does."),
    ],
    ids=["crashes", "hangs", "hangs while loading", "is another program"],
)
async def test_a_broken_engine_is_passed_over_and_the_reason_kept(code: str, reason: str, tmp_path: Path) -> None:
    write_engine(tmp_path / "engines/one", code)
    found = await find_engine(tmp_path, IMPATIENT)
    assert [verdict.candidate.kind for verdict in found.verdicts] == ["llama-server", "embedded"]
    assert found.verdicts[0].reason == reason
    assert found.require().kind == "embedded"


async def test_a_file_that_is_no_program_is_passed_over(tmp_path: Path) -> None:
    write_engine(tmp_path / "engines/one", WORKING).write_bytes(b"\x00\x01\x02")
    found = await find_engine(tmp_path, TESTS)
    assert "cannot be run: Exec format error" in found.verdicts[0].reason
    assert found.require().kind == "embedded"


async def test_an_explicit_engine_that_is_missing_is_an_error_with_advice(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(EngineTrouble) as caught:
        (await find_engine(tmp_path, TESTS, explicit=str(missing))).require()
    assert caught.value.failure.cause == "no_engine"
    assert f"chosen with --engine: There is no file at {missing}." in caught.value.failure.reason
    assert "unsloth doctor" in caught.value.failure.advice


async def test_a_verdict_is_remembered_until_the_program_changes(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    code = f"open({str(runs)!r}, 'a').write('x')\n" + ANOTHER_PROGRAM
    path = write_engine(tmp_path / "engines/one", code)
    first = await find_engine(tmp_path, TESTS)
    again = await find_engine(tmp_path, TESTS)
    assert (again, runs.read_text()) == (first, "x")
    await find_engine(tmp_path, TESTS, retest=True)
    assert runs.read_text() == "xx"
    os.utime(path, ns=(1, 1))
    await find_engine(tmp_path, TESTS)
    assert runs.read_text() == "xxx"
    await find_engine(tmp_path, SmokeTests(demo_model(), "another CPU"))
    assert runs.read_text() == "xxxx"


@pytest.mark.e2e
async def test_a_good_verdict_survives_the_file(tmp_path: Path) -> None:
    write_engine(tmp_path / "engines/one", WORKING)
    first = await find_engine(tmp_path, TESTS)
    assert await find_engine(tmp_path, TESTS) == first
    assert json.loads((tmp_path / CACHE_NAME).read_text())["format"] == 1


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"format": 99}', '{"format": 1, "results": {"k": 3}}'],
    ids=["empty", "list", "newer", "wrong"],
)
async def test_a_damaged_memory_is_no_memory(content: str, tmp_path: Path) -> None:
    (tmp_path / CACHE_NAME).write_text(content)
    assert (await find_engine(tmp_path, TESTS)).require().kind == "embedded"


def test_a_folder_has_no_key(tmp_path: Path) -> None:
    assert cache_key(tmp_path, "digest") is None
