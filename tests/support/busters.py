"""What loses an agent its prompt cache and cannot be put right for it: changes of a request, and what the cache doctor calls
each. For sessions of Claude Code's shape; turns 0 to 2 are as they should be, turn 3 has the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from tests.support.agent_sessions import TOOLS, Json, Session

Change = Callable[[Json], None]


def swapped(old: str, new: str) -> Change:
    """Other words, wherever they stand in the body."""

    def change(body: Json) -> None:
        text = orjson.dumps(body).decode()
        assert old in text
        fresh = orjson.loads(text.replace(old, new))
        body.clear()
        body.update(fresh)

    return change


def tool_added(at: int) -> Change:
    def change(body: Json) -> None:
        body["tools"].insert(at, {"name": "mcp__new", "input_schema": {"type": "object", "properties": {}}})

    return change


def tools_turned(body: Json) -> None:
    body["tools"].reverse()


def without_tools(body: Json) -> None:
    body["tool_choice"] = {"type": "none"}


def result_edited(body: Json) -> None:
    body["messages"][4]["content"][0]["content"] = "[cleared]"


def round_left_out(body: Json) -> None:
    del body["messages"][1:3]


def compacted(body: Json) -> None:
    body["messages"][1:-1] = []


def thought(body: Json) -> None:
    body["messages"][3]["content"].insert(0, {"type": "thinking", "thinking": "Hm.", "signature": ""})


def block_added(body: Json) -> None:
    body["system"].append({"type": "text", "text": "And be quick."})


def nothing(body: Json) -> None:
    del body


@dataclass(frozen=True, slots=True)
class Buster:
    """`told` is the doctor's name; `now` changes the request of turn 3, `before` that of turn 2."""

    told: str
    now: Change = nothing
    before: Change = nothing

    def body(self, session: Session, turn: int) -> Json:
        body = session.body(turn)
        if turn >= 2:
            (self.now if turn == 3 else self.before)(body)
        return body


BUSTERS: dict[str, Buster] = {
    "the date": Buster("system block 1: date line", swapped("2026-11-30", "2026-12-01")),
    "the time": Buster("system block 1: date line", swapped("Today's date is 2026-11-30.", "It is 14:03 now.")),
    "the folder": Buster("system block 1: folder or Git line", swapped("/srv/project", "/srv/other")),
    "an id": Buster(
        "system block 1: id line", swapped("Working folder: /srv/project", "Id: 123e4567-e89b-12d3-a456-426614174000")
    ),
    "any other line": Buster("system block 0: line 1", swapped("You help with programs.", "You help with texts.")),
    "the first line of the first message": Buster("message 0: line 1", swapped("Look through", "Go through")),
    "one more block": Buster("system block 2: longer", block_added),
    "a countdown of no known form": Buster(
        "system block 1: token countdown", swapped("Today's date is 2026-11-30.", "You have 4000 tokens left.")
    ),
    "a tool more": Buster("tool list changed at 2", tool_added(2)),
    "a tool more at the end": Buster("tool list changed at 3", tool_added(3)),
    "tools in another order": Buster("tool list changed at 0", tools_turned),
    "a tool described otherwise": Buster("tool 1 (write_file) changed", swapped(TOOLS[1][1], "Write it.")),
    "tools that may not be called": Buster("tools left out", without_tools),
    "the first message": Buster("message 0: date line", swapped("Look through the project.", "Look at 2026-11-30.")),
    "a result that was cleared": Buster("message 4 edited", result_edited),
    "a round that was left out": Buster("messages 1 to 2 left out", round_left_out),
    "a compaction": Buster("history rewritten from message 1 on", compacted),
    "thoughts": Buster("message 3: thoughts changed", before=thought),
}
