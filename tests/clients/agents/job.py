"""What every agent has to get done, with tools of its own: read one file, write another, say so."""

from __future__ import annotations

import json
from typing import Any

from tests.clients.agents.seat import Agent, Seat
from tests.clients.two_tools import ANSWER, NOTE, RECORD
from tests.fake_engine.plan import Plan, offered_tools
from tests.fake_engine.script import Script
from tests.support.engines import RunningEngine

ASIDE = "Buying milk: the note asks for milk."
"""What the engine says beside the job: a title, or the summary of a conversation."""


def assign(agent: Agent, seat: Seat, engine: RunningEngine, *, overflow_at: int | None = None) -> int:
    """Put the note on the desk, and tell the engine what to play. How many requests it had before this job."""
    (seat.folder / "note.txt").write_text(NOTE)
    reading, writing = agent.reading(seat.folder), agent.writing(seat.folder)
    turns = (
        Script(reasoning="The note comes first.", text="Let me look.", tool_call=reading),
        Script(reasoning="Now the record.", tool_call=writing),
        Script(text=ANSWER),
    )
    engine.set_plan(Plan(reading.name, turns, Script(text=ASIDE), overflow_at))
    return engine.state()["total_requests"]


def requests_since(engine: RunningEngine, before: int) -> list[dict[str, Any]]:
    """What reached the engine since it had had `before` requests: each with `headers`, `body` and `overflow`."""
    state = engine.state()
    return state["requests"][before - state["total_requests"] :] if state["total_requests"] > before else []


def check(agent: Agent, seat: Seat, engine: RunningEngine, before: int) -> None:
    """The file is there, and the engine's last turn saw both results, each behind its own call."""
    assert (seat.folder / "done.txt").read_text() == RECORD
    reading, writing = agent.reading(seat.folder), agent.writing(seat.folder)
    at_work = [
        request["body"]
        for request in requests_since(engine, before)
        if reading.name in offered_tools(request["body"])
    ]
    messages: list[dict[str, Any]] = at_work[-1]["messages"]
    steps = [message for message in messages if message.get("tool_calls") or message["role"] == "tool"]
    assert [message["role"] for message in steps] == ["assistant", "tool"] * 2
    for call, (asking, result) in zip((reading, writing), (steps[:2], steps[2:]), strict=True):
        (found,) = asking["tool_calls"]
        assert found["function"]["name"] == call.name
        assert json.loads(found["function"]["arguments"]) == json.loads(call.arguments)
        assert result["tool_call_id"] == found["id"]
    assert NOTE.strip() in json.dumps(steps[1]["content"])
