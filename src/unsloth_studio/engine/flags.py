"""llama-server's flags, and the embedded engine's settings that mean the same.

The rule: one table for both engines, and a flag that is not in it is refused for the embedded one. Attribute names were
measured on xllamacpp 2026.10.11549; flag names are those of llama.cpp b11434.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """Where a flag goes: attribute paths of `CommonParams`, and how its text is read. `read` None: the flag stands alone."""

    paths: tuple[str, ...]
    read: Callable[[str], Any] | None
    alone: Any = True


def _member(prefix: str) -> Callable[[str], str]:
    return lambda text: prefix + text.upper().replace("-", "_")


def _choice(members: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in members:
            raise ValueError(f"it must be one of {', '.join(members)}")
        return members[text]

    return read


_FLASH = _choice({name: f"LLAMA_FLASH_ATTN_TYPE_{value}" for name, value in
                  (("on", "ENABLED"), ("off", "DISABLED"), ("auto", "AUTO"))})  # fmt: skip
_REASONING = _choice({"off": 0, "on": 1, "auto": -1})

_TABLE: tuple[tuple[tuple[str, ...], Setting], ...] = (
    (("-c", "--ctx-size"), Setting(("n_ctx",), int)),
    (("-np", "--parallel"), Setting(("n_parallel",), int)),
    (("-t", "--threads"), Setting(("cpuparams.n_threads",), int)),
    (("-tb", "--threads-batch"), Setting(("cpuparams_batch.n_threads",), int)),
    (("-b", "--batch-size"), Setting(("n_batch",), int)),
    (("-ub", "--ubatch-size"), Setting(("n_ubatch",), int)),
    (("-ngl", "--gpu-layers", "--n-gpu-layers"), Setting(("n_gpu_layers",), int)),
    (("-fa", "--flash-attn"), Setting(("flash_attn_type",), _FLASH)),
    (("-ctk", "--cache-type-k"), Setting(("cache_type_k",), _member("GGML_TYPE_"))),
    (("-ctv", "--cache-type-v"), Setting(("cache_type_v",), _member("GGML_TYPE_"))),
    (("-kvu", "--kv-unified"), Setting(("kv_unified",), None)),
    (("-no-kvu", "--no-kv-unified"), Setting(("kv_unified",), None, alone=False)),
    (("-cram", "--cache-ram"), Setting(("cache_ram_mib",), int)),
    (("--cache-reuse",), Setting(("n_cache_reuse",), int)),
    (("-ctxcp", "--ctx-checkpoints"), Setting(("n_ctx_checkpoints",), int)),
    (("-sps", "--slot-prompt-similarity"), Setting(("slot_prompt_similarity",), float)),
    (("--slot-save-path",), Setting(("slot_save_path",), str)),
    (("--sleep-idle-seconds",), Setting(("sleep_idle_seconds",), int)),
    (("--swa-full",), Setting(("swa_full",), None)),
    (("--no-mmap",), Setting(("load_mode",), None, alone="LLAMA_LOAD_MODE_NONE")),
    (("--mlock",), Setting(("load_mode",), None, alone="LLAMA_LOAD_MODE_MMAP_MLOCK")),
    (("--no-warmup",), Setting(("warmup",), None, alone=False)),
    (("-nr", "--no-repack"), Setting(("no_extra_bufts",), None)),
    (("--chat-template",), Setting(("chat_template",), str)),
    (("--reasoning",), Setting(("enable_reasoning",), _REASONING)),
    (("--reasoning-format",), Setting(("reasoning_format",), _member("COMMON_REASONING_FORMAT_"))),
    (("--reasoning-budget",), Setting(("sampling.reasoning_budget_tokens",), int)),
    (("-mm", "--mmproj"), Setting(("mmproj.path",), str)),
    (("--metrics",), Setting(("endpoint_metrics",), None)),
    (("--rope-freq-base",), Setting(("rope_freq_base",), float)),
    (("--rope-freq-scale",), Setting(("rope_freq_scale",), float)),
    (("-to", "--timeout"), Setting(("timeout_read", "timeout_write"), int)),
    (("-lv", "--verbosity"), Setting(("verbosity",), int)),
    (("--temp",), Setting(("sampling.temp",), float)),
    (("--top-k",), Setting(("sampling.top_k",), int)),
    (("--top-p",), Setting(("sampling.top_p",), float)),
    (("--min-p",), Setting(("sampling.min_p",), float)),
    (("--repeat-penalty",), Setting(("sampling.penalty_repeat",), float)),
    (("--presence-penalty",), Setting(("sampling.penalty_present",), float)),
    (("--frequency-penalty",), Setting(("sampling.penalty_freq",), float)),
    (("-s", "--seed"), Setting(("sampling.seed",), int)),
)

SETTINGS: Mapping[str, Setting] = {flag: setting for flags, setting in _TABLE for flag in flags}
"""Every spelling of every flag the embedded engine understands."""


def settings_of(arguments: Sequence[str]) -> dict[str, Any]:
    """Command-line arguments of llama-server as settings of the embedded engine, `{"n_ctx": 4096, ...}`.

    Raises `ValueError` with a sentence that names the flag when it has no counterpart, no value, or a bad one.
    """
    settings: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        flag, has_value, value = argument.partition("=")
        setting = SETTINGS.get(flag)
        if setting is None:
            raise ValueError(f"The embedded engine does not know the option {flag}.")
        read = setting.alone
        if setting.read is not None:
            text = value if has_value else next(rest, None)
            if text is None:
                raise ValueError(f"The engine option {flag} needs a value.")
            try:
                read = setting.read(text)
            except ValueError as error:
                raise ValueError(f"The engine option {flag} cannot be '{text}': {error}.") from error
        settings.update(dict.fromkeys(setting.paths, read))
    return settings
