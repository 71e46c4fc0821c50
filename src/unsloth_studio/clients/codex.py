"""Codex. Keys of its configuration: https://developers.openai.com/codex/config-reference.

The rule: a session is set up by words alone (`-c KEY=TOML`), which win over all files; for good, by a profile of its own
(`--profile unsloth` reads `unsloth.config.toml`, since 0.134), so that no line of the user's changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from unsloth_studio.clients.facts import (
    KEY_VARIABLE,
    PROVIDER,
    Client,
    ClientSetup,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
    Written,
)

_PROVIDER = "unsloth_api"
_PROFILE = f"{PROVIDER}.config.toml"
_IDLE_MS = 3_600_000
"""A long prompt is read for minutes on a CPU; the server says meanwhile that it lives, in a way Codex does not count."""

Value = str | int | bool
Table = Mapping[str, Value]


def _settings(facts: ServerFacts) -> dict[str, Value]:
    window: dict[str, Value] = {}
    if facts.context_length is not None and facts.compact_at is not None:
        window = {"model_context_window": facts.context_length, "model_auto_compact_token_limit": facts.compact_at}
    return {"model": facts.model, "model_provider": _PROVIDER, **window}


def _provider(facts: ServerFacts) -> dict[str, Value]:
    return {
        "name": "Unsloth",
        "base_url": facts.openai_url,
        "env_key": KEY_VARIABLE,
        "wire_api": "responses",
        "requires_openai_auth": False,
        "stream_idle_timeout_ms": _IDLE_MS,
    }


def _toml(value: Value) -> str:
    return json.dumps(value)  # a TOML basic string is a JSON string, but for DEL, which no id has


def _profile(facts: ServerFacts, provider: Table, more: tuple[str, ...] = ()) -> str:
    lines = [f"{name} = {_toml(value)}" for name, value in _settings(facts).items()]
    lines += ["", f"[model_providers.{_PROVIDER}]"]
    lines += [f"{name} = {_toml(value)}" for name, value in provider.items()]
    return "\n".join([*lines, *more]) + "\n"


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    del place
    members = {
        **_settings(facts),
        **{f"model_providers.{_PROVIDER}.{name}": value for name, value in _provider(facts).items()},
    }
    words = [word for name, value in members.items() for word in ("-c", f"{name}={_toml(value)}")]
    return ClientSetup({KEY_VARIABLE: facts.key}, words=tuple(words))


def by_hand(facts: ServerFacts, place: Place) -> ClientSetup:
    del place
    profile = SessionFile(f"~/.codex/{_PROFILE}", _profile(facts, _provider(facts)))
    return ClientSetup({KEY_VARIABLE: facts.key}, files=(profile,), words=("--profile", PROVIDER))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    provider = {name: value for name, value in _provider(facts).items() if name != "env_key"}
    auth = ("", f"[model_providers.{_PROVIDER}.auth]", 'command = "cat"', f"args = [{_toml(key_file)}]")
    written = Written(UserFile("~/.codex", _PROFILE, "CODEX_HOME"), _profile(facts, provider, auth))
    return Persisted((written,), f"codex --profile {PROVIDER}")


CLIENT = Client(
    id="codex",
    name="Codex",
    program="codex",
    install="npm install -g @openai/codex",
    dialect="OpenAI Responses",
    session=session,
    by_hand=by_hand,
    persist=persist,
    minimum_context=16_384,
    page="codex",
    tested="0.171.0",
    limits=(
        "It warns that it has no metadata for the model. The window and the point of compaction are set all the same.",
        "The profile needs Codex 0.134 or newer; `unsloth start codex` does not use one.",
    ),
)
