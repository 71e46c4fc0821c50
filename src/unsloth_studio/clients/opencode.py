"""OpenCode. Its configuration: https://opencode.ai/docs/config. `OPENCODE_CONFIG_CONTENT` goes over all files."""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.clients.facts import (
    KEY_VARIABLE,
    PROVIDER,
    Client,
    ClientSetup,
    Merged,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
)


def config(facts: ServerFacts, key: str) -> dict[str, Any]:
    """`key` as OpenCode's configuration refers to it."""
    names = dict.fromkeys((facts.model, facts.tiers.haiku))
    return {
        "$schema": "https://opencode.ai/config.json",
        "model": f"{PROVIDER}/{facts.model}",
        "small_model": f"{PROVIDER}/{facts.tiers.haiku}",
        "provider": {
            PROVIDER: {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Unsloth",
                "options": {"baseURL": facts.openai_url, "apiKey": key, "timeout": False},
                "models": {name: _model(facts, name) for name in names},
            }
        },
    }


def _model(facts: ServerFacts, name: str) -> dict[str, Any]:
    """OpenCode summarises when an `output` is left of `input` (read in 1.18), which is `facts.compact_at`; without `input`,
    of `context`, and then the results of the next tools may not fit."""
    model: dict[str, Any] = {"name": name, "tool_call": True}
    if facts.context_length is not None and name == facts.model:
        room = facts.context_length // 10
        model["limit"] = {
            "context": facts.context_length,
            "input": facts.context_length - room,
            "output": facts.answer_tokens,
        }
    return model


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    del place
    content = json.dumps(config(facts, f"{{env:{KEY_VARIABLE}}}"))
    return ClientSetup({KEY_VARIABLE: facts.key, "OPENCODE_CONFIG_CONTENT": content})


def by_hand(facts: ServerFacts, place: Place) -> ClientSetup:
    file = SessionFile("opencode.json", json.dumps(config(facts, f"{{env:{KEY_VARIABLE}}}"), indent=2) + "\n")
    return ClientSetup({KEY_VARIABLE: facts.key, "OPENCODE_CONFIG": f"{place.folder}/{file.name}"}, files=(file,))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    value = config(facts, f"{{file:{key_file}}}")
    return Persisted(
        (Merged(UserFile("~/.config/opencode", "opencode.json", "OPENCODE_CONFIG_DIR"), value),), "opencode"
    )


CLIENT = Client(
    id="opencode",
    name="OpenCode",
    program="opencode",
    install="npm install -g opencode-ai",
    dialect="OpenAI Chat Completions",
    session=session,
    by_hand=by_hand,
    persist=persist,
    minimum_context=16_384,
    page="opencode",
    tested="1.18.33",
    limits=("It asks the small model for a title of each session: with one slot that request waits for the answer.",),
)
