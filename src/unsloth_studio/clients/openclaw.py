"""OpenClaw. Its configuration: https://docs.openclaw.ai/gateway/configuration.

The rule: a session has a configuration of its own (`OPENCLAW_CONFIG_PATH`) that includes the user's and goes over it; its
state (memories, sessions) stays the user's.
"""

from __future__ import annotations

import json
from pathlib import PurePath
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

_CONFIG = "openclaw.json"
_OWN = UserFile("~/.openclaw", _CONFIG, "OPENCLAW_STATE_DIR")


def config(facts: ServerFacts, key: Any) -> dict[str, Any]:
    """`key` as OpenClaw's configuration refers to it."""
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
    provider = {
        "baseUrl": facts.openai_url,
        "apiKey": key,
        "api": "openai-completions",
        "timeoutSeconds": 3600,
        "models": [model],
    }
    return {
        "models": {"mode": "merge", "providers": {PROVIDER: provider}},
        "agents": {"defaults": {"model": {"primary": f"{PROVIDER}/{facts.model}"}}},
    }


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    whole = config(facts, f"${{{KEY_VARIABLE}}}")
    env = {KEY_VARIABLE: facts.key, "OPENCLAW_CONFIG_PATH": f"{place.folder}/{_CONFIG}"}
    if place.config is not None:
        whole = {"$include": place.config, **whole}
        env["OPENCLAW_INCLUDE_ROOTS"] = str(PurePath(place.config).parent)
    file = SessionFile(_CONFIG, json.dumps(whole, indent=2) + "\n")
    return ClientSetup(env, files=(file,), without_words=("chat",))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    secret = {"source": "file", "provider": PROVIDER, "id": "value"}
    source = {"source": "file", "path": key_file, "mode": "singleValue"}
    value = {**config(facts, secret), "secrets": {"providers": {PROVIDER: source}}}
    return Persisted((Merged(_OWN, value),), "openclaw chat")


CLIENT = Client(
    id="openclaw",
    name="OpenClaw",
    program="openclaw",
    install="npm install -g openclaw",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    own_config=_OWN,
    minimum_context=32_768,
    page="openclaw",
    tested="2026.9.6",
    limits=(
        "`unsloth start openclaw` opens `openclaw chat`, which wants the state folder for itself: stop a running gateway "
        "first (`openclaw gateway stop`). For the gateway use `--persist`.",
        "A list of allowed models of yours (`agents.defaults.models`) has to contain `unsloth/MODEL`.",
    ),
)
