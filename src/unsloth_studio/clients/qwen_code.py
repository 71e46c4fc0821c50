"""Qwen Code. Settings: https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings/; those of the file that
`QWEN_CODE_SYSTEM_SETTINGS_PATH` names win over the user's and the project's."""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.clients.facts import (
    KEY_VARIABLE,
    Client,
    ClientSetup,
    Merged,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
)

_SETTINGS = "settings.json"

_KEPT_FREE = 33_000
"""Tokens that Qwen Code keeps free for a summary and more, of every window that is larger (read and tried with 0.24): of
40,960 it would use 7,960, less than its own prompt, and summarise after every call of a tool. Of a window that is no larger
it uses `_SHARE`."""
_SHARE = 0.85


def told_window(context_length: int) -> int:
    """The window to tell of: the true one, or the part of it that lets the conversation become longest."""
    too_early = _KEPT_FREE < context_length < _KEPT_FREE * (1 + _SHARE)
    return _KEPT_FREE if too_early else context_length


def settings(facts: ServerFacts) -> dict[str, Any]:
    window = {} if facts.context_length is None else {"contextWindowSize": told_window(facts.context_length)}
    generation = {"timeout": 3_600_000, **window, "samplingParams": {"max_tokens": facts.answer_tokens}}
    model = {
        "id": facts.model,
        "name": facts.model,
        "envKey": KEY_VARIABLE,
        "baseUrl": facts.openai_url,
        "generationConfig": generation,
    }
    return {
        "modelProviders": {"openai": [model]},
        "security": {"auth": {"selectedType": "openai"}},
        "model": {"name": facts.model},
    }


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    file = SessionFile(_SETTINGS, json.dumps(settings(facts), indent=2) + "\n")
    env = {KEY_VARIABLE: facts.key, "QWEN_CODE_SYSTEM_SETTINGS_PATH": f"{place.folder}/{_SETTINGS}"}
    words = ("--auth-type", "openai", "--model", facts.model)
    return ClientSetup(env, ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "QWEN_MODEL"), (file,), words)


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    del key_file  # it can only be told a variable, and sets variables from its settings
    value = {**settings(facts), "env": {KEY_VARIABLE: facts.key}}
    return Persisted((Merged(UserFile("~/.qwen", _SETTINGS, "QWEN_HOME"), value),), "qwen")


CLIENT = Client(
    id="qwen",
    name="Qwen Code",
    program="qwen",
    install="npm install -g @qwen-code/qwen-code",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    aliases=("qwen-code",),
    minimum_context=32_768,
    page="qwen",
    tested="0.24.4",
    limits=(
        "Its own prompt takes about 20,000 tokens, and of a large window it keeps 33,000 free: it summarises at 28,000 "
        "tokens where there are 32768 to 61000, and at 32,536 where there are 65536. For long tasks give it 131072.",
        "With `--persist` the key stands in its settings, which are then closed to other users (mode 0600).",
    ),
)
