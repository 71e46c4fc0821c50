"""The table of llama-server's flags and the embedded engine's settings that mean the same.

The rule: one row per meaning, with every spelling of the flag. Attribute names were measured on xllamacpp 2026.10.11549; a
test sets every one of them on the real object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from unsloth_studio.engine.flag_values import (
    MIB,
    adapters,
    choice,
    layers,
    margins,
    member,
    numbers,
    scaled_adapters,
    template_arguments,
)

_EXPERTS = r"\.ffn_(up|down|gate|gate_up)_(ch|)exps=CPU"

_FILE: Callable[[str], Any] = lambda path: {"$file": path}  # noqa: E731 - the table reads best this way
_SWITCH = choice({"on": True, "off": False})
_FLASH = choice({name: f"LLAMA_FLASH_ATTN_TYPE_{value}" for name, value in
                  (("on", "ENABLED"), ("off", "DISABLED"), ("auto", "AUTO"))})  # fmt: skip
_REASONING = choice({"off": 0, "on": 1, "auto": -1})
_EFFORT: Callable[[str], dict[str, str]] = lambda level: {"reasoning_effort": json.dumps(level)}  # noqa: E731
_LOAD = choice({name: f"LLAMA_LOAD_MODE_{value}" for name, value in
                 (("auto", "AUTO"), ("none", "NONE"), ("mmap", "MMAP"), ("mlock", "MLOCK"), ("mmap+mlock", "MMAP_MLOCK"),
                  ("dio", "DIRECT_IO"))})  # fmt: skip
_PRIORITY = choice({str(number): f"GGML_SCHED_PRIO_{name}" for number, name in
                     enumerate(("LOW", "NORMAL", "MEDIUM", "HIGH", "REALTIME"), start=-1)})  # fmt: skip
_DRAFTING = choice({"greedy": False, "probabilistic": True})
_TYPES: Callable[[str], list[str]] = lambda text: [_DRAFT_KIND(name) for name in text.split(",")]  # noqa: E731
_OFFLOADED: Callable[[str], str] = lambda text: ",".join(rf"blk\.{layer}{_EXPERTS}" for layer in range(int(text)))  # noqa: E731
_KV_TYPE = member("GGML_TYPE_")


def _members(prefix: str, names: str) -> Callable[[str], str]:
    """One of `names`, as the member of an enumeration."""
    return choice({name: member(prefix)(name) for name in names.split()})


_DRAFT_KINDS = (
    "none draft-simple draft-eagle3 draft-mtp draft-dflash draft-dspark ngram-simple ngram-map-k ngram-map-k4v ngram-mod "
    "ngram-cache"
)
_DRAFT_KIND = _members("COMMON_SPECULATIVE_TYPE_", _DRAFT_KINDS)

ROWS: tuple[tuple[str, str, Callable[[str], Any] | None], ...] = (
    ("-c --ctx-size", "n_ctx", int),
    ("-np --parallel --n-parallel", "n_parallel", int),
    ("-t --threads", "cpuparams.n_threads", int),
    ("-tb --threads-batch", "cpuparams_batch.n_threads", int),
    ("--prio", "cpuparams.priority", _PRIORITY),
    ("--prio-batch", "cpuparams_batch.priority", _PRIORITY),
    ("--poll", "cpuparams.poll", int),
    ("--poll-batch", "cpuparams_batch.poll", int),
    ("-n --predict --n-predict", "n_predict", int),
    ("-b --batch-size", "n_batch", int),
    ("-ub --ubatch-size", "n_ubatch", int),
    ("--keep", "n_keep", int),
    ("-fa --flash-attn", "flash_attn_type", _FLASH),
    ("--rope-scaling", "rope_scaling_type", _members("LLAMA_ROPE_SCALING_TYPE_", "none linear yarn longrope")),
    ("--rope-scale", "rope_freq_scale", lambda text: 1.0 / float(text)),
    ("--rope-freq-base", "rope_freq_base", float),
    ("--rope-freq-scale", "rope_freq_scale", float),
    ("--yarn-orig-ctx", "yarn_orig_ctx", int),
    ("--yarn-ext-factor", "yarn_ext_factor", float),
    ("--yarn-attn-factor", "yarn_attn_factor", float),
    ("--yarn-beta-slow", "yarn_beta_slow", float),
    ("--yarn-beta-fast", "yarn_beta_fast", float),
    ("-ctk --cache-type-k", "cache_type_k", _KV_TYPE),
    ("-ctv --cache-type-v", "cache_type_v", _KV_TYPE),
    ("-lm --load-mode", "load_mode", _LOAD),
    ("-lzm --lazy-mode", "lazy_mode", _members("LLAMA_LAZY_MODE_", "off auto on")),
    ("--numa", "numa", _members("GGML_NUMA_STRATEGY_", "distribute isolate numactl mirror")),
    ("-ot --override-tensor", "tensor_buft_overrides", str),
    ("-ncmoe --n-cpu-moe", "tensor_buft_overrides", _OFFLOADED),
    ("--moe-cache-mib", "moe_cache_size", lambda text: int(text) * MIB),
    ("-ngl --gpu-layers --n-gpu-layers", "n_gpu_layers", layers),
    ("-sm --split-mode", "split_mode", _members("LLAMA_SPLIT_MODE_", "none layer row tensor")),
    ("-ts --tensor-split", "tensor_split", numbers),
    ("-mg --main-gpu", "main_gpu", int),
    ("-fit --fit", "fit_params", _SWITCH),
    ("-fitt --fit-target", "fit_params_target", margins),
    ("-fitc --fit-ctx", "fit_params_min_ctx", int),
    ("--lora", "lora_adapters", adapters),
    ("--lora-scaled", "lora_adapters", scaled_adapters),
    ("-lv --verbosity --log-verbosity", "verbosity", int),
    ("--samplers", "sampling.samplers", str),
    ("-s --seed", "sampling.seed", lambda text: int(text) % 2**32),
    ("--temp --temperature", "sampling.temp", float),
    ("--top-k", "sampling.top_k", int),
    ("--top-p", "sampling.top_p", float),
    ("--min-p", "sampling.min_p", float),
    ("--xtc-probability", "sampling.xtc_probability", float),
    ("--xtc-threshold", "sampling.xtc_threshold", float),
    ("--typical --typical-p", "sampling.typ_p", float),
    ("--repeat-last-n", "sampling.penalty_last_n", int),
    ("--repeat-penalty", "sampling.penalty_repeat", float),
    ("--presence-penalty", "sampling.penalty_present", float),
    ("--frequency-penalty", "sampling.penalty_freq", float),
    ("--dry-multiplier", "sampling.dry_multiplier", float),
    ("--dry-base", "sampling.dry_base", float),
    ("--dry-allowed-length", "sampling.dry_allowed_length", int),
    ("--dry-penalty-last-n", "sampling.dry_penalty_last_n", int),
    ("--adaptive-target", "sampling.adaptive_target", float),
    ("--adaptive-decay", "sampling.adaptive_decay", float),
    ("--dynatemp-range", "sampling.dynatemp_range", float),
    ("--dynatemp-exp", "sampling.dynatemp_exponent", float),
    ("--mirostat", "sampling.mirostat", int),
    ("--mirostat-lr", "sampling.mirostat_eta", float),
    ("--mirostat-ent", "sampling.mirostat_tau", float),
    ("-r --reverse-prompt", "antiprompt", lambda text: [text]),
    ("-lcs --lookup-cache-static", "speculative.ngram_cache.lookup_cache_static", str),
    ("-lcd --lookup-cache-dynamic", "speculative.ngram_cache.lookup_cache_dynamic", str),
    ("--kv-unified-per-slot", "kv_unified_per_slot", int),
    ("-ctxcp --ctx-checkpoints --swa-checkpoints", "n_ctx_checkpoints", int),
    ("-cms --checkpoint-min-step", "checkpoint_min_step", int),
    ("-cram --cache-ram", "cache_ram_mib", int),
    ("--cache-reuse", "n_cache_reuse", int),
    ("-mm --mmproj", "mmproj.path", str),
    ("-mmdev --mmproj-device", "mmproj_device", str),
    ("--image-min-tokens", "image_min_tokens", int),
    ("--image-max-tokens", "image_max_tokens", int),
    ("--mtmd-batch-max-tokens", "mtmd_batch_max_tokens", int),
    ("--video-fps", "video_fps", float),
    ("--video-timestamp-interval", "video_timestamp_interval_ms", int),
    ("--video-ffmpeg-dir", "video_ffmpeg_bin_dir", str),
    ("--tags", "model_tags", lambda text: text.split(",")),
    ("--embd-normalize", "embd_normalize", int),
    ("--chat-template-kwargs", "default_template_kwargs", template_arguments),
    ("-to --timeout", "timeout_read timeout_write", int),
    ("--sse-ping-interval", "sse_ping_interval", int),
    ("--threads-http", "n_threads_http", int),
    ("--reasoning-format", "reasoning_format", _members("COMMON_REASONING_FORMAT_", "none auto deepseek deepseek-legacy")),
    ("-rea --reasoning", "enable_reasoning", _REASONING),
    ("--reasoning-effort", "default_template_kwargs", _EFFORT),
    ("--reasoning-budget", "sampling.reasoning_budget_tokens", int),
    ("--reasoning-budget-message", "sampling.reasoning_budget_message", str),
    ("--chat-template", "chat_template", str),
    ("--chat-template-file", "chat_template", _FILE),
    ("-sps --slot-prompt-similarity", "slot_prompt_similarity", float),
    ("--sleep-idle-seconds", "sleep_idle_seconds", int),
    ("--log-prompts-dir", "path_prompts_log_dir", str),
    ("--slot-save-path", "slot_save_path", str),
    ("--spec-type", "speculative.types", _TYPES),
    ("--spec-draft-model -md --model-draft", "speculative.draft.mparams.path", str),
    ("--spec-draft-n-max", "speculative.draft.n_max", int),
    ("--spec-draft-n-min", "speculative.draft.n_min", int),
    ("--spec-draft-p-split --draft-p-split", "speculative.draft.p_split", float),
    ("--spec-draft-p-min --draft-p-min", "speculative.draft.p_min", float),
    ("--spec-draft-sampling", "speculative.draft.probabilistic", _DRAFTING),
    ("--spec-draft-ngl -ngld --gpu-layers-draft --n-gpu-layers-draft", "speculative.draft.n_gpu_layers", layers),
    ("--spec-draft-threads -td --threads-draft", "speculative.draft.cpuparams.n_threads", int),
    ("--spec-draft-threads-batch -tbd --threads-batch-draft", "speculative.draft.cpuparams_batch.n_threads", int),
    ("--spec-draft-type-k -ctkd --cache-type-k-draft", "speculative.draft.cache_type_k", _KV_TYPE),
    ("--spec-draft-type-v -ctvd --cache-type-v-draft", "speculative.draft.cache_type_v", _KV_TYPE),
    ("--spec-draft-override-tensor -otd --override-tensor-draft", "speculative.draft.tensor_buft_overrides", str),
    ("--spec-draft-device -devd --device-draft", "speculative.draft.devices", str),
    ("--spec-synth-len", "speculative.synth_len", float),
    ("--spec-ngram-mod-n-min", "speculative.ngram_mod.n_min", int),
    ("--spec-ngram-mod-n-max", "speculative.ngram_mod.n_max", int),
    ("--spec-ngram-mod-n-match", "speculative.ngram_mod.n_match", int),
    ("--spec-ngram-simple-size-n", "speculative.ngram_simple.size_n", int),
    ("--spec-ngram-simple-size-m", "speculative.ngram_simple.size_m", int),
    ("--spec-ngram-simple-min-hits", "speculative.ngram_simple.min_hits", int),
    ("--spec-ngram-map-k-size-n", "speculative.ngram_map_k.size_n", int),
    ("--spec-ngram-map-k-size-m", "speculative.ngram_map_k.size_m", int),
    ("--spec-ngram-map-k-min-hits", "speculative.ngram_map_k.min_hits", int),
    ("--spec-ngram-map-k4v-size-n", "speculative.ngram_map_k4v.size_n", int),
    ("--spec-ngram-map-k4v-size-m", "speculative.ngram_map_k4v.size_m", int),
    ("--spec-ngram-map-k4v-min-hits", "speculative.ngram_map_k4v.min_hits", int),
)  # fmt: skip

SWITCHES: tuple[tuple[str, str, Any], ...] = (
    ("--swa-full", "swa_full", True),
    ("--perf", "no_perf", False),
    ("--no-perf", "no_perf", True),
    ("-e --escape", "escape", True),
    ("--no-escape", "escape", False),
    ("-kvo --kv-offload", "no_kv_offload", False),
    ("-nkvo --no-kv-offload", "no_kv_offload", True),
    ("--repack", "no_extra_bufts", False),
    ("-nr --no-repack", "no_extra_bufts", True),
    ("--no-host", "no_host", True),
    ("--mmap", "load_mode", "LLAMA_LOAD_MODE_MMAP"),
    ("--no-mmap", "load_mode", "LLAMA_LOAD_MODE_NONE"),
    ("--mlock", "load_mode", "LLAMA_LOAD_MODE_MMAP_MLOCK"),
    ("-dio --direct-io", "load_mode", "LLAMA_LOAD_MODE_DIRECT_IO"),
    ("-cmoe --cpu-moe", "tensor_buft_overrides", _EXPERTS),
    ("--check-tensors", "check_tensors", True),
    ("--op-offload", "no_op_offload", False),
    ("--no-op-offload", "no_op_offload", True),
    ("--offline", "offline", True),
    ("-v --verbose --log-verbose", "verbosity", 10),
    ("--ignore-eos", "sampling.ignore_eos", True),
    ("-bs --backend-sampling", "sampling.backend_sampling", True),
    ("-kvu --kv-unified", "kv_unified", True),
    ("-no-kvu --no-kv-unified", "kv_unified", False),
    ("--cache-idle-slots", "cache_idle_slots", True),
    ("--no-cache-idle-slots", "cache_idle_slots", False),
    ("--context-shift", "ctx_shift", True),
    ("--no-context-shift", "ctx_shift", False),
    ("-sp --special", "special", True),
    ("--warmup", "warmup", True),
    ("--no-warmup", "warmup", False),
    ("-cb --cont-batching", "cont_batching", True),
    ("-nocb --no-cont-batching", "cont_batching", False),
    ("--mmproj-auto", "no_mmproj", False),
    ("--no-mmproj --no-mmproj-auto", "no_mmproj", True),
    ("--mmproj-offload", "mmproj_use_gpu", True),
    ("--no-mmproj-offload", "mmproj_use_gpu", False),
    ("--cache-prompt", "cache_prompt", True),
    ("--no-cache-prompt", "cache_prompt", False),
    ("--metrics", "endpoint_metrics", True),
    ("--props", "endpoint_props", True),
    ("--slots", "endpoint_slots", True),
    ("--no-slots", "endpoint_slots", False),
    ("--jinja", "use_jinja", True),
    ("--no-jinja", "use_jinja", False),
    ("--skip-chat-parsing", "force_pure_content_parser", True),
    ("--no-skip-chat-parsing", "force_pure_content_parser", False),
    ("--prefill-assistant", "prefill_assistant", True),
    ("--no-prefill-assistant", "prefill_assistant", False),
    ("--lora-init-without-apply", "lora_init_without_apply", True),
    ("--spec-draft-cpu-moe -cmoed --cpu-moe-draft", "speculative.draft.tensor_buft_overrides", _EXPERTS),
    ("--spec-draft-backend-sampling", "speculative.draft.backend_sampling", True),
    ("--no-spec-draft-backend-sampling", "speculative.draft.backend_sampling", False),
)
"""Flags that stand alone: their names, the setting, its value."""
