"""What will be started, as a value: defaults, the two kinds of engine, and where the key may not be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unsloth_studio.engine.failures import EngineTrouble
from unsloth_studio.engine.hardware import Hardware
from unsloth_studio.engine.plan import EngineOptions, EngineProgram, LaunchPlan, make_plan, without_flags
from unsloth_studio.turn.messages import SamplingParams

MACHINE = Hardware("a cpu", physical_cores=4, memory_mib=8192, available_mib=4096)
EMBEDDED = EngineProgram("embedded", version="xllamacpp 1")
NATIVE = EngineProgram("llama-server", Path("engines/llama-server"), "b1")
OPTIONS = EngineOptions(Path("m.gguf"), "m", slots=2)
KEY = "the-secret-key"


def plan(
    program: EngineProgram = EMBEDDED, options: EngineOptions = OPTIONS, native_context: int | None = 8192
) -> LaunchPlan:
    return make_plan(program, options, hardware=MACHINE, native_context=native_context)


def settings(of: LaunchPlan) -> dict[str, Any]:
    stdin = of.command(api_key=KEY, parent=1).stdin
    assert stdin is not None
    return json.loads(stdin)["settings"]


@pytest.mark.parametrize(
    ("asked", "native", "total"),
    [(None, 8192, 16_384), (None, 262_144, 65_536), (None, None, 16_384), (1024, 8192, 2048)],
    ids=["the model's own", "capped at 32768", "unknown", "as asked"],
)
def test_context_is_the_sum_over_the_slots(asked: int | None, native: int | None, total: int) -> None:
    made = plan(options=replace(OPTIONS, context_length=asked), native_context=native)
    assert (made.context_length, made.context_per_slot) == (total, total // 2)


def test_defaults_follow_from_the_machine() -> None:
    assert (plan().threads, plan().cache_ram_mib) == (3, 819)
    asked = plan(options=replace(OPTIONS, threads=1, cache_ram_mib=0))
    assert (asked.threads, asked.cache_ram_mib) == (1, 0)


def test_the_embedded_engine_gets_its_settings_by_standard_input() -> None:
    made = settings(plan(options=replace(OPTIONS, sampling=SamplingParams(temperature=0.5, top_k=3))))
    assert made == {
        "model.path": "m.gguf", "model_alias": ["m"], "hostnames": ["127.0.0.1"], "port": 0, "api_keys": [KEY],
        "ui": False, "offline": True, "cors_origins": "https://cors.invalid", "n_ctx": 16_384, "n_parallel": 2,
        "kv_unified": False, "cpuparams.n_threads": 3, "cpuparams_batch.n_threads": 3, "cache_ram_mib": 819,
        "endpoint_metrics": True, "sampling.temp": 0.5, "sampling.top_k": 3,
    }  # fmt: skip


def test_a_native_engine_gets_flags() -> None:
    argv = plan(NATIVE).command(api_key=KEY, parent=77).argv
    assert " ".join(argv[1:]) == (
        "-P -m unsloth_studio.engine.guard 77 engines/llama-server --host 127.0.0.1 --port 0 -m m.gguf --alias m "
        "--jinja --no-ui --offline --cors-origins https://cors.invalid -c 16384 -np 2 --no-kv-unified -t 3 -tb 3 "
        "--cache-ram 819 --metrics"
    )


@pytest.mark.parametrize("program", [EMBEDDED, NATIVE], ids=["embedded", "native"])
def test_the_key_is_nowhere_that_ps_or_a_log_shows(program: EngineProgram) -> None:
    made = plan(program)
    command = made.command(api_key=KEY, parent=1)
    assert KEY not in " ".join(command.argv) + repr(command) + repr(made) + made.describe()
    assert KEY in (command.stdin or b"").decode() + "".join(command.environment.values())


def test_the_users_flags_come_last_and_win() -> None:
    made = settings(plan(options=replace(OPTIONS, extra_flags=("--cache-ram", "5", "-ub", "256"))))
    assert (made["cache_ram_mib"], made["n_ubatch"]) == (5, 256)


def test_a_flag_the_embedded_engine_lacks_is_refused_before_the_start() -> None:
    options = replace(OPTIONS, extra_flags=("--rpc", "host:1"))
    with pytest.raises(EngineTrouble, match="does not know the option --rpc"):
        plan(options=options)
    assert "--rpc" in plan(NATIVE, options).command(api_key=KEY, parent=1).argv


@pytest.mark.parametrize(
    ("arguments", "missing", "kept"),
    [
        (("--no-ui", "-c", "1"), ("--no-ui",), ("-c", "1")),
        (("--cors-origins", "x", "-ub", "1"), ("--cors-origins",), ("-ub", "1")),
        (("--cache-ram", "-1", "--metrics"), ("--cache-ram",), ("--metrics",)),
        (("-c", "1"), (), ("-c", "1")),
    ],
    ids=["standing alone", "with its value", "with a negative value", "nothing missing"],
)
def test_flags_an_older_build_lacks_are_left_out(
    arguments: tuple[str, ...], missing: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    assert without_flags(arguments, missing) == kept


def test_without_repack_differs_in_that_only() -> None:
    assert set(plan().without_repack().flags()) - set(plan().flags()) == {"--no-repack"}


def test_a_plan_prints_as_facts() -> None:
    assert plan().describe().splitlines()[:3] == [
        "engine   xllamacpp (embedded) xllamacpp 1",
        "model    m.gguf as m",
        "context  8192 tokens in each of 2 slots",
    ]
