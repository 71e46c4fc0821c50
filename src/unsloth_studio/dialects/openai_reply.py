"""What the replies of Chat Completions and Completions share: `usage`, `timings`, and numbers that JSON can hold.

One rule: a prompt that several answers share is counted once. Format: `CompletionUsage` of the official Python SDK.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unsloth_studio.turn.events import Timings, Usage

LEAST_LOGPROB = -9999.0
"""Stands for an impossible token, as at OpenAI: JSON has no minus infinity."""


def usage_object(usages: Sequence[Usage], *, n: int) -> dict[str, Any]:
    """The sum over all choices. The `n` answers to one prompt stand side by side and share it, so a prompt counts once."""
    prompts = usages[::n]
    prompt_tokens = sum(usage.prompt_tokens for usage in prompts)
    completion_tokens = sum(usage.completion_tokens for usage in usages)
    reasoning = [usage.reasoning_tokens for usage in usages if usage.reasoning_tokens is not None]
    whole: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": sum(usage.cached_tokens for usage in prompts)},
    }
    if reasoning:
        whole["completion_tokens_details"] = {"reasoning_tokens": sum(reasoning)}
    return whole


def timings_field(timings: Timings | None) -> dict[str, Any]:
    """`{"timings": {...}}` under llama.cpp's names, a key beside the documented ones; empty when nothing was measured."""
    if timings is None:
        return {}
    return {
        "timings": {
            "prompt_ms": timings.prompt_ms,
            "predicted_ms": timings.predicted_ms,
            "prompt_per_second": timings.prompt_per_second,
            "predicted_per_second": timings.predicted_per_second,
        }
    }


def finite(logprob: float) -> float:
    """`LEAST_LOGPROB` for what is smaller or no number."""
    return logprob if logprob > LEAST_LOGPROB else LEAST_LOGPROB
