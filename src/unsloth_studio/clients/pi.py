"""pi. Providers of extensions: docs/custom-provider.md and docs/models.md of its package.

The rule: a session's provider comes from an extension (`-e`), so that the user's folder, with sessions and settings, stays
in use.
"""

from __future__ import annotations

import json
import shlex
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

_EXTENSION = "unsloth.js"
_FOLDER = "~/.pi/agent"
_FOLDER_VARIABLE = "PI_CODING_AGENT_DIR"


def provider(facts: ServerFacts, key: str) -> dict[str, Any]:
    """`key` as pi resolves it: a variable's name behind `$`, or a command behind `!`."""
    window = {} if facts.context_length is None else {"contextWindow": facts.context_length}
    model = {
        "id": facts.model,
        "name": facts.model,
        "reasoning": False,
        "input": ["text"],
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
        **window,
        "maxTokens": facts.answer_tokens,
    }
    return {"baseUrl": facts.openai_url, "api": "openai-completions", "apiKey": key, "models": [model]}


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    described = json.dumps(provider(facts, f"${KEY_VARIABLE}"), indent=2)
    text = f"export default function (pi) {{\n  pi.registerProvider({json.dumps(PROVIDER)}, {described});\n}}\n"
    words = ("-e", f"{place.folder}/{_EXTENSION}", "--provider", PROVIDER, "--model", facts.model)
    return ClientSetup({KEY_VARIABLE: facts.key}, files=(SessionFile(_EXTENSION, text),), words=words)


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    models = {"providers": {PROVIDER: provider(facts, f"!cat {shlex.quote(key_file)}")}}
    chosen = {"defaultProvider": PROVIDER, "defaultModel": facts.model}
    return Persisted(
        (
            Merged(UserFile(_FOLDER, "models.json", _FOLDER_VARIABLE), models),
            Merged(UserFile(_FOLDER, "settings.json", _FOLDER_VARIABLE), chosen),
        ),
        "pi",
    )


CLIENT = Client(
    id="pi",
    name="pi",
    program="pi",
    install="npm install -g @earendil-works/pi-coding-agent",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    minimum_context=24_576,
    page="pi",
    tested="1.6.0",
    limits=(
        "It summarises when 16384 tokens of the window are left, whatever its size: with 16384 or less, at every turn. "
        "`compaction.reserveTokens` in its settings changes that.",
        "Commands such as `pi install` do not take the words that a session begins with; run them without `unsloth start`.",
    ),
)
