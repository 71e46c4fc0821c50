"""The calls of one round: together, in order, asked about, watched live, and gone when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from unsloth_studio.tools import pictures
from unsloth_studio.tools.approvals import ApprovalRoom
from unsloth_studio.tools.caller import Caller
from unsloth_studio.tools.contract import ToolContext, ToolImage, ToolOutput
from unsloth_studio.tools.sessions import Session
from unsloth_studio.turn.events import Event, ToolApprovalAsked, ToolOutputDelta, ToolResultReady
from unsloth_studio.turn.messages import ServerTools, ToolCallPart

Work = Callable[[dict[str, Any], ToolContext], Awaitable[ToolOutput]]


class Tool:
    """A tool that does `work`, and counts."""

    name, description = "tool", ""
    parameters: dict[str, Any] = {}  # noqa: RUF012 - as the contract has it

    def __init__(self, work: Work) -> None:
        self._work = work
        self.running = self.runs = 0

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        self.running += 1
        self.runs += 1
        try:
            return await self._work(arguments, context)
        finally:
            self.running -= 1


async def sleeping(arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
    """Says what it is told, after a time."""
    if context.on_output is not None:
        context.on_output(arguments.get("says", ""))
    await asyncio.sleep(arguments.get("seconds", 0))
    return ToolOutput(f"slept {arguments.get('seconds', 0)}")


def caller(tool: Tool, *, asks: bool = False, tells_live: bool = True, room: ApprovalRoom | None = None) -> Caller:
    wanted = ServerTools(("tool",), asks=asks, tells_live=tells_live)
    return Caller({"tool": tool}, wanted, Session("s", Path(), named=True), 1000, "key", room or ApprovalRoom())


def call(number: int, arguments: str = "{}") -> ToolCallPart:
    return ToolCallPart(f"c{number}", "tool", arguments, "server")


async def gathered(made: Caller, *calls: ToolCallPart) -> list[Event]:
    return [event for batch in [batch async for batch in made.answers(calls)] for event in batch]


async def test_results_come_in_the_order_of_the_calls_each_as_soon_as_it_may() -> None:
    made = caller(Tool(sleeping))
    came: list[tuple[str, float]] = []
    began = time.monotonic()
    async for batch in made.answers([call(0), call(1, '{"seconds": 0.4}'), call(2, '{"seconds": 0.1}')]):
        came += [(event.call_id, time.monotonic() - began) for event in batch if isinstance(event, ToolResultReady)]
    assert [call_id for call_id, _ in came] == ["c0", "c1", "c2"]
    assert came[0][1] < 0.3 < came[1][1] < 2


async def test_live_output_comes_before_the_result_and_only_for_who_asked() -> None:
    one = call(0, '{"says": "working", "seconds": 0.2}')
    events = await gathered(caller(Tool(sleeping)), one)
    assert events[0] == ToolOutputDelta("c0", "working")
    assert isinstance(events[1], ToolResultReady)
    assert [type(event) for event in await gathered(caller(Tool(sleeping), tells_live=False), one)] == [ToolResultReady]


async def test_a_flood_is_neither_kept_nor_sent() -> None:
    async def flooding(arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        del arguments
        assert context.on_output is not None
        for _ in range(200):
            context.on_output("x" * 65_536)
            await asyncio.sleep(0.001)
        return ToolOutput("done")

    events = await gathered(caller(Tool(flooding)), call(0))
    shown = [event.text for event in events if isinstance(event, ToolOutputDelta)]
    assert 0 < len(shown) < 30
    assert sum(map(len, shown)) < 300_000


async def test_what_a_call_left_running_prints_into_no_later_one() -> None:
    kept: list[Callable[[str], None]] = []

    async def leaving(arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        del arguments
        assert context.on_output is not None
        for earlier in kept:
            earlier("of an earlier call")
        kept.append(context.on_output)
        return ToolOutput(str(len(kept)))

    made = caller(Tool(leaving))
    events = [*await gathered(made, call(0)), *await gathered(made, call(1, '{"n": 1}'))]
    assert [type(event) for event in events] == [ToolResultReady, ToolResultReady]


async def test_closing_ends_what_runs_and_what_waits() -> None:
    tool, room = Tool(sleeping), ApprovalRoom()
    async with aclosing(caller(tool).answers([call(0, '{"says": "x", "seconds": 60}')])) as running:
        await anext(running)
        assert tool.running == 1
    assert tool.running == 0
    async with aclosing(caller(tool, asks=True, room=room).answers([call(0)])) as waiting:
        (asked,) = await anext(waiting)
        assert isinstance(asked, ToolApprovalAsked)
        assert room.waiting("key")
    assert room.waiting("key") == []
    assert tool.runs == 1


@pytest.mark.parametrize(
    ("decision", "said", "runs"),
    [("allow", "slept", 1), ("deny", "did not allow", 0), (None, "in time", 0)],
    ids=["allowed", "denied", "nobody decides"],
)
async def test_a_call_waits_for_its_decision(decision: Any, said: str, runs: int) -> None:
    tool, room = Tool(sleeping), ApprovalRoom(seconds=5 if decision else 0.1)
    results: list[ToolResultReady] = []
    async for batch in caller(tool, asks=True, room=room).answers([call(0)]):
        for event in batch:
            if isinstance(event, ToolApprovalAsked):
                assert tool.runs == 0
                assert (event.call_id, event.name, event.arguments) == ("c0", "tool", "{}")
                if decision:
                    assert room.decide(event.approval_id, decision, owner="key")
            elif isinstance(event, ToolResultReady):
                results.append(event)
    assert said in results[0].content
    assert results[0].is_error == (decision != "allow")
    assert results[0].duration_ms < 3000
    assert tool.runs == runs


async def test_what_would_not_run_is_not_asked_about() -> None:
    tool, room = Tool(sleeping), ApprovalRoom()
    made = caller(tool, asks=True, room=room)
    made.known["tool", b"{}"] = ToolOutput("as before")
    events = await gathered(made, call(0), call(1, "no JSON"))
    assert ["as before" in event.content for event in events if isinstance(event, ToolResultReady)] == [True, False]
    assert (len(events), tool.runs) == (2, 0)


async def test_pictures_travel_with_the_result_within_bounds() -> None:
    small = ToolImage("image/png", b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    large = ToolImage("image/png", b"x" * (pictures.MOST_IMAGE_BYTES + 1))

    async def drawing(arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        del arguments, context
        return ToolOutput("[images]", images=(large, *[small] * 20))

    (result,) = await gathered(caller(Tool(drawing)), call(0))
    assert isinstance(result, ToolResultReady)
    assert len(result.images) == pictures.MOST_IMAGES
    assert pictures.for_models(result.images, 4) == (), "what cannot be decoded is not shown to a model"
