"""Codex: the Responses dialect, set in `config.toml`."""

from __future__ import annotations

from tests.clients.agents.calls import READ_IN_SHELL, WRITE_IN_SHELL, in_shell
from tests.clients.agents.seat import Agent, Seat, Start, npm_program

CONFIG = """\
model = "{server.model}"
model_provider = "unsloth"
model_context_window = {server.context_length}
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.unsloth]
name = "Unsloth Studio"
base_url = "{server.openai_base_url}"
env_key = "UNSLOTH_API_KEY"
wire_api = "responses"
"""


def _start(seat: Seat, question: str) -> Start:
    command = (
        npm_program("codex", ".bin/codex"),
        "exec",
        "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox",
        question,
    )
    files = {".codex/config.toml": CONFIG.format(server=seat.server)}
    return Start(command, {"UNSLOTH_API_KEY": seat.server.api_key}, files)


AGENTS = [
    Agent(
        "Codex, Responses",
        _start,
        in_shell("exec_command", "cmd", READ_IN_SHELL),
        in_shell("exec_command", "cmd", WRITE_IN_SHELL),
        overflow_words="Codex ran out of room in the model's context window",
    )
]
