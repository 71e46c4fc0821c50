"""OpenCode: all three dialects by way of the AI SDK's packages, set in `opencode.json`."""

from __future__ import annotations

import json
from functools import partial

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import ARCHITECTURE, Agent, Seat, Start, npm_program

PACKAGES = {"Chat": "@ai-sdk/openai-compatible", "Responses": "@ai-sdk/openai", "Messages": "@ai-sdk/anthropic"}


def _start(seat: Seat, question: str, *, dialect: str) -> Start:
    server = seat.server
    model = {"name": server.model, "tool_call": True, "limit": {"context": server.context_length, "output": 8192}}
    provider = {
        "npm": PACKAGES[dialect],
        "name": "Unsloth Studio",
        "options": {"baseURL": server.openai_base_url, "apiKey": server.api_key},
        "models": {server.model: model},
    }
    config = {
        "$schema": "https://opencode.ai/config.json",
        "model": f"unsloth/{server.model}",
        "small_model": f"unsloth/{server.model}",
        "provider": {"unsloth": provider},
        "enabled_providers": ["unsloth"],
        "permission": "allow",
        "autoupdate": False,
        "share": "disabled",
    }
    environment = {"OPENCODE_DISABLE_MODELS_FETCH": "true", "OPENCODE_DISABLE_LSP_DOWNLOAD": "true"}
    command = (npm_program("opencode", f"opencode-linux-{ARCHITECTURE}/bin/opencode"), "run", question)
    return Start(command, environment, {".config/opencode/opencode.json": json.dumps(config)})


AGENTS = [
    Agent(
        f"OpenCode, {dialect}",
        partial(_start, dialect=dialect),
        reading("read", "filePath"),
        writing("write", "filePath"),
    )
    for dialect in PACKAGES
]
