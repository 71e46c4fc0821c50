"""llama-server's flags as settings of the embedded engine; every setting exists in the installed wheel."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from unsloth_studio.engine.embedded import apply_settings
from unsloth_studio.engine.flags import SETTINGS, settings_of


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("-c", "4096", "-np", "2"), {"n_ctx": 4096, "n_parallel": 2}),
        (("--ctx-size=4096",), {"n_ctx": 4096}),
        (("--no-kv-unified", "--no-repack"), {"kv_unified": False, "no_extra_bufts": True}),
        (("-fa", "on"), {"flash_attn_type": "LLAMA_FLASH_ATTN_TYPE_ENABLED"}),
        (("-ctk", "q8_0"), {"cache_type_k": "GGML_TYPE_Q8_0"}),
        (("-to", "60"), {"timeout_read": 60, "timeout_write": 60}),
        (("--reasoning-budget", "-1"), {"sampling.reasoning_budget_tokens": -1}),
        (("-c", "1", "-c", "2"), {"n_ctx": 2}),
        ((), {}),
    ],
    ids=["numbers", "equals sign", "standing alone", "choice", "member", "two settings", "negative", "last wins", "none"],
)  # fmt: skip
def test_flags_become_settings(arguments: tuple[str, ...], settings: dict[str, Any]) -> None:
    assert settings_of(arguments) == settings


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rpc", "host:1"), "The embedded engine does not know the option --rpc."),
        (("-c",), "The engine option -c needs a value."),
        (("-fa", "maybe"), "The engine option -fa cannot be 'maybe': it must be one of on, off, auto."),
    ],
    ids=["no counterpart", "no value", "bad value"],
)
def test_what_cannot_be_honoured_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        settings_of(arguments)
    assert str(caught.value) == sentence


def test_a_bad_number_is_refused() -> None:
    with pytest.raises(ValueError, match="The engine option -c cannot be 'many'"):
        settings_of(("-c", "many"))


VALUES = {
    "-fa": "on",
    "--flash-attn": "on",
    "-ctk": "q8_0",
    "--cache-type-k": "q8_0",
    "-ctv": "q8_0",
    "--cache-type-v": "q8_0",
    "--reasoning": "auto",
    "--reasoning-format": "deepseek",
}


@pytest.mark.parametrize("flag", sorted(SETTINGS))
def test_the_installed_wheel_takes_every_setting(flag: str) -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    value = () if SETTINGS[flag].read is None else (VALUES.get(flag, "1"),)
    apply_settings(params, settings_of((flag, *value)))


@pytest.mark.parametrize("path", ["frobnicate", "sampling.frobnicate", "frobnicate.path"])
def test_an_unknown_setting_is_named(path: str) -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    with pytest.raises(AttributeError, match=f"unknown engine setting '{path}'"):
        apply_settings(params, {path: 1})


def test_a_bad_value_names_the_setting() -> None:
    params = importlib.import_module("xllamacpp").CommonParams()
    with pytest.raises(ValueError, match="bad value for the engine setting 'n_ctx'"):
        apply_settings(params, {"n_ctx": "many"})
