"""Continue's command line, `cn`. Its configuration: https://docs.continue.dev/reference. A JSON text is a YAML text."""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.clients.facts import (
    KEY_VARIABLE,
    Client,
    ClientSetup,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
    Written,
)

_CONFIG = "config.yaml"


def config(facts: ServerFacts, key: str) -> str:
    """`key` as it stands in the file."""
    window = {} if facts.context_length is None else {"contextLength": facts.context_length}
    model: dict[str, Any] = {
        "name": facts.model,
        "provider": "openai",
        "model": facts.model,
        "apiBase": facts.openai_url,
        "apiKey": key,
        "roles": ["chat", "edit", "apply"],
        "capabilities": ["tool_use"],
        "defaultCompletionOptions": {**window, "maxTokens": facts.answer_tokens},
        "requestOptions": {"timeout": 3_600_000},
    }
    whole = {"name": "unsloth", "version": "1.0.0", "schema": "v1", "models": [model]}
    return json.dumps(whole, indent=2) + "\n"


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    file = SessionFile(_CONFIG, config(facts, f"${{{{ secrets.{KEY_VARIABLE} }}}}"))
    return ClientSetup({KEY_VARIABLE: facts.key}, files=(file,), words=("--config", f"{place.folder}/{_CONFIG}"))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    del key_file  # it has no way to refer to one
    return Persisted((Written(UserFile("~/.continue", _CONFIG), config(facts, facts.key)),), "cn")


CLIENT = Client(
    id="continue",
    name="Continue",
    program="cn",
    install="npm install -g @continuedev/cli",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    aliases=("cn",),
    minimum_context=16_384,
    page="continue",
    tested="1.5.47",
    limits=(
        "This is the command line. The extensions for VS Code and JetBrains read `~/.continue/config.yaml`: put the entry "
        "of `models` into it.",
        "`--persist` writes `config.yaml` only where there is none: a file of yours would have to be rewritten.",
    ),
)
