"""What every client has to get done: read one file, write another, say so. The model is scripted, the tools are real.

A client test gives `Bench`'s two tools to its client, asks `QUESTION`, and hands the client's last text to `Loop.check`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fake_engine.script import Script, ToolCall
from tests.support.engines import RunningEngine
from tests.support.server import StudioServer

QUESTION = "Do what note.txt says, and keep a record of it in done.txt."
NOTE = "buy milk\n"
RECORD = 'bought milk: "2 l", 3,5 % — ünï\n'
WRITTEN = f"wrote {len(RECORD)} characters"
ANSWER = "Done, see done.txt."

TURNS = (
    Script(
        reasoning="The note comes first.",
        text="Let me look.",
        tool_call=ToolCall("read_file", json.dumps({"path": "note.txt"})),
    ),
    Script(
        reasoning="Now the record.",
        tool_call=ToolCall("write_file", json.dumps({"path": "done.txt", "content": RECORD})),
    ),
    Script(text=ANSWER),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder and the tools that work in it. Their docstrings are what clients make schemas of."""

    folder: Path

    def read_file(self, path: str) -> str:
        """Read a file.

        Args:
            path: Name of the file.
        """
        return (self.folder / path).read_text()

    def write_file(self, path: str, content: str) -> str:
        """Write a file.

        Args:
            path: Name of the file.
            content: What to write.
        """
        (self.folder / path).write_text(content)
        return f"wrote {len(content)} characters"

    def run(self, name: str, arguments: dict[str, Any]) -> str:
        """For clients without tool helpers: the tool called `name`."""
        return {"read_file": self.read_file, "write_file": self.write_file}[name](**arguments)


PARAMETERS: dict[str, dict[str, Any]] = {
    name: {
        "type": "object",
        "properties": {field: {"type": "string"} for field in fields},
        "required": list(fields),
        "additionalProperties": False,
    }
    for name, fields in {"read_file": ("path",), "write_file": ("path", "content")}.items()
}
"""The tools' schemas, for clients that want them written out."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One run: the server in front of an engine that plays `TURNS`, and a bench that nobody used yet."""

    server: StudioServer
    engine: RunningEngine
    bench: Bench
    asked_before: int

    def check(self, answer: str) -> None:
        """The work is done, with one request per turn, and the engine saw each result where it belongs."""
        assert answer == ANSWER
        assert (self.bench.folder / "done.txt").read_text() == RECORD
        state = self.engine.state()
        assert state["total_requests"] - self.asked_before == len(TURNS)
        histories = [told(request["body"]) for request in state["requests"][-len(TURNS) :]]
        check_results(histories[-1])
        assert [histories[-1][: len(history)] for history in histories] == histories


def start_loop(server: StudioServer, engine: RunningEngine, folder: Path) -> Loop:
    (folder / "note.txt").write_text(NOTE)
    engine.set_turns(*TURNS)
    return Loop(server, engine, Bench(folder), engine.state()["total_requests"])


def told(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversation in a request that reached the engine, without instructions; both tools must be on offer."""
    assert sorted(tool["function"]["name"] for tool in body["tools"]) == ["read_file", "write_file"]
    return [message for message in body["messages"] if message["role"] != "system"]


def check_results(history: list[dict[str, Any]]) -> None:
    """Each call stands before its own result, and nothing of them is lost."""
    assert [message["role"] for message in history] == ["user", "assistant", "tool", "assistant", "tool"]
    _, reading, note, writing, written = history
    assert text_of(reading["content"]) == "Let me look."
    assert called(reading) == ("read_file", {"path": "note.txt"}, note["tool_call_id"])
    assert called(writing) == ("write_file", {"path": "done.txt", "content": RECORD}, written["tool_call_id"])
    assert [text_of(note["content"]), text_of(written["content"])] == [NOTE, WRITTEN]


def called(message: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Name, arguments and id of the only call of `message`."""
    (call,) = message["tool_calls"]
    return call["function"]["name"], json.loads(call["function"]["arguments"]), call["id"]


def text_of(content: str | list[dict[str, Any]] | None) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content or ())
