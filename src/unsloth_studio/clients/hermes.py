"""Hermes Agent. What stands in the folder that `HERMES_MANAGED_DIR` names wins over the user's `config.yaml`, member by
member (read in and tried with 0.19). A JSON text is a YAML text."""

from __future__ import annotations

import json
from typing import Any

from unsloth_studio.clients.facts import KEY_VARIABLE, Client, ClientSetup, Place, ServerFacts, SessionFile

_CONFIG = "config.yaml"


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    window = {} if facts.context_length is None else {"context_length": facts.context_length}
    model: dict[str, Any] = {
        "provider": "custom",
        "default": facts.model,
        "base_url": facts.openai_url,
        "api_key": f"${{{KEY_VARIABLE}}}",
        **window,
    }
    file = SessionFile(_CONFIG, json.dumps({"model": model}, indent=2) + "\n")
    env = {KEY_VARIABLE: facts.key, "HERMES_MANAGED_DIR": place.folder}
    return ClientSetup(env, ("HERMES_INFERENCE_PROVIDER", "HERMES_INFERENCE_MODEL", "CUSTOM_BASE_URL"), (file,))


CLIENT = Client(
    id="hermes",
    name="Hermes Agent",
    program="hermes",
    install="python -m pip install hermes-agent",
    dialect="OpenAI Chat Completions",
    session=session,
    why_not_persist="Its config.yaml would have to be rewritten. Choose the custom endpoint once with `hermes model`.",
    minimum_context=64_000,
    page="hermes",
    tested="0.19.0",
    limits=("It refuses models whose context is below 64000 tokens.",),
)
