"""What every agent has to get done, with tools of its own: read one file, write another, say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.agents.seat import Agent, Ended, Seat, run_command
from tests.clients.two_tools import ANSWER, NOTE, QUESTION, RECORD
from tests.fake_engine.plan import Plan, offered_tools
from tests.fake_engine.script import Script
from tests.support.engines import RunningEngine
from tests.support.server import StudioServer

ASIDE = "Buying milk: the note asks for milk."
"""What the engine says beside the job: a title, or the summary of a conversation."""

RAMBLING = " ".join(f"{number}-bottles" * 10 for number in range(1000))
"""30,000 tokens by the fake engine's count of a prompt, and 1,000 by its count of a reply."""


def do_job(agent: Agent, server: StudioServer, engine: RunningEngine, folder: Path) -> Ended:
    """Have it done in a new `folder`: the file is there, and the engine saw both results, each behind its own call."""
    seat, before = take_seat(server, folder), _requests_so_far(engine)
    _assign(agent, seat, engine)
    ended = run_command(agent.start(seat, QUESTION), seat)
    told = f"{ended.output[-1500:]}\n{ended.errors[-1500:]}"
    assert (seat.folder / "done.txt").exists(), told
    assert (seat.folder / "done.txt").read_text() == RECORD
    assert ANSWER in ended.output, told
    tool = agent.reading(seat.folder).name
    at_work = [request["body"] for request in requests_since(engine, before) if tool in offered_tools(request["body"])]
    _check_results(agent, seat.folder, at_work[-1]["messages"])
    return ended


def run_over(agent: Agent, server: StudioServer, engine: RunningEngine, folder: Path) -> tuple[Ended, bool]:
    """The same, but it thinks aloud before its first call, so much that the conversation does not fit any more: it asks
    for something shorter, or has its own words for that. Also, whether it got the job done all the same."""
    seat, before = take_seat(server, folder), _requests_so_far(engine)
    _assign(agent, seat, engine, too_long=True)
    ended = run_command(agent.start(seat, QUESTION), seat)
    requests = requests_since(engine, before)
    overflown = next(number for number, request in enumerate(requests) if request["overflow"])
    sizes = [len(json.dumps(request["body"])) for request in requests]
    if agent.overflow_words is None:
        assert any(size < sizes[overflown] for size in sizes[overflown + 1 :]), ended.errors[-1500:]
    else:
        assert agent.overflow_words in ended.output + ended.errors, ended.errors[-1500:]
    return ended, (seat.folder / "done.txt").exists()


def take_seat(server: StudioServer, folder: Path) -> Seat:
    """A home and a desk with the note on it, in a new `folder`."""
    seat = Seat(server, folder / "home", folder / "work")
    seat.home.mkdir(parents=True)
    seat.folder.mkdir()
    (seat.folder / "note.txt").write_text(NOTE)
    return seat


def _assign(agent: Agent, seat: Seat, engine: RunningEngine, *, too_long: bool = False) -> None:
    reading, writing = agent.reading(seat.folder), agent.writing(seat.folder)
    turns = (
        Script(reasoning="The note comes first.", text="Let me look.", tool_call=reading),
        Script(reasoning="Now the record.", tool_call=writing),
        Script(text=ANSWER),
    )
    rambling = Script(text=RAMBLING, tool_call=reading, frames="packed") if too_long else None
    engine.set_plan(Plan(reading.name, turns, Script(text=ASIDE), rambling))


def _requests_so_far(engine: RunningEngine) -> int:
    return engine.state()["total_requests"]


def requests_since(engine: RunningEngine, before: int) -> list[dict[str, Any]]:
    """What reached the engine since it had had `before` requests: each with `headers`, `body` and `overflow`."""
    state = engine.state()
    return state["requests"][before - state["total_requests"] :] if state["total_requests"] > before else []


def _check_results(agent: Agent, folder: Path, messages: list[dict[str, Any]]) -> None:
    steps = [message for message in messages if message.get("tool_calls") or message["role"] == "tool"]
    assert [message["role"] for message in steps] == ["assistant", "tool"] * 2
    calls = (agent.reading(folder), agent.writing(folder))
    for call, (asking, result) in zip(calls, (steps[:2], steps[2:]), strict=True):
        (found,) = asking["tool_calls"]
        assert found["function"]["name"] == call.name
        assert json.loads(found["function"]["arguments"]) == json.loads(call.arguments)
        assert result["tool_call_id"] == found["id"]
    assert NOTE.strip() in json.dumps(steps[1]["content"])
