"""What will be started, as a value: defaults, the two kinds of engine, and where the key may not be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from unsloth_studio.engine.choose import make_plan
from unsloth_studio.engine.failures import EngineTrouble
from unsloth_studio.engine.hardware import Hardware
from unsloth_studio.engine.memory import MIB, MemoryEstimate
from unsloth_studio.engine.plan import EngineOptions, EngineProgram, LaunchPlan, without_flags
from unsloth_studio.turn.messages import SamplingParams

MACHINE = Hardware("a cpu", physical_cores=4, memory_mib=8192, available_mib=4096)
EMBEDDED = EngineProgram("embedded", version="xllamacpp 1")
NATIVE = EngineProgram("llama-server", Path("engines/llama-server"), "b1")
OPTIONS = EngineOptions(Path("m.gguf"), "m", slots=2)
KEY = "the-secret-key"


def plan(program: EngineProgram = EMBEDDED, options: EngineOptions = OPTIONS) -> LaunchPlan:
    return make_plan(program, options, hardware=MACHINE)


def settings(of: LaunchPlan) -> dict[str, Any]:
    stdin = of.command(api_key=KEY, parent=1).stdin
    assert stdin is not None
    return json.loads(stdin)["settings"]


def test_context_is_the_sum_over_the_slots() -> None:
    made = plan(options=replace(OPTIONS, context_length=1024))
    assert (made.context_length, made.context_per_slot) == (2048, 1024)


def test_the_embedded_engine_gets_its_settings_by_standard_input() -> None:
    made = settings(plan(options=replace(OPTIONS, sampling=SamplingParams(temperature=0.5, top_k=3))))
    assert made == {
        "model.path": "m.gguf", "model_alias": ["m"], "hostnames": ["127.0.0.1"], "port": 0, "api_keys": [KEY],
        "ui": False, "offline": True, "cors_origins": "https://cors.invalid", "n_ctx": 16_384, "n_parallel": 2,
        "kv_unified": False, "cpuparams.n_threads": 3, "cpuparams_batch.n_threads": 3, "cache_ram_mib": 819,
        "endpoint_metrics": True, "sampling.temp": 0.5, "sampling.top_k": 3, "sampling.user_sampling_config": 66,
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
    with pytest.raises(EngineTrouble, match="cannot honour the option --rpc"):
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


@pytest.mark.parametrize("program", [EMBEDDED, NATIVE], ids=["embedded", "native"])
def test_projector_and_checkpoints_reach_the_engine(program: EngineProgram) -> None:
    made = replace(plan(program), projector=Path("p.gguf"), checkpoints=5)
    command = made.command(api_key=KEY, parent=1)
    if program is NATIVE:
        assert " --mmproj p.gguf --ctx-checkpoints 5" in " ".join(command.argv)
    else:
        assert (settings(made)["mmproj.path"], settings(made)["n_ctx_checkpoints"]) == ("p.gguf", 5)


def test_slots_are_saved_where_it_says() -> None:
    embedded, native = (replace(plan(program), slot_folder=Path("slots")) for program in (EMBEDDED, NATIVE))
    assert settings(embedded)["slot_save_path"] == "slots/"
    assert "--slot-save-path slots/ " in " ".join(native.command(api_key=KEY, parent=1).argv)
    assert native.flags() == plan(NATIVE).flags()  # the same start, wherever they lie


def test_a_plan_prints_as_rows() -> None:
    rows = {row.name: (row.value, row.reason) for row in plan().as_rows()}
    assert rows["engine"] == ("xllamacpp (embedded) xllamacpp 1", "the best one found, or the one named")
    assert rows["model"] == ("m", "m.gguf")
    assert rows["context"] == ("8192 tokens per slot", "what the model was trained for is unknown")
    assert rows["slots"] == ("2", "as asked")
    assert rows["threads"] == ("3", "4 physical cores less one")
    assert rows["memory"] == ("unknown", "the model's file was not read")
    assert rows["flags"][0].startswith("-c 16384 -np 2 --no-kv-unified -t 3")


def test_memory_stands_in_the_table() -> None:
    memory = MemoryEstimate(1000 * MIB, 500 * MIB, 0, 0, 10 * MIB, 0, 0, 30 * MIB, prompt_cache=100 * MIB)
    rows = {
        row.name: (row.value, row.reason)
        for row in replace(plan(), memory=memory, available_bytes=4096 * MIB).as_rows()
    }
    assert rows["memory"] == ("1.6 GB of 4.3 GB", "weights 1.0 GB, KV cache 524 MB, the rest 42 MB")
    assert rows["memory later"] == ("1.7 GB", "at most, after long use: prompts that left their slot (105 MB)")


def test_a_plan_is_json() -> None:
    made = json.loads(json.dumps(plan(NATIVE).as_json()))
    assert (made["engine"]["kind"], made["context_length"], made["slots"]) == ("llama-server", 8192, 2)
    assert made["memory"] is None
    assert [choice["name"] for choice in made["choices"]][:3] == ["context", "slots", "threads"]
