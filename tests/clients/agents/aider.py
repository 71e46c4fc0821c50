"""aider: Chat, set by environment variables. It has no tools: it adds a file of its repository that the question names to
the conversation, and writes what the model puts between fences."""

from __future__ import annotations

import json

from tests.clients.agents.seat import INSTALLED, Seat, Start
from tests.clients.two_tools import ANSWER, RECORD

REPLY = f"{ANSWER}\n\ndone.txt\n```\n{RECORD}```\n"
"""The only turn of the model's."""

OVERFLOW_WORDS = "has hit a token limit"


def start(seat: Seat, question: str) -> Start:
    """`seat.folder` has to be a Git repository with the note in it."""
    server = seat.server
    model = f"openai/{server.model}"
    options = ("--yes-always", "--no-gitignore", "--no-auto-commits", "--edit-format", "whole", "--map-tokens", "0")
    quiet = (
        "--no-pretty",
        "--no-check-update",
        "--no-show-release-notes",
        "--no-analytics",
        "--no-show-model-warnings",
    )
    environment = {"OPENAI_API_BASE": server.openai_base_url, "OPENAI_API_KEY": server.api_key}
    facts = {"max_input_tokens": server.context_length, "litellm_provider": "openai", "mode": "chat"}
    files = {
        ".aider.model.metadata.json": json.dumps({model: facts}),
        # prices of models, which it would fetch otherwise
        ".aider/caches/model_prices_and_context_window.json": "{}",
    }
    program = INSTALLED / "aider" / "bin" / "aider"
    command = (program, "--model", model, *options, *quiet, "--message", question)
    return Start(command, environment | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}, files)
