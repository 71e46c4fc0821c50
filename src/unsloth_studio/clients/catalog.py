"""Every client that `unsloth start` knows."""

from __future__ import annotations

from unsloth_studio.clients import (
    aider,
    claude_code,
    cline,
    codex,
    continue_cli,
    hermes,
    open_webui,
    openclaw,
    opencode,
    pi,
    qwen_code,
)
from unsloth_studio.clients.facts import Client

CLIENTS: tuple[Client, ...] = (
    claude_code.CLIENT,
    codex.CLIENT,
    opencode.CLIENT,
    openclaw.CLIENT,
    qwen_code.CLIENT,
    cline.CLIENT,
    continue_cli.CLIENT,
    pi.CLIENT,
    aider.CLIENT,
    hermes.CLIENT,
    open_webui.CLIENT,
)


def find(name: str) -> Client | None:
    """The client of that id or alias, whatever its case."""
    wanted = name.lower()
    return next((client for client in CLIENTS if wanted == client.id or wanted in client.aliases), None)
