"""Calls of agents' own tools, of which most differ in names only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.clients.two_tools import RECORD
from tests.fake_engine.script import ToolCall


def reading(tool: str, field: str) -> Callable[[Path], ToolCall]:
    """`tool` reads the file at the absolute path in `field`."""
    return lambda folder: ToolCall(tool, json.dumps({field: str(folder / "note.txt")}))


def writing(tool: str, field: str, content: str = "content") -> Callable[[Path], ToolCall]:
    """`tool` writes what is in `content` to the absolute path in `field`."""
    return lambda folder: ToolCall(tool, json.dumps({field: str(folder / "done.txt"), content: RECORD}))


def in_shell(tool: str, field: str, command: str) -> Callable[[Path], ToolCall]:
    """`tool` runs the `command` in `field`, in the folder where the agent works."""
    return lambda _: ToolCall(tool, json.dumps({field: command}))


READ_IN_SHELL = "cat note.txt"
WRITE_IN_SHELL = f"cat > done.txt <<'END'\n{RECORD}END"
