"""A turn and the engine's context: its tokens counted, and a conversation that is too long made shorter where wanted."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.engine.client import EngineClient, EngineUnreachable
from unsloth_studio.engine.contract import Engine
from unsloth_studio.engine.replies import lost_error
from unsloth_studio.serving.token_counts import TokenCounts
from unsloth_studio.serving.window import MOST_RESERVED, MOST_STEPS, Window, letters_of, shorten
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event, TurnStart
from unsloth_studio.turn.messages import Conversation, Overflow, Request
from unsloth_studio.turn.trace import Trace


class Fitting(Struct, frozen=True):
    """`load_wait` is how many seconds an engine that is starting is waited for; `overflow` holds where a request says
    nothing."""

    client: EngineClient
    load_wait: float
    overflow: Overflow = "error"
    counts: TokenCounts = field(default_factory=TokenCounts)

    async def counted(self, engine: Engine, request: Request) -> int:
        """Tokens of the prompt. Raises `TurnFailure`."""
        address = await engine.ready(self.load_wait)
        try:
            return await self.counts.of(self.client, address, request)
        except EngineUnreachable as error:
            engine.lost(address)
            raise TurnFailure(lost_error(managed=address.managed, begun=False)) from error

    async def fitted(self, engine: Engine, request: Request, trace: Trace) -> Request:
        """The request, with a conversation that fits if it asks for that; `trace` is told what was left out."""
        how, prompt = request.overflow or self.overflow, request.prompt
        if how == "error" or not isinstance(prompt, Conversation):
            return request
        await engine.ready(self.load_wait)
        length = engine.status.context_length
        letters = sum(map(letters_of, prompt.messages))
        if length is None or letters <= length // MOST_RESERVED:
            return request
        window, tokens = Window(length), await self.counted(engine, request)
        if window.takes(tokens, request.max_tokens):
            return request
        for steps in range(window.steps_for(tokens, letters), MOST_STEPS):
            shorter = shorten(prompt, how, steps * window.step)
            fitted = replace(request, prompt=shorter.conversation)
            left = await self.counted(engine, fitted)
            if window.takes(left, request.max_tokens) or (shorter.exhausted and left < window.length):
                trace.noticed(f"context_overflow={how}; messages_left_out={shorter.dropped}")
                return fitted
            if shorter.exhausted:
                break
        return request  # the engine refuses it, with its numbers


def clamp_notice(engine: Engine, request: Request, start: Event) -> str:
    """What the client is told when less is left for the answer than it asks for; `start` says how long the prompt is."""
    length = engine.status.context_length
    if length is None or not isinstance(start, TurnStart):
        return ""
    return Window(length).clamp_notice(request.max_tokens, start.prompt_tokens)
