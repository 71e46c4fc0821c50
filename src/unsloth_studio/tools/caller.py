"""Runs the calls of one turn: together, each asked about first where the request says so, with live output for who watches.

The rule: whoever closes `answers` early gets control back when nothing of it runs any more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

import orjson
from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.tools import pictures
from unsloth_studio.tools.approvals import ApprovalRoom, WaitingCall
from unsloth_studio.tools.contract import DEFAULT_TIMEOUT_SECONDS, ServerTool, ToolContext, ToolOutput
from unsloth_studio.tools.live_output import LiveOutput
from unsloth_studio.tools.page_text import neutralise
from unsloth_studio.tools.sessions import Session
from unsloth_studio.tools.source_numbers import SourceNumbers
from unsloth_studio.turn.events import Event, ToolApprovalAsked, ToolResultReady
from unsloth_studio.turn.messages import ServerTools, ToolCallPart

LIVE_SECONDS = 0.1
"""Between two pieces of live output."""
_GRACE_SECONDS = 5.0
_DENIED = (
    "The user did not allow this call, so it was not run. Do not make it again; go on without it, or ask what to do"
    " instead."
)
_EXPIRED = (
    "Nobody allowed this call in time, so it was not run. Do not make it again; answer without it, and say that it needs"
    " to be allowed."
)
_NO_MORE = ToolOutput("No further tool call is allowed.", is_error=True, failure="max_uses")
_NO_OBJECT = ToolOutput(
    "The arguments are no JSON object. Write the call again.", is_error=True, failure="invalid_input"
)

log = logging.getLogger(__name__)


class Caller(Struct):
    """`longest` bounds an output, in characters; `owner` may decide about calls that wait in `room`."""

    tools: Mapping[str, ServerTool]
    wanted: ServerTools
    session: Session
    longest: int
    owner: str
    room: ApprovalRoom
    made: int = 0
    known: dict[tuple[str, bytes], ToolOutput] = field(default_factory=dict[tuple[str, bytes], ToolOutput])
    """What successful calls returned, by name and arguments; without pictures."""
    numbers: SourceNumbers = field(default_factory=SourceNumbers)

    @property
    def spent(self) -> bool:
        return self.wanted.max_calls is not None and self.made >= self.wanted.max_calls

    async def answers(self, calls: Sequence[ToolCallPart]) -> AsyncGenerator[list[Event]]:
        """Run `calls` together. Their results come in the order of the calls, each as soon as those before it are there;
        between them what waits for a decision, and what is printed meanwhile."""
        running = _Running()
        tasks: list[asyncio.Task[ToolResultReady]] = []
        for call in calls:
            live = running.watched(call.call_id)
            tasks.append(asyncio.create_task(self._answer(call, live, running, allowed=not self.spent)))
            tasks[-1].add_done_callback(lambda _: running.bell.set())
            self.made += 1
        told = 0
        try:
            while told < len(tasks):
                await running.bell.wait()
                events = running.taken()
                while told < len(tasks) and tasks[told].done():
                    events.append(tasks[told].result())
                    told += 1
                if events:
                    yield events
                if going := [task for task in tasks if not task.done()]:
                    await asyncio.wait(going, timeout=LIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(
        self, call: ToolCallPart, live: LiveOutput, running: _Running, *, allowed: bool
    ) -> ToolResultReady:
        began = time.monotonic()
        if not allowed:
            output = _NO_MORE
        elif (ready := self._without_running(call)) is not None:
            output = ready
        elif (refusal := await self._refusal(call, running)) is not None:
            output = refusal
        else:
            began = time.monotonic()
            output = await self._run(call, live)
        live.end()
        text = await asyncio.to_thread(neutralise, _capped(output.content, self.longest))
        took = round((time.monotonic() - began) * 1000)
        images = await asyncio.to_thread(pictures.for_clients, output.images) if output.images else ()
        return ToolResultReady(
            call.call_id,
            text,
            output.is_error,
            call.name,
            call.arguments,
            took,
            images,
            sources=output.sources,
            failure=output.failure,
            ended_at=int(time.time()),
        )

    def _without_running(self, call: ToolCallPart) -> ToolOutput | None:
        """What can be said at once: of arguments that are none, and of an exact repeat of a successful call."""
        arguments = _arguments(call.arguments)
        if arguments is None:
            return _NO_OBJECT
        before = self.known.get(_key(call.name, arguments))
        if before is None:
            return None
        return replace(before, content=f"(The same call was made before in this turn; it returned:)\n{before.content}")

    async def _refusal(self, call: ToolCallPart, running: _Running) -> ToolOutput | None:
        """None when the call may run."""
        if not self.wanted.asks:
            return None
        decision = await self.room.decision(call, owner=self.owner, session_id=self.wanted.session_id, tell=running.ask)
        if decision in ("allow", "allow_session"):
            return None
        return ToolOutput(_DENIED if decision == "deny" else _EXPIRED, is_error=True)

    async def _run(self, call: ToolCallPart, live: LiveOutput) -> ToolOutput:
        arguments = _arguments(call.arguments) or {}
        seconds = self.wanted.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        watcher = live.add if self.wanted.tells_live else None
        context = ToolContext(self.session, seconds, watcher, numbers=self.numbers)
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                output = await self.tools[call.name].run(arguments, context)
        except TimeoutError:
            said = f"The tool did not end within {seconds:g} seconds and was stopped."
            return ToolOutput(said, is_error=True, failure="time")
        except Exception:
            log.exception("the tool %s failed by a defect of the server", call.name)
            said = "The tool failed by a defect of the server; its log has the details."
            return ToolOutput(said, is_error=True, failure="unavailable")
        if not output.is_error:
            self.known[_key(call.name, arguments)] = replace(output, images=())
        return output


class _Running:
    """What the calls of one round have to say before they are done."""

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self._outputs: list[LiveOutput] = []
        self._asked: list[Event] = []

    def watched(self, call_id: str) -> LiveOutput:
        self._outputs.append(LiveOutput(call_id, self.bell.set))
        return self._outputs[-1]

    def ask(self, waiting: WaitingCall) -> None:
        call = waiting.call
        self._asked.append(ToolApprovalAsked(call.call_id, waiting.id, call.name, call.arguments, waiting.expires_at))
        self.bell.set()

    def taken(self) -> list[Event]:
        self.bell.clear()
        asked, self._asked = self._asked, []
        return [*asked, *(event for output in self._outputs for event in output.taken())]


def _arguments(text: str) -> dict[str, Any] | None:
    """The object that they are; None also for one so deep that it cannot be written again (254 levels)."""
    try:
        value: Any = orjson.loads(text or "{}")
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _key(name: str, arguments: dict[str, Any]) -> tuple[str, bytes]:
    return name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)


def _capped(text: str, longest: int) -> str:
    """The beginning and the end, with a notice between them."""
    if len(text) <= longest:
        return text
    head = longest * 3 // 4
    tail = longest - head
    return f"{text[:head]}\n[... {len(text) - longest} characters left out ...]\n{text[-tail:]}"
