"""aider. Options and variables: https://aider.chat/docs/config/options.html. It calls models through litellm, where
`openai/` means any OpenAI-compatible server."""

from __future__ import annotations

import json

from unsloth_studio.clients.facts import (
    Client,
    ClientSetup,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
    Written,
)

_METADATA = "model-metadata.json"


def metadata(facts: ServerFacts) -> str:
    """What aider and litellm know of models, for ours."""
    limits = {} if facts.context_length is None else {"max_input_tokens": facts.context_length}
    known = {
        "max_tokens": facts.answer_tokens,
        "max_output_tokens": facts.answer_tokens,
        **limits,
        "input_cost_per_token": 0,
        "output_cost_per_token": 0,
        "litellm_provider": "openai",
        "mode": "chat",
    }
    names = dict.fromkeys((facts.model, facts.tiers.haiku))
    return json.dumps({f"openai/{name}": known for name in names}, indent=2) + "\n"


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    env = {
        "OPENAI_API_BASE": facts.openai_url,
        "OPENAI_API_KEY": facts.key,
        "AIDER_MODEL": f"openai/{facts.model}",
        "AIDER_WEAK_MODEL": f"openai/{facts.tiers.haiku}",
        "AIDER_MODEL_METADATA_FILE": f"{place.folder}/{_METADATA}",
        "AIDER_SHOW_MODEL_WARNINGS": "false",
        "AIDER_TIMEOUT": "3600",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else litellm fetches the prices of other models first
    }
    unset = ("AIDER_OPENAI_API_BASE", "AIDER_OPENAI_API_KEY", "OPENAI_BASE_URL")
    return ClientSetup(env, unset, (SessionFile(_METADATA, metadata(facts)),))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    del key_file  # it has no way to refer to one
    options = {
        "model": f"openai/{facts.model}",
        "weak-model": f"openai/{facts.tiers.haiku}",
        "openai-api-base": facts.openai_url,
        "openai-api-key": facts.key,
        "show-model-warnings": False,
        "timeout": 3600,
    }
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in options.items())
    return Persisted(
        (
            Written(UserFile("~", ".aider.conf.yml"), text),
            Written(UserFile("~", ".aider.model.metadata.json"), metadata(facts)),
        ),
        "aider",
    )


CLIENT = Client(
    id="aider",
    name="aider",
    program="aider",
    install="python -m pip install aider-install && aider-install",
    dialect="OpenAI Chat Completions",
    session=session,
    persist=persist,
    minimum_context=8192,
    page="aider",
    tested="0.86.2",
    limits=(
        "It does not use tools: it asks for edits as text, so a small model has to keep to its format.",
        "`model` in an `.aider.conf.yml` of yours does not win over `unsloth start`, a `--model` among your words does.",
        "`--persist` writes `~/.aider.conf.yml` only where there is none, and with the key in it (mode 0600).",
    ),
)
