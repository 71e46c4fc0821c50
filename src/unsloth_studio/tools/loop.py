"""One turn in which the server runs tools: rounds of the model, with the outputs of its calls between them.

The rule: to the client it is one turn. A call of a tool of the client's own ends it; calls of ours are run here, together,
and the model sees their outputs in the next round. What a tool returns is data: markers in it are made harmless before the
model reads it, and nothing in it is ever read as a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.serving.forced_call import demands_call
from unsloth_studio.serving.run import Turns
from unsloth_studio.tools import pictures
from unsloth_studio.tools.caller import Caller
from unsloth_studio.tools.contract import ServerTool
from unsloth_studio.tools.rounds import Round
from unsloth_studio.tools.ruled import ruled
from unsloth_studio.tools.sessions import Session
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.accumulate import events_of
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid
from unsloth_studio.turn.events import Event, ToolResultReady, Usage
from unsloth_studio.turn.messages import (
    Conversation,
    ImagePart,
    Message,
    Request,
    ServerTools,
    TextPart,
    ToolDefinition,
    ToolResultPart,
)

MOST_ROUNDS = 25
"""After so many the model answers without tools."""
MOST_CHARACTERS = 40_000
"""Of one output, about ten thousand tokens."""

log = logging.getLogger(__name__)


class ToolLoop(Struct, frozen=True):
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
            offered, room = self._offered(wanted, prompt), self.toolbox.approvals
            caller = Caller(offered, wanted, session, self._longest(request), owner, room)
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

    async def _shown(
        self, request: Request, results: Sequence[ToolResultReady], room: int
    ) -> dict[str, tuple[ImagePart, ...]]:
        """The pictures that a model with eyes gets to see, by call; at most `room`."""
        shown: dict[str, tuple[ImagePart, ...]] = {}
        for one in results:
            if one.images and room > 0 and self._sees(request):
                shown[one.call_id] = await asyncio.to_thread(pictures.for_models, one.images, room)
                room -= len(shown[one.call_id])
        return shown

    def _sees(self, request: Request) -> bool:
        chosen = self.turns.pool.find(request.model).id
        return any(entry.vision for entry in self.turns.pool.shelf.all() if entry.id == chosen)

    async def _rounds(
        self, request: Request, prompt: Conversation, caller: Caller, turn_id: str
    ) -> AsyncGenerator[Sequence[Event]]:
        definitions = tuple(
            ToolDefinition(tool.name, tool.description, tool.parameters) for tool in caller.tools.values()
        )
        prompt = replace(prompt, tools=(*prompt.tools, *definitions))
        usage, parts, room = Usage(), 0, pictures.room_in(prompt)
        for number in range(MOST_ROUNDS + 1):
            if number == MOST_ROUNDS or caller.spent:
                prompt = replace(prompt, tool_choice="none")
            this = Round(frozenset(caller.tools), first=number == 0, offset=parts)
            asked = replace(request, prompt=prompt)
            async with aclosing(self._round(asked, turn_id)) as batches:
                async for events in batches:
                    if passed := this.feed(events):
                        yield passed
            if this.end is None:  # it failed, and the client was told
                return
            usage, parts = _added(usage, this.end.usage), this.next_part
            if not this.calls:
                yield [replace(this.end, usage=usage)]
                return
            self.turns.trace(turn_id).reached("tool")
            results: list[ToolResultReady] = []
            async with aclosing(caller.answers(this.calls)) as told:
                async for events in told:
                    results += (event for event in events if isinstance(event, ToolResultReady))
                    yield events
            if this.clients:
                yield [replace(this.end, usage=usage)]
                return
            shown = await self._shown(request, results, room)
            room -= sum(map(len, shown.values()))
            prompt = _continued(prompt, this, results, shown)
        raise AssertionError("without tools there is no call")

    async def _round(self, request: Request, turn_id: str) -> AsyncGenerator[Sequence[Event]]:
        """One round of the model; of a round that must call, nothing is shown or run before it does."""
        request = replace(request, server_tools=None)

        def run(again: Request) -> AsyncGenerator[Sequence[Event]]:
            return self.turns.run(again, turn_id=turn_id)

        if demands_call(request):
            yield events_of(await self.turns.second_tries.whole(request, run))
            return
        async with aclosing(run(request)) as batches:
            async for events in batches:
                yield events


def _continued(
    prompt: Conversation, this: Round, results: Sequence[ToolResultReady], shown: Mapping[str, Sequence[ImagePart]]
) -> Conversation:
    """The conversation with this round in it, and what of its pictures is shown, by call. A choice was met by it."""
    answered = tuple(
        ToolResultPart(one.call_id, (TextPart(one.content), *shown.get(one.call_id, ())), one.is_error)
        for one in results
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
