"""How fast the model loads and writes, on one core: `python -m demo speed`."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from unsloth_studio.engine.embedded import apply_settings

_ROUNDS = 5
_TOKENS = 150
_PROMPT = "<|im_start|>user\nCount to 50.<|im_end|>\n<|im_start|>assistant\n"


@dataclass(frozen=True, slots=True)
class Speed:
    load_seconds: float
    tokens_per_second: float


def measure(model: Path) -> Speed:
    """Medians of some rounds with one engine thread; this process keeps to one core from now on (Linux)."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    engine: Any = importlib.import_module("xllamacpp")
    params = engine.CommonParams()
    settings = {
        "model.path": str(model),
        "n_ctx": 8192,
        "n_parallel": 1,
        "cpuparams.n_threads": 1,
        "cpuparams_batch.n_threads": 1,
    }
    apply_settings(params, settings)
    servers = [_timed(lambda: engine.Server(params)) for _ in range(_ROUNDS)]
    server = servers[-1][1]
    rates = [_rate(server) for _ in range(_ROUNDS)]
    return Speed(median(seconds for seconds, _ in servers), median(rates))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def _rate(server: Any) -> float:
    body = {"prompt": _PROMPT, "n_predict": _TOKENS, "temperature": 0, "ignore_eos": True}
    return float(server.handle_completions(body)["timings"]["predicted_per_second"])
