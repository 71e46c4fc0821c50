"""A turn that is looked at before the client sees it: what of it is missing or wrong is asked for once more.

The rule: each fault is asked for at most once, a second try that fails changes nothing, and every one is counted. Nothing
that a client has seen, and no call that has been run, is ever asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec import Struct

from unsloth_studio.schemas.check import Fault
from unsloth_studio.serving.forced_call import demand, missing_call, with_call
from unsloth_studio.serving.recheck import ask_again, better, faults_of, without_cut_call
from unsloth_studio.turn.accumulate import Accumulator, Turn
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event
from unsloth_studio.turn.messages import Request
from unsloth_studio.turn.record import SecondTry, SecondTryKind

Run = Callable[[Request], AsyncGenerator[Sequence[Event]]]
"""The events of one turn."""

log = logging.getLogger(__name__)


class SecondTries(Struct, frozen=True):
    """`heals` as in `Turns`; `on_try` is told when a second try is asked for, and how it ended."""

    heals: bool
    on_try: Callable[[SecondTry], None]

    async def whole(self, request: Request, run: Run) -> Turn:
        """One turn, folded and mended. Raises `TurnFailure` when the first try fails."""
        turn = without_cut_call(await folded(run(request)))
        if request.server_tools is not None:
            return turn  # its calls have been run
        turn = await self._with_demanded(request, turn, run)
        for fault in await self._faults(request, turn):
            turn = await self._without(fault, request, turn, run)
        return turn

    async def _with_demanded(self, request: Request, turn: Turn, run: Run) -> Turn:
        if not missing_call(request, turn):
            return turn
        second = await self._asked("missing_call", demand(request, turn), turn, run)
        return turn if second is None else self._judged("missing_call", turn, with_call(request, turn, second))

    async def _without(self, fault: Fault, request: Request, turn: Turn, run: Run) -> Turn:
        kind: SecondTryKind = "answer" if fault.name is None else "call"
        second = await self._asked(kind, ask_again(request, turn, fault), turn, run)
        return turn if second is None else self._judged(kind, turn, better(request, turn, fault, second))

    async def _asked(self, kind: SecondTryKind, request: Request, first: Turn, run: Run) -> Turn | None:
        """The second try, None when it failed."""
        log.info("turn id=%s is asked for once more: %s", first.id, kind)
        self.on_try(SecondTry(first.id, kind, "asked"))
        try:
            return await folded(run(request))
        except TurnFailure as failure:
            log.warning("turn id=%s stays as it was: its second try failed: %s", first.id, failure.error.message)
            self.on_try(SecondTry(first.id, kind, "failed"))
            return None

    def _judged(self, kind: SecondTryKind, first: Turn, mended: Turn | None) -> Turn:
        self.on_try(SecondTry(first.id, kind, "failed" if mended is None else "succeeded"))
        return mended or first

    async def _faults(self, request: Request, turn: Turn) -> tuple[Fault, ...]:
        judged = bool(turn.tool_calls) or request.output.kind != "text"
        if not (judged and turn.by_model and self.heals and request.heal_tool_calls):
            return ()
        return await asyncio.to_thread(faults_of, request, turn)  # the first check imports for a tenth of a second


async def folded(batches: AsyncGenerator[Sequence[Event]]) -> Turn:
    """The whole turn. Raises `TurnFailure`: a reply that is not streamed has no half."""
    accumulator = Accumulator()
    async with aclosing(batches):
        async for events in batches:
            for event in events:
                accumulator.feed(event)
    return finished(accumulator)


def finished(accumulator: Accumulator) -> Turn:
    """The turn, or its failure raised."""
    turn = accumulator.turn()
    if turn.error is not None:
        raise TurnFailure(turn.error)
    return turn
