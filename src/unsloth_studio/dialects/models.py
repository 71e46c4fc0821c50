"""`GET /v1/models` and `GET /v1/models/{id}`: one shape that OpenAI and Anthropic clients both read.

The rule: every field that either official SDK requires is there (`openai.types.Model`, `anthropic.types.ModelInfo` and the
page around them), and ours stand beside them: `context_length` and `max_model_len` (the same number, in tokens, under the
names that OpenRouter's and vLLM's clients look for), `loaded`, `state`, `quantization` and, where known, `settings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from msgspec import Struct


class ModelCard(Struct, frozen=True):
    """What a client is told of a model. `id` is what it puts into `model`; `context_length` is in tokens per request, None
    while unknown; `created` is Unix time in seconds. `vision`, `reasoning` and `tools` say what the model can do,
    `server_tools` that this server runs tools for its clients; `state` is one of `available` (here, not loaded), `queued`,
    `loading`, `ready`, `unloading`, `failed`; `settings` are the sampling values that hold for it, with their reasons."""

    id: str
    context_length: int | None
    loaded: bool
    created: int
    owned_by: str = "unsloth-studio"
    display_name: str | None = None
    vision: bool = False
    reasoning: bool = False
    tools: bool = True
    server_tools: bool = False
    state: str = "ready"
    quantization: str | None = None
    settings: Mapping[str, Any] | None = None


def write_list(cards: Sequence[ModelCard]) -> bytes:
    """All models on one page, in the order given."""
    return orjson.dumps(
        {
            "object": "list",
            "data": [_card_object(card) for card in cards],
            "has_more": False,
            "first_id": cards[0].id if cards else None,
            "last_id": cards[-1].id if cards else None,
        }
    )


def write_card(card: ModelCard) -> bytes:
    """One model."""
    return orjson.dumps(_card_object(card))


def _card_object(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "object": "model",
        "created": card.created,
        "owned_by": card.owned_by,
        "type": "model",
        "display_name": card.display_name or card.id,
        "created_at": datetime.fromtimestamp(card.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
        "max_input_tokens": card.context_length,
        "max_tokens": card.context_length,
        "context_length": card.context_length,
        "max_model_len": card.context_length,
        "loaded": card.loaded,
        "state": card.state,
        "quantization": card.quantization,
        "capabilities": _capabilities(card),
        **({} if card.settings is None else {"settings": card.settings}),
    }


def _capabilities(card: ModelCard) -> dict[str, Any]:
    """`anthropic.types.ModelCapabilities`, with tool calling added to it."""
    thinking = {
        "adaptive": card.reasoning,
        "between_tools": card.reasoning,
        "disabled": True,
        "enabled": card.reasoning,
    }
    ours = card.tools and card.server_tools
    efforts = {"low": card.reasoning, "medium": card.reasoning, "high": card.reasoning, "max": card.reasoning}
    return {
        "batch": _support(False),
        "citations": _support(False),
        "code_execution": _support(False),
        "context_management": _support(False),
        "effort": {**_support(card.reasoning), **_supports(efforts)},
        "image_input": _support(card.vision),
        "pdf_input": _support(False),
        "server_tools": {**_support(ours), **_supports({"code_execution": ours, "web_search": ours})},
        "structured_outputs": _support(True),
        "thinking": {**_support(card.reasoning), "types": _supports(thinking)},
        "tools": _support(card.tools),
    }


def _support(supported: bool) -> dict[str, bool]:
    return {"supported": supported}


def _supports(named: dict[str, bool]) -> dict[str, dict[str, bool]]:
    return {name: _support(supported) for name, supported in named.items()}
