"""llama-server's flags as settings of the embedded engine; every setting exists in the installed wheel."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from unsloth_studio.engine.embedded import apply_settings
from unsloth_studio.engine.embedded_flags import SETTINGS, settings_of
from unsloth_studio.engine.known_flags import KNOWN_FLAGS


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("-c", "4096", "-np", "2"), {"n_ctx": 4096, "n_parallel": 2}),
        (("--no-kv-unified", "--no-repack"), {"kv_unified": False, "no_extra_bufts": True}),
        (("-fa", "on"), {"flash_attn_type": "LLAMA_FLASH_ATTN_TYPE_ENABLED"}),
        (("-ctk", "q8_0"), {"cache_type_k": "GGML_TYPE_Q8_0"}),
        (("-to", "60"), {"timeout_read": 60, "timeout_write": 60}),
        (("--reasoning-budget", "-1"), {"sampling.reasoning_budget_tokens": -1}),
        (("-c", "1", "-c", "2"), {"n_ctx": 2}),
        (("-ngl", "all", "-ngl", "auto"), {"n_gpu_layers": -1}),
        (("--lora", "a", "--lora-scaled", "b:0.5"),
         {"lora_adapters": [{"path": "a", "scale": 1.0}, {"path": "b", "scale": 0.5}]}),
        (("--chat-template-kwargs", '{"a": 1}', "--reasoning-effort", "low"),
         {"default_template_kwargs": {"a": "1", "reasoning_effort": '"low"'}}),
        (("--spec-type", "ngram-mod,draft-mtp"),
         {"speculative.types": ["COMMON_SPECULATIVE_TYPE_NGRAM_MOD", "COMMON_SPECULATIVE_TYPE_DRAFT_MTP"]}),
        (("-ot", "a=CPU", "-ncmoe", "1"),
         {"tensor_buft_overrides": r"a=CPU,blk\.0\.ffn_(up|down|gate|gate_up)_(ch|)exps=CPU"}),
        (("--temp", "0.5", "--min-p", "0"),
         {"sampling.temp": 0.5, "sampling.min_p": 0.0, "sampling.user_sampling_config": 64 + 8}),
        (("--seed", "-1"), {"sampling.seed": 4294967295}),
        ((), {}),
    ],
    ids=["numbers", "standing alone", "choice", "member", "two settings", "negative", "last wins",
         "layers by word", "adapters add up", "template arguments add up", "drafting", "overrides add up",
         "the user's sampling", "any seed", "none"],
)  # fmt: skip
def test_flags_become_settings(arguments: tuple[str, ...], settings: dict[str, Any]) -> None:
    assert settings_of(arguments) == settings


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rpc", "host:1"), "The embedded engine cannot honour the option --rpc."),
        (("-c",), "The engine option -c needs a value."),
        (("-fa", "maybe"), "The engine option -fa cannot be 'maybe': it must be one of on, off, auto."),
        (
            ("--spec-type", "ngram-mod,foo"),
            "The engine option --spec-type cannot be 'ngram-mod,foo': it must be one of none, draft-simple, draft-eagle3, "
            "draft-mtp, draft-dflash, draft-dspark, ngram-simple, ngram-map-k, ngram-map-k4v, ngram-mod, ngram-cache.",
        ),
        (
            ("--numa", "foo"),
            "The engine option --numa cannot be 'foo': it must be one of distribute, isolate, numactl, mirror.",
        ),
        (
            ("--rope-scaling", "foo"),
            "The engine option --rope-scaling cannot be 'foo': it must be one of none, linear, yarn, longrope.",
        ),
    ],
    ids=["no counterpart", "no value", "bad value", "no such draft", "no such placement", "no such scaling"],
)
def test_what_cannot_be_honoured_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        settings_of(arguments)
    assert str(caught.value) == sentence


def test_a_bad_number_is_refused() -> None:
    with pytest.raises(ValueError, match="The engine option -c cannot be 'many'"):
        settings_of(("-c", "many"))


VALUES = {
    "flash_attn_type": "on", "cache_type_k": "q8_0", "cache_type_v": "q8_0", "speculative.draft.cache_type_k": "q8_0",
    "speculative.draft.cache_type_v": "q8_0", "enable_reasoning": "auto", "reasoning_format": "deepseek",
    "cpuparams.priority": "2", "cpuparams_batch.priority": "2", "rope_scaling_type": "yarn", "load_mode": "mmap+mlock",
    "lazy_mode": "on", "numa": "isolate", "tensor_buft_overrides": "a=CPU", "split_mode": "layer", "fit_params": "off",
    "lora_adapters": "a.gguf:0.5", "default_template_kwargs": '{"a": true}', "speculative.types": "ngram-mod,draft-simple",
    "speculative.draft.probabilistic": "greedy", "speculative.draft.tensor_buft_overrides": "a=CPU",
    "mmproj_device": "none", "speculative.draft.devices": "none", "sampling.samplers": "top_k;temperature",
}  # fmt: skip


@pytest.mark.parametrize("flag", sorted(SETTINGS))
def test_the_installed_wheel_takes_every_setting(flag: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    params = importlib.import_module("xllamacpp").CommonParams()
    setting = SETTINGS[flag]
    special = {"--chat-template-file": str(file), "-ncmoe": "2", "--n-cpu-moe": "2"}
    text = special.get(flag) or VALUES.get(setting.paths[0], "1")
    apply_settings(params, settings_of((flag,) if setting.read is None else (flag, text)))


def test_what_was_set_is_there() -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    words = ("--lora-scaled", "a.gguf:0.5", "--spec-type", "ngram-mod", "-ts", "3,1", "--fit-target", "512", "-s", "-1")
    apply_settings(params, settings_of(words))
    assert (params.lora_adapters[0].path, params.lora_adapters[0].scale) == ("a.gguf", 0.5)
    assert [kind.name for kind in params.speculative.types] == ["COMMON_SPECULATIVE_TYPE_NGRAM_MOD"]
    assert params.tensor_split[:3] == [3.0, 1.0, 0.0]
    assert set(params.fit_params_target) == {512 * 2**20}
    assert params.sampling.seed == 2**32 - 1


def test_the_wheel_numbers_the_users_sampling_values_as_we_do() -> None:
    bits: Any = importlib.import_module("xllamacpp").common_params_sampling_config
    names = {"sampling.penalty_last_n": "PENALTY_LAST_N", "sampling.penalty_repeat": "PENALTY_REPEAT"}
    for setting in (setting for setting in SETTINGS.values() if setting.bit):
        name = names.get(setting.paths[0], setting.paths[0].removeprefix("sampling.").upper())
        assert bits[f"COMMON_PARAMS_SAMPLING_CONFIG_{name}"].value == setting.bit


def test_every_flag_of_the_table_is_a_flag_of_llama_server() -> None:
    wrong = {flag for flag, setting in SETTINGS.items() if KNOWN_FLAGS.get(flag) != int(setting.read is not None)}
    assert wrong == set()


@pytest.mark.parametrize("path", ["frobnicate", "sampling.frobnicate", "frobnicate.path"])
def test_an_unknown_setting_is_named(path: str) -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    with pytest.raises(AttributeError, match=f"unknown engine setting '{path}'"):
        apply_settings(params, {path: 1})


def test_a_bad_value_names_the_setting() -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    with pytest.raises(ValueError, match="bad value for the engine setting 'n_ctx'"):
        apply_settings(params, {"n_ctx": "many"})
