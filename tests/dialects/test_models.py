"""The list of models, read by both official SDKs in strict mode."""

from __future__ import annotations

import json

import anthropic.pagination
import anthropic.types
import openai.pagination
import openai.types
import pytest
from msgspec.structs import replace

from unsloth_studio.dialects.models import ModelCard, write_card, write_list

CARDS = [
    ModelCard("gemma-4-26B-A4B-it-GGUF", 131072, loaded=True, created=1_795_000_000, vision=True, reasoning=True),
    ModelCard(
        "demo", None, loaded=False, created=0, display_name="The demo model", state="loading", quantization="Q8_0"
    ),
]
OURS_FOR_OPENAI = {
    "type", "display_name", "created_at", "lifecycle", "max_input_tokens", "max_tokens", "context_length",
    "max_model_len", "loaded", "state", "quantization", "capabilities",
}  # fmt: skip
OURS_FOR_ANTHROPIC = {
    "object", "created", "owned_by", "context_length", "max_model_len", "loaded", "state", "quantization",
}  # fmt: skip


def test_the_openai_sdk_reads_the_page() -> None:
    page = openai.pagination.SyncPage[openai.types.Model].model_validate_json(write_list(CARDS), strict=True)
    assert [(m.id, m.created, m.owned_by) for m in page.data] == [
        ("gemma-4-26B-A4B-it-GGUF", 1_795_000_000, "unsloth-studio"),
        ("demo", 0, "unsloth-studio"),
    ]
    assert {name for model in page.data for name in model.model_extra or {}} == OURS_FOR_OPENAI


def test_the_anthropic_sdk_reads_the_page() -> None:
    page = anthropic.pagination.SyncPage[anthropic.types.ModelInfo].model_validate_json(write_list(CARDS), strict=True)
    assert [(m.id, m.display_name, m.max_input_tokens) for m in page.data] == [
        ("gemma-4-26B-A4B-it-GGUF", "gemma-4-26B-A4B-it-GGUF", 131072),
        ("demo", "The demo model", None),
    ]
    assert (page.has_more, page.first_id, page.last_id) == (False, "gemma-4-26B-A4B-it-GGUF", "demo")
    assert page.data[0].created_at.timestamp() == 1_795_000_000
    assert {name for model in page.data for name in model.model_extra or {}} == OURS_FOR_ANTHROPIC


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_capabilities_are_those_of_the_card(card: ModelCard) -> None:
    capabilities = anthropic.types.ModelInfo.model_validate_json(write_card(card), strict=True).capabilities
    assert capabilities is not None
    assert capabilities.image_input.supported is card.vision
    assert capabilities.thinking.supported is card.reasoning
    assert capabilities.thinking.types.enabled.supported is card.reasoning


def test_a_list_without_models_is_a_page_too() -> None:
    page = json.loads(write_list([]))
    assert page == {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}


def test_one_model_is_the_entry_of_the_list() -> None:
    assert json.loads(write_card(CARDS[0])) == json.loads(write_list(CARDS))["data"][0]
    assert openai.types.Model.model_validate_json(write_card(CARDS[0]), strict=True).id == CARDS[0].id


def test_the_context_length_is_there_under_every_name() -> None:
    card = json.loads(write_card(CARDS[0]))
    assert (card["context_length"], card["max_model_len"], card["loaded"]) == (131072, 131072, True)


def test_the_state_and_the_settings_are_told() -> None:
    first, second = json.loads(write_list(CARDS))["data"]
    assert (first["state"], first["quantization"], second["state"], second["quantization"]) == (
        "ready",
        None,
        "loading",
        "Q8_0",
    )
    assert "settings" not in first
    settings = {"temperature": {"value": 0.7, "reason": "the model's family"}}
    assert json.loads(write_card(replace(CARDS[0], settings=settings)))["settings"] == settings
