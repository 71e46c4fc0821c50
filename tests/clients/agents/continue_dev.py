"""Continue's `cn`: Chat and Messages, set in a YAML file (JSON is YAML)."""

from __future__ import annotations

import json
from functools import partial

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import Agent, Seat, Start, npm_program

PROVIDERS = {"Chat": "openai", "Messages": "anthropic"}


def _start(seat: Seat, question: str, *, dialect: str) -> Start:
    server = seat.server
    model = {
        "name": server.model,
        "provider": PROVIDERS[dialect],
        "model": server.model,
        "apiBase": server.openai_base_url,
        "apiKey": server.api_key,
        "roles": ["chat", "edit", "apply"],
        "capabilities": ["tool_use"],
        "defaultCompletionOptions": {"contextLength": server.context_length, "maxTokens": 4096},
    }
    config = {"name": "local", "version": "1.0.0", "schema": "v1", "models": [model]}
    command = (npm_program("continue", ".bin/cn"), "-p", "--auto", "--config", seat.home / "continue.yaml", question)
    environment = {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_CLI_AUTO_UPDATED": "true"}
    return Start(command, environment, {"continue.yaml": json.dumps(config)})


AGENTS = [
    Agent(
        f"Continue, {dialect}",
        partial(_start, dialect=dialect),
        reading("Read", "filepath"),
        writing("Write", "filepath"),
        overflow_words="Context length exceeded",
    )
    for dialect in PROVIDERS
]
