"""Qwen Code: all three dialects, set by environment variables."""

from __future__ import annotations

from functools import partial

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import Agent, Seat, Start, npm_program

KINDS = {"Chat": "openai", "Responses": "openai-responses", "Messages": "anthropic"}


def _start(seat: Seat, question: str, *, dialect: str) -> Start:
    server = seat.server
    if dialect == "Messages":
        environment = {"ANTHROPIC_BASE_URL": server.anthropic_base_url, "ANTHROPIC_API_KEY": server.api_key}
        environment |= {"ANTHROPIC_MODEL": server.model}
    else:
        environment = {"OPENAI_BASE_URL": server.openai_base_url, "OPENAI_API_KEY": server.api_key}
        environment |= {"OPENAI_MODEL": server.model}
    command = (
        npm_program("qwen", ".bin/qwen"),
        "--auth-type",
        KINDS[dialect],
        "--model",
        server.model,
        "--approval-mode",
        "yolo",
        question,
    )
    return Start(command, environment)


AGENTS = [
    Agent(
        f"Qwen Code, {dialect}",
        partial(_start, dialect=dialect),
        reading("read_file", "file_path"),
        writing("write_file", "file_path"),
    )
    for dialect in KINDS
]
