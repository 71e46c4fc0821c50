"""Cline's command line. Its provider's settings are a file that `CLINE_PROVIDER_SETTINGS_PATH` names (read in 3.0.65).

The rule: a session runs in its own process (`CLINE_SESSION_BACKEND_MODE=local`). Cline's background hub would live on with
the session's variables, and serve later sessions with settings that are gone.
"""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.clients.facts import (
    Client,
    ClientSetup,
    Merged,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
)

_PROVIDER = "openai-compatible"
_FILE = "providers.json"
_MOMENT = "2026-01-01T00:00:00.000Z"
"""It wants to know when the entry was written, and uses it for nothing that concerns us."""


def providers(facts: ServerFacts) -> dict[str, Any]:
    window = {} if facts.context_length is None else {"contextWindow": facts.context_length}
    settings = {
        "provider": _PROVIDER,
        "apiKey": facts.key,
        "model": facts.model,
        "baseUrl": facts.openai_url,
        "maxTokens": facts.answer_tokens,
        **window,
        "timeout": 3_600_000,
    }
    entry = {"settings": settings, "updatedAt": _MOMENT, "tokenSource": "manual"}
    return {"version": 1, "lastUsedProvider": _PROVIDER, "modes": {}, "providers": {_PROVIDER: entry}}


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    file = SessionFile(_FILE, json.dumps(providers(facts), indent=2) + "\n")
    env = {"CLINE_PROVIDER_SETTINGS_PATH": f"{place.folder}/{_FILE}", "CLINE_SESSION_BACKEND_MODE": "local"}
    return ClientSetup(env, files=(file,), words=("--provider", _PROVIDER, "--model", facts.model))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    del key_file  # it has no way to refer to one
    file = UserFile("~/.cline/data/settings", _FILE)
    return Persisted((Merged(file, providers(facts)),), f"cline --provider {_PROVIDER}")


CLIENT = Client(
    id="cline",
    name="Cline",
    program="cline",
    install="npm install -g cline",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    minimum_context=16_384,
    page="cline",
    tested="3.0.65",
    limits=(
        "This is the command line; for VS Code see below.",
        "A session does not use Cline's background hub, so `--zen` and the dashboard do not work in it.",
        "Cline keeps keys in plain text: in a file that is removed at the end of the session, or with `--persist` in its "
        "own, which is then closed to other users (mode 0600).",
        "Commands such as `cline auth` do not take the words that a session begins with; run them without `unsloth start`.",
    ),
)
