"""One turn in which the server runs tools: rounds of the model, with the outputs of its calls between them.

The rule: to the client it is one turn. A call of a tool of the client's own ends it; calls of ours are run here, together,
and the model sees their outputs in the next round. What a tool returns is data: markers in it are made harmless before the
model reads it, and nothing in it is ever read as a call.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import orjson

from unsloth_studio.serving.run import Turns
from unsloth_studio.tools.contract import DEFAULT_TIMEOUT_SECONDS, ServerTool, ToolContext, ToolOutput
from unsloth_studio.tools.page_text import neutralise
from unsloth_studio.tools.rounds import Round
from unsloth_studio.tools.ruled import ruled
from unsloth_studio.tools.sessions import Session
from unsloth_studio.tools.source_numbers import SourceNumbers
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid
from unsloth_studio.turn.events import Event, ResultImage, ToolResultReady, Usage
from unsloth_studio.turn.messages import (
    Conversation,
    Message,
    Request,
    ServerTools,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

MOST_ROUNDS = 25
"""After so many the model answers without tools."""
MOST_CHARACTERS = 40_000
"""Of one output, about ten thousand tokens."""
_GRACE_SECONDS = 5.0
_NO_MORE = ToolOutput("No further tool call is allowed.", is_error=True, failure="max_uses")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolLoop:
    turns: Turns
    toolbox: Toolbox

    async def run(self, request: Request, *, turn_id: str, owner: str) -> AsyncGenerator[Sequence[Event]]:
        """The events of the whole turn. `owner` names the key, whose session folders are nobody else's.

        Raises `TurnFailure` as `Turns.run` does, and for a prompt that is no conversation.
        """
        wanted, prompt = request.server_tools, request.prompt
        if wanted is None or not isinstance(prompt, Conversation):
            raise invalid("enable_tools: the server's tools need a conversation.", param="enable_tools")
        async with self._session(owner, wanted.session_id) as session:
            caller = _Caller(self._offered(wanted, prompt), wanted, session, self._longest(request))
            async with aclosing(self._rounds(request, prompt, caller, turn_id)) as batches:
                async for events in batches:
                    yield events

    @asynccontextmanager
    async def _session(self, owner: str, session_id: str | None) -> AsyncGenerator[Session]:
        async with AsyncExitStack() as stack:
            try:
                session = await stack.enter_async_context(self.toolbox.session(owner, session_id))
            except OSError as error:
                log.error("a session folder below %s cannot be made: %s", self.toolbox.folders.base, error.strerror)
                message = "The server cannot make a folder for its tools at the moment; its log says why."
                raise TurnFailure(TurnError("internal", message)) from error
            yield session

    def _offered(self, wanted: ServerTools, prompt: Conversation) -> dict[str, ServerTool]:
        """A tool of the client's own with the same name goes first: it is what the client can answer for."""
        own = {tool.name for tool in prompt.tools}
        return {
            name: ruled(self.toolbox.tools[name], wanted.rules.get(name)) for name in wanted.names if name not in own
        }

    def _longest(self, request: Request) -> int:
        """Characters of an output: at most about a quarter of the context."""
        chosen = self.turns.pool.find(request.model).id
        length = next((one.context_length for one in self.turns.pool.statuses() if one.id == chosen), None)
        return MOST_CHARACTERS if length is None else min(MOST_CHARACTERS, max(1000, length))

    async def _rounds(
        self, request: Request, prompt: Conversation, caller: _Caller, turn_id: str
    ) -> AsyncGenerator[Sequence[Event]]:
        definitions = tuple(
            ToolDefinition(tool.name, tool.description, tool.parameters) for tool in caller.tools.values()
        )
        prompt = replace(prompt, tools=(*prompt.tools, *definitions))
        usage, parts = Usage(), 0
        for number in range(MOST_ROUNDS + 1):
            if number == MOST_ROUNDS or caller.spent:
                prompt = replace(prompt, tool_choice="none")
            this = Round(frozenset(caller.tools), first=number == 0, offset=parts)
            asked = replace(request, prompt=prompt)
            async with aclosing(self.turns.run(asked, turn_id=turn_id)) as batches:
                async for events in batches:
                    if passed := this.feed(events):
                        yield passed
            if this.end is None:  # it failed, and the client was told
                return
            usage, parts = _added(usage, this.end.usage), this.next_part
            if not this.calls:
                yield [replace(this.end, usage=usage)]
                return
            results = await caller.answers(this.calls)
            yield results
            if this.clients:
                yield [replace(this.end, usage=usage)]
                return
            prompt = _continued(prompt, this, results)
        raise AssertionError("without tools there is no call")


