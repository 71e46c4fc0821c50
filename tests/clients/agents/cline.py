"""Cline's command line: Chat, set in `providers.json` as `cline auth` writes it. It starts a daemon that outlives it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients.agents.calls import writing
from tests.clients.agents.seat import ARCHITECTURE, Agent, Seat, Start, npm_program
from tests.fake_engine.script import ToolCall


def _start(seat: Seat, question: str) -> Start:
    server, provider = seat.server, "openai-compatible"
    settings = {
        "provider": provider,
        "apiKey": server.api_key,
        "model": server.model,
        "baseUrl": server.openai_base_url,
    }
    entry = {"settings": settings, "updatedAt": "2026-01-01T00:00:00.000Z", "tokenSource": "manual"}
    saved = {"version": 1, "lastUsedProvider": provider, "modes": {}, "providers": {provider: entry}}
    program = npm_program("cline", f"@cline/cli-linux-{ARCHITECTURE}/bin/cline")
    command = (program, "-P", provider, "-m", server.model, "-c", seat.folder, question)
    return Start(command, {"CLINE_TELEMETRY_DISABLED": "1"}, {".cline/data/settings/providers.json": json.dumps(saved)})


def _reading(folder: Path) -> ToolCall:
    return ToolCall("read_files", json.dumps({"files": [{"path": str(folder / "note.txt")}]}))


AGENTS = [Agent("Cline, Chat", _start, _reading, writing("editor", "path", "new_text"))]
