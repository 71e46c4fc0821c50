"""llm: Chat, set in `extra-openai-models.yaml` (JSON is YAML), with tools that a person writes as functions."""

from __future__ import annotations

import json

from tests.clients.agents.calls import reading, writing
from tests.clients.agents.seat import INSTALLED, Agent, Seat, Start

TOOLS = """\
def read_file(path: str) -> str:
    "Read a file."
    return open(path).read()

def write_file(path: str, content: str) -> str:
    "Write a file."
    open(path, "w").write(content)
    return "written"
"""


def _start(seat: Seat, question: str) -> Start:
    server, settings = seat.server, ".config/io.datasette.llm"
    model = {
        "model_id": "local",
        "model_name": server.model,
        "api_base": server.openai_base_url,
        "api_key_name": "local",
        "supports_tools": True,
    }
    files = {
        f"{settings}/extra-openai-models.yaml": json.dumps([model]),
        f"{settings}/keys.json": json.dumps({"local": server.api_key}),
        "tools.py": TOOLS,
    }
    program = INSTALLED / "llm" / "bin" / "llm"
    return Start((program, "-m", "local", "--functions", seat.home / "tools.py", question), files=files)


AGENTS = [
    Agent(
        "llm, Chat",
        _start,
        reading("read_file", "path"),
        writing("write_file", "path"),
        overflow_words="This model's maximum context length is",
    )
]