@dataclass(slots=True)
class _Caller:
    """Runs the calls of one turn. `longest` is in characters."""

    tools: dict[str, ServerTool]
    wanted: ServerTools
    session: Session
    longest: int
    made: int = 0
    numbers: SourceNumbers = field(default_factory=SourceNumbers)
    known: dict[tuple[str, bytes], ToolOutput] = field(default_factory=dict[tuple[str, bytes], ToolOutput])
    """What successful calls returned, by name and arguments."""

    @property
    def spent(self) -> bool:
        return self.wanted.max_calls is not None and self.made >= self.wanted.max_calls

    async def answers(self, calls: Sequence[ToolCallPart]) -> list[Event]:
        """The results, in the order of the calls; the calls run together. Cancelled, they end before this returns."""
        tasks: list[asyncio.Task[ToolResultReady]] = []
        async with asyncio.TaskGroup() as group:
            for call in calls:
                allowed = not self.spent
                self.made += 1
                tasks.append(group.create_task(self._answer(call, allowed=allowed)))
        return [task.result() for task in tasks]

    async def _answer(self, call: ToolCallPart, *, allowed: bool) -> ToolResultReady:
        began = time.monotonic()
        output = await self._run(call) if allowed else _NO_MORE
        text = await asyncio.to_thread(neutralise, _capped(output.content, self.longest))
        took = round((time.monotonic() - began) * 1000)
        return ToolResultReady(
            call.call_id,
            text,
            output.is_error,
            call.name,
            call.arguments,
            took,
            images=await asyncio.to_thread(_images, output) if output.images else (),
            sources=output.sources,
            failure=output.failure,
        )

    async def _run(self, call: ToolCallPart) -> ToolOutput:
        arguments = _arguments(call.arguments)
        if arguments is None:
            said = "The arguments are no JSON object. Write the call again."
            return ToolOutput(said, is_error=True, failure="invalid_input")
        key = (call.name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS))
        if key in self.known:
            same = self.known[key]
            content = f"(The same call was made before in this turn; it returned:)\n{same.content}"
            return replace(same, content=content, images=())
        seconds = self.wanted.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        context = ToolContext(self.session, seconds, numbers=self.numbers)
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
            self.known[key] = output
        return output


def _images(output: ToolOutput) -> tuple[ResultImage, ...]:
    return tuple(ResultImage(one.media_type, base64.b64encode(one.content).decode()) for one in output.images)


def _arguments(text: str) -> dict[str, Any] | None:
    try:
        value: Any = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _capped(text: str, longest: int) -> str:
    """The beginning and the end, with a notice between them."""
    if len(text) <= longest:
        return text
    head = longest * 3 // 4
    tail = longest - head
    return f"{text[:head]}\n[... {len(text) - longest} characters left out ...]\n{text[-tail:]}"


def _continued(prompt: Conversation, this: Round, results: Sequence[Event]) -> Conversation:
    """The conversation with this round in it. A choice was met by it."""
    answered = tuple(
        ToolResultPart(one.call_id, (TextPart(one.content),), one.is_error)
        for one in results
        if isinstance(one, ToolResultReady)
    )
    more = (Message("assistant", this.parts), Message("tool", answered))
    choice = prompt.tool_choice if prompt.tool_choice == "none" else "auto"
    return replace(prompt, messages=(*prompt.messages, *more), tool_choice=choice)


def _added(sum_: Usage, usage: Usage) -> Usage:
    """The prompt counts as it was at last, which is what fills the context; what was written adds up."""
    thought = None
    if sum_.reasoning_tokens is not None or usage.reasoning_tokens is not None:
        thought = (sum_.reasoning_tokens or 0) + (usage.reasoning_tokens or 0)
    return replace(usage, completion_tokens=sum_.completion_tokens + usage.completion_tokens, reasoning_tokens=thought)
