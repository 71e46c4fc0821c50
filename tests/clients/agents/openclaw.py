"""OpenClaw: all three dialects, set in `openclaw.json`."""

from __future__ import annotations

import json
from functools import partial

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import Agent, Seat, Start, npm_program

APIS = {"Chat": "openai-completions", "Responses": "openai-responses", "Messages": "anthropic-messages"}


def _start(seat: Seat, question: str, *, dialect: str) -> Start:
    server = seat.server
    model = {
        "id": server.model,
        "name": server.model,
        "input": ["text"],
        "reasoning": False,
        "contextWindow": server.context_length,
        "maxTokens": 8192,
    }
    provider = {
        "baseUrl": server.anthropic_base_url if dialect == "Messages" else server.openai_base_url,
        "apiKey": server.api_key,
        "api": APIS[dialect],
        "models": [model],
    }
    config = {
        "models": {"mode": "merge", "providers": {"unsloth": provider}},
        "agents": {"defaults": {"model": {"primary": f"unsloth/{server.model}"}}},
    }
    command = (
        npm_program("openclaw", ".bin/openclaw"),
        "agent",
        "exec",
        "--config",
        seat.home / "openclaw.json",
        "--cwd",
        seat.folder,
        "--timeout",
        "180",
        "--no-auth-env-only",
        question,
    )
    return Start(command, files={"openclaw.json": json.dumps(config)})


AGENTS = [
    Agent(f"OpenClaw, {dialect}", partial(_start, dialect=dialect), reading("read", "path"), writing("write", "path"))
    for dialect in APIS
]
