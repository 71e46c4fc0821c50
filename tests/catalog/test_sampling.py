"""Which sampling settings hold, and that every row of the table can be answered for."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import fields

from unsloth_studio.catalog.sampling import ENGINE_DEFAULTS, FIELDS, Family, Source, families, family_of, resolve
from unsloth_studio.turn.messages import SamplingParams

P = SamplingParams
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("unsloth/Qwen3-1.7B-GGUF", "Qwen3"),
        ("unsloth/Qwen3-8B-GGUF", "Qwen3"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "Qwen3"),
        ("Qwen3.5-9B-Q4_K_M", "Qwen3.5 to 3.8"),
        ("unsloth/Qwen3.6-27B-MTP-GGUF", "Qwen3.5 to 3.8"),
        ("unsloth/Qwen3-Next-80B-A3B-Thinking-GGUF", "Qwen3-Next"),
        ("unsloth/Qwen3-VL-8B-Instruct-GGUF", "Qwen3-VL"),
        ("unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF", "Qwen3-Coder"),
        ("unsloth/Qwen3-Coder-Next-GGUF", "Qwen3-Coder-Next"),
        ("Qwen2.5-Coder-7B-Instruct", "Qwen2 and Qwen2.5"),
        ("unsloth/QwQ-32B-GGUF", "QwQ"),
        ("unsloth/gemma-4-26B-A4B-it-GGUF", "Gemma 2, 3, 3n, 4 and MedGemma"),
        ("medgemma-27b-it", "Gemma 2, 3, 3n, 4 and MedGemma"),
        ("ggml-org/gpt-oss-20b-GGUF", "gpt-oss"),
        ("Meta-Llama-3.1-8B-Instruct", "Llama 3.x"),
        ("Llama 3.2 1B", "Llama 3.x"),
        ("llama3.2", "Llama 3.x"),
        ("Llama-4-Scout-17B-16E", "Llama 4"),
        ("codellama-34b-instruct", None),
        ("open_llama_3b", None),
        ("Llama-3_3-Nemotron-Super-49B", "Nemotron, older"),
        ("NVIDIA-Nemotron-3-Nano-30B-A3B-GGUF", "Nemotron 3"),
        ("NVIDIA-Nemotron-3-Ultra-550B", "Nemotron 3 Ultra"),
        ("DeepSeek-R1-Distill-Qwen-7B", "DeepSeek R1 and its distillations"),
        ("DeepSeek-R1-0528-Qwen3-8B-GGUF", "DeepSeek R1 and its distillations"),
        ("DeepSeek-V3.2", "DeepSeek V3.2"),
        ("Devstral-Small-2-24B", "Devstral"),
        ("Mistral-Small-3.2-24B", "Mistral Small"),
        ("GLM-4.7-Flash-GGUF", "GLM-4.7"),
        ("GLM-4.5-Air", "GLM-4.5 to 5"),
        ("Kimi-K2-Instruct", "Kimi K2"),
        ("Kimi-K2.5", "Kimi K2.5 and 2.6"),
        ("LFM2-1.2B", "LFM2"),
        ("LFM2.5-1.2B-Instruct", "LFM2.5"),
        ("tiny-demo-model", "Tiny demo model"),
        ("qwen3/something-else", None),
        ("stories15M", None),
        ("", None),
    ],
)
def test_the_family_of_a_name(name: str, family: str | None) -> None:
    found = family_of(name)
    assert (found.name if found else None) == family


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_a_row_of_the_table_can_be_answered_for(family: Family) -> None:
    assert len(family.source) > 10
    assert family.match == tuple(match.lower() for match in family.match)
    assert bool(family.thinking) <= (bool(family.instruct) or "temperature" in family.values)
    for thinking in (False, True):
        for tools in (False, True):
            wanted = family.recommended(thinking=thinking, tools=tools)
            assert wanted.temperature is not None
            resolved = resolve(family=family, thinking=thinking, tools=tools)
            assert resolved.params == wanted, "a value of the table is out of range"


def test_every_row_is_reached_by_each_of_its_names() -> None:
    for family in families():
        for match in family.match:
            assert family_of(match) is family


@pytest.mark.parametrize(
    ("name", "thinking", "tools", "expected"),
    [
        pytest.param("qwen3", True, False, P(temperature=0.6, top_p=0.95, top_k=20, min_p=0.0), id="Qwen3 thinking"),
        pytest.param("qwen3", False, False, P(temperature=0.7, top_p=0.8, top_k=20, min_p=0.0), id="Qwen3 instruct"),
        pytest.param(
            "qwen3.5",
            True,
            False,
            P(temperature=1.0, top_p=0.95, top_k=20, min_p=0.0, repeat_penalty=1.0, presence_penalty=1.5),
            id="Qwen3.5 thinking",
        ),
        pytest.param(
            "qwen3.5",
            False,
            True,
            P(temperature=0.7, top_p=0.8, top_k=20, min_p=0.0, repeat_penalty=1.0, presence_penalty=0.0),
            id="Qwen3.5 instruct with tools",
        ),
        pytest.param("nemotron-3", True, True, P(temperature=0.6, top_p=0.95, min_p=0.0), id="Nemotron with tools"),
        pytest.param("nemotron-3", True, False, P(temperature=1.0, top_p=1.0, min_p=0.0), id="Nemotron"),
        pytest.param("llama-3", False, True, P(temperature=0.6, top_p=0.9), id="Llama 3 is fit for tools"),
    ],
)
def test_values_by_mode(name: str, thinking: bool, tools: bool, expected: SamplingParams) -> None:
    assert resolve(family=family_of(name), thinking=thinking, tools=tools).params == expected


SOURCES: tuple[Source, ...] = ("pin", "request", "flag", "metadata", "family", "engine")


@pytest.mark.parametrize("present", range(6), ids=SOURCES)
def test_the_first_source_that_speaks_wins(present: int) -> None:
    given = [P(temperature=0.1), P(temperature=0.2), P(temperature=0.3), P(temperature=0.4)]
    silent = [None] * min(present, 4)
    pins, request, flags, metadata = [*silent, *given[len(silent) :]]
    family = family_of("qwen3") if present < 5 else None
    resolved = resolve(
        ["temperature"], pins=pins, request=request, flags=flags, metadata=metadata, family=family, thinking=True
    )
    (setting,) = resolved.settings
    assert setting.source == SOURCES[present]
    assert setting.value == [0.1, 0.2, 0.3, 0.4, 0.6, 0.8][present]
    assert resolved.params.temperature == (None if present == 5 else setting.value)


def test_fields_are_settled_one_by_one() -> None:
    resolved = resolve(
        pins=P(top_k=5), request=P(temperature=0.0, stop=("x",)), flags=P(min_p=0.02, seed=7), family=family_of("qwen3")
    )
    assert resolved.params == P(temperature=0.0, top_p=0.8, top_k=5, min_p=0.02, seed=7, stop=("x",))
    assert {s.field: s.source for s in resolved.settings} == {
        "temperature": "request",
        "top_p": "family",
        "top_k": "pin",
        "min_p": "flag",
        "repeat_penalty": "engine",
        "presence_penalty": "engine",
        "frequency_penalty": "engine",
        "seed": "flag",
    }


@pytest.mark.parametrize(
    ("bad", "field", "fault"),
    [
        (P(temperature=NAN), "temperature", "passed over nan (asked for in the request): not a finite number"),
        (P(temperature=INF), "temperature", "passed over inf (asked for in the request): not a finite number"),
        (P(temperature=-0.1), "temperature", "passed over -0.1 (asked for in the request): not between 0 and 1e+06"),
        (P(top_p=1.5), "top_p", "passed over 1.5 (asked for in the request): not between 0 and 1"),
        (P(min_p=-1), "min_p", "passed over -1 (asked for in the request): not between 0 and 1"),
        (P(top_k=-2), "top_k", "passed over -2 (asked for in the request): not between -1 and 1e+06"),
        (P(top_k=10**30), "top_k", "not between -1 and 1e+06"),
        (P(top_k=2.5), "top_k", "passed over 2.5 (asked for in the request): not a whole number"),  # type: ignore[arg-type]
        (P(top_p=True), "top_p", "passed over True (asked for in the request): not a number"),
        (P(top_p="x"), "top_p", "passed over 'x' (asked for in the request): not a number"),  # type: ignore[arg-type]
        (P(presence_penalty=1e9), "presence_penalty", "not between -100 and 100"),
    ],
)
def test_a_value_that_cannot_be_sent_is_passed_over_and_told(bad: SamplingParams, field: str, fault: str) -> None:
    (setting,) = resolve([field], request=bad).settings
    assert setting.source == "engine"
    assert setting.value == getattr(ENGINE_DEFAULTS, field)
    assert fault in setting.reason
    usable: dict[str, Any] = {field: 1}
    (setting,) = resolve([field], request=bad, metadata=P(**usable)).settings
    assert (setting.value, setting.source) == (1, "metadata")
    assert fault in setting.reason


def test_whole_numbers_become_integers() -> None:
    top_k = resolve(["top_k"], metadata=P(top_k=40.0)).params.top_k  # type: ignore[arg-type]
    assert isinstance(top_k, int)


def test_the_reason_names_family_mode_and_page() -> None:
    (setting,) = resolve(["temperature"], family=family_of("nemotron-3"), tools=True).settings
    assert setting.reason.startswith("recommended for Nemotron 3 with tools: unsloth.ai/docs/models/nemotron-3")
    (setting,) = resolve(["temperature"], family=family_of("qwen3"), thinking=True).settings
    assert setting.reason.startswith("recommended for Qwen3 with thinking: Model card Qwen/Qwen3-8B")


def test_every_number_of_the_sampling_parameters_is_settled() -> None:
    assert set(FIELDS) == {field.name for field in fields(SamplingParams)} - {"stop", "logit_bias"}
