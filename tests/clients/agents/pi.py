"""pi: all three dialects, set in `models.json`."""

from __future__ import annotations

import json
from functools import partial

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import Agent, Seat, Start, npm_program

APIS = {"Chat": "openai-completions", "Responses": "openai-responses", "Messages": "anthropic-messages"}


def _start(seat: Seat, question: str, *, dialect: str) -> Start:
    server = seat.server
    model = {"id": server.model, "contextWindow": server.context_length, "maxTokens": 8192}
    provider = {
        "api": APIS[dialect],
        "baseUrl": server.anthropic_base_url if dialect == "Messages" else server.openai_base_url,
        "apiKey": server.api_key,
        "models": [model],
    }
    command = (npm_program("pi", ".bin/pi"), "-p", "--offline", "--model", f"unsloth/{server.model}", question)
    return Start(command, files={".pi/agent/models.json": json.dumps({"providers": {"unsloth": provider}})})


AGENTS = [
    Agent(f"pi, {dialect}", partial(_start, dialect=dialect), reading("read", "path"), writing("write", "path"))
    for dialect in APIS
]
