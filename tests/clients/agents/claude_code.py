"""Claude Code: the Messages dialect, set by environment variables."""

from __future__ import annotations

from functools import partial
from typing import Literal

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import ARCHITECTURE, Agent, Seat, Start, npm_program

PROGRAM = npm_program("claude", f"@anthropic-ai/claude-code-linux-{ARCHITECTURE}/claude")


def _start(seat: Seat, question: str, *, key: Literal["bearer", "x-api-key"], recommended: bool) -> Start:
    server = seat.server
    environment = {
        "ANTHROPIC_BASE_URL": server.anthropic_base_url,
        "ANTHROPIC_AUTH_TOKEN" if key == "bearer" else "ANTHROPIC_API_KEY": server.api_key,
    }
    if recommended:
        environment |= {
            "ANTHROPIC_MODEL": server.model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": server.model,
            "ANTHROPIC_DEFAULT_SONNET_MODEL": server.model,
            "ANTHROPIC_DEFAULT_OPUS_MODEL": server.model,
            "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(server.context_length),  # else 1,000,000, for a name it does not know
        }
    command = (PROGRAM, "-p", question, "--permission-mode", "acceptEdits", "--allowedTools", "Read", "Write")
    return Start(command, environment)


AGENTS = [
    Agent(f"Claude Code, {name}", start, reading("Read", "file_path"), writing("Write", "file_path"))
    for name, start in {
        "bearer": partial(_start, key="bearer", recommended=True),
        "x-api-key": partial(_start, key="x-api-key", recommended=True),
        "address and key only": partial(_start, key="bearer", recommended=False),
    }.items()
]
