"""The context window of a model, under every name that a client looks for it: the one place where these names stand.

The rule: it is what a request really gets (prompt and answer together, in tokens), never what the model was trained for;
that has names of its own. A client that does not find it guesses, and then never compacts.
"""

from __future__ import annotations

from typing import Any


def window_fields(length: int | None, *, native: int | None, loaded: bool) -> dict[str, Any]:
    """Members of a model's object. `length` is tokens per request, None while unknown, `native` what it was trained for.

    `max_input_tokens` and `max_tokens`: Anthropic's `ModelInfo`. `context_length` and `top_provider`: OpenRouter.
    `max_model_len`: vLLM. `context_window`: Groq, and Codex' catalogue. `max_context_length` (native) and
    `loaded_context_length`: LM Studio's `/api/v0/models`. `meta`: llama.cpp's server.
    """
    return {
        "max_input_tokens": length,
        "max_tokens": length,
        "context_length": length,
        "context_window": length,
        "max_model_len": length,
        "max_context_length": native or length,
        "loaded_context_length": length if loaded else None,
        "top_provider": {"context_length": length, "max_completion_tokens": length, "is_moderated": False},
        "meta": {"n_ctx": length, "n_ctx_train": native or length},
    }
