"""One turn, from request to events: wait for a slot and for the model, stream, and say how it ended.

Whatever happens the events end with exactly one `TurnEnd` or `TurnFailed`, or, as long as nothing was yielded, a
`TurnFailure` is raised. Closing the generator (a client that went away) frees the engine's slot.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing

from msgspec import Struct, field
from msgspec.structs import replace

from unsloth_studio.engine.client import ConnectionLost, EngineClient, EngineStream, EngineUnreachable
from unsloth_studio.engine.contract import Engine, EngineAddress
from unsloth_studio.engine.decode import Decoder
from unsloth_studio.engine.encode import engine_body, engine_path
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.replies import lost_error
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.serving.admission import Admissions
from unsloth_studio.serving.call_check import CallCheck
from unsloth_studio.serving.call_reader import CallReader, reads, tools_of
from unsloth_studio.serving.conversations import Arrival, Conversations
from unsloth_studio.serving.fitting import Fitting, clamp_notice
from unsloth_studio.serving.lanes import Lane, Lanes
from unsloth_studio.serving.loop_guard import NO_LOOP, LoopLimits, Verdict, judge, with_hint
from unsloth_studio.serving.readied import readied
from unsloth_studio.serving.repetition import EndlessTurn
from unsloth_studio.serving.second_try import SecondTries
from unsloth_studio.serving.token_counts import TokenCounts
from unsloth_studio.serving.turn_watch import TurnWatch
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import (
    Event,
    PartEnd,
    PartStart,
    TextDelta,
    TurnEnd,
    TurnFailed,
    TurnStart,
    Usage,
)
from unsloth_studio.turn.messages import Conversation, Overflow, Request, TextPart
from unsloth_studio.turn.record import CallViolation, SecondTry, TurnRecord
from unsloth_studio.turn.trace import Trace, unwatched

log = logging.getLogger(__name__)

RETRY_WAITS = (0.02, 0.1, 0.3, None)  # seconds before each further attempt


async def as_asked(request: Request, model_id: str) -> Request:
    """The request as the client sent it."""
    del model_id
    return request


def _unnoticed(second_try: SecondTry) -> None:
    del second_try


class Turns(Struct, frozen=True):
    """Runs turns on the models of a pool.

    `load_wait` is how many seconds a request waits for its model to be loaded; `on_record` is told of every turn that came
    as far as the engine, `on_try` of every second try. `prepare` gets the request and the pool's id of the model that
    answers, before a slot is taken. `heals` says whether badly written tool calls may be repaired at all; `loop_limits` when
    an agent goes in circles (and whether an answer that repeats itself is ended). `trace` gives what watches a request, by
    its id. `overflow` is what becomes of a conversation that is too long where its request says nothing.
    """

    pool: Pool
    client: EngineClient
    admissions: Admissions
    load_wait: float
    on_record: Callable[[TurnRecord], None]
    prepare: Callable[[Request, str], Awaitable[Request]] = as_asked
    heals: bool = True
    loop_limits: LoopLimits = LoopLimits()
    on_try: Callable[[SecondTry], None] = _unnoticed
    trace: Callable[[str], Trace] = unwatched
    conversations: Conversations = field(default_factory=Conversations)
    overflow: Overflow = "error"
    counts: TokenCounts = field(default_factory=TokenCounts)

    @property
    def fitting(self) -> Fitting:
        return Fitting(self.client, self.load_wait, self.overflow, self.counts)

    @property
    def second_tries(self) -> SecondTries:
        return SecondTries(self.heals, self.on_try)

    async def run(self, request: Request, *, turn_id: str) -> AsyncGenerator[Sequence[Event]]:
        """The turn's events, in batches: all that arrived in one read of the engine's socket."""
        watch = TurnWatch(time.monotonic(), trace := self.trace(turn_id))
        trace.reached("queued")
        chosen = self.pool.find(request.model)
        trace.model = chosen.id
        ready = readied(await self.prepare(request, chosen.id), heals=self.heals)
        request = ready.request
        verdict = self._verdict(request)
        if verdict.kind == "stop":
            log.info("turn id=%s is ended: the agent goes in circles", turn_id)
            yield told(turn_id, chosen.id, verdict.text)
            return
        request = _hinted(request, verdict)
        calls = CallReader(request.prompt, turn_id) if self.heals and reads(request) else None
        offered = tools_of(request.prompt)
        check = CallCheck(offered) if offered else None
        endless = EndlessTurn() if self.loop_limits.stop else None
        admission = self.admissions.of(chosen.id, chosen.slots)
        arrival = self._arrived(request, chosen.id, ready.removed)
        watch.reuse = arrival.reuse if arrival else None
        try:
            async with admission.slot(arrival.seat if arrival else None) as slot, self._leased(chosen, trace) as engine:
                watch.slot = slot
                request = await self.fitting.fitted(engine, request, trace)
                first: Lane = "ours" if calls is not None and ready.loads else "engine"
                lanes = Lanes(two=calls is not None and check is not None, first=first)
                async with aclosing(self._lanes(engine, request, turn_id, lanes=lanes, watch=watch)) as batches:
                    async for events in batches:
                        if calls is not None:
                            calls.trusted = watch.managed
                            events = calls.feed(events)
                        if endless is not None:
                            events = endless.feed(events)
                        if events:
                            watch.passed(events)
                            if check is not None:
                                trace.calls += check.feed(events)
                            yield events
                        if endless is not None and endless.ended:
                            watch.endless = True
                            return
        finally:
            if watch.opened is not None:
                repairs = (*ready.repairs, *(calls.repairs if calls else ()))
                await self._recorded(watch.record(turn_id, repairs=repairs), trace, check)

    async def _recorded(self, record: TurnRecord, trace: Trace, check: CallCheck | None) -> None:
        """Tell of the turn, with what is wrong in its calls. Told also when the client leaves in the meantime."""

        def tell(record: TurnRecord) -> None:
            self.on_record(record)
            trace.ended(record)

        if check is None or not check.called or record.outcome not in ("stop", "tool_calls"):
            tell(record)
            return

        def judged(done: asyncio.Future[tuple[CallViolation, ...]]) -> None:
            tell(record if done.cancelled() else replace(record, violations=done.result()))

        judging = asyncio.get_running_loop().run_in_executor(None, check.violations)
        judging.add_done_callback(judged)
        await asyncio.wait([judging])

    def _leased(self, model: PooledModel, trace: Trace) -> AbstractAsyncContextManager[Engine]:
        if not self.pool.serves(model.id):
            trace.reached("loading")
        return self.pool.lease(model, wait=self.load_wait)

    async def _lanes(
        self, engine: Engine, request: Request, turn_id: str, *, lanes: Lanes, watch: TurnWatch
    ) -> AsyncGenerator[Sequence[Event]]:
        """The engine's events; once more from the start, with the calls left in the text, when its own parser failed."""
        if not lanes.may_switch:
            async with aclosing(self._stream(engine, request, turn_id, lane=lanes.lane, watch=watch)) as batches:
                async for events in batches:
                    yield events
            return
        last: Event | None = None
        while True:
            anew = False
            try:
                async with aclosing(self._stream(engine, request, turn_id, lane=lanes.lane, watch=watch)) as batches:
                    async for events in batches:
                        passed, anew = lanes.pass_on(events)
                        if passed:
                            last = passed[-1]
                            yield passed
                        if anew:
                            break
            except TurnFailure as failure:
                if lanes.switched:
                    self.on_try(SecondTry(turn_id, "engine_parser", "failed"))
                if not lanes.switches(failure.error):
                    raise
                anew = True
            if not anew:
                if lanes.switched:
                    ended = isinstance(last, TurnEnd)
                    self.on_try(SecondTry(turn_id, "engine_parser", "succeeded" if ended else "failed"))
                return
            self.on_try(SecondTry(turn_id, "engine_parser", "asked"))
            log.info("turn id=%s is asked again, its calls read by us: the engine's own parser failed", turn_id)

    async def _stream(
        self, engine: Engine, request: Request, turn_id: str, *, lane: Lane, watch: TurnWatch
    ) -> AsyncGenerator[Sequence[Event]]:
        """One reply of the engine, as events."""
        address, stream = await self._open(engine, request, watch, raw_calls=lane == "ours")
        lost = lost_error(managed=address.managed, begun=True)
        decoder = Decoder(turn_id, engine.status.model_id, lost=lost, top_logprobs=request.top_logprobs)
        watch.opened, watch.managed = time.monotonic(), address.managed
        last: Event | None = None
        first = True
        try:
            while data := await stream.read():
                if events := decoder.feed(data):
                    last = events[-1]
                    if first:
                        first = False
                        watch.trace.noticed(clamp_notice(engine, request, events[0]))
                    yield events
                if decoder.ended:
                    return
            events = decoder.finish()
            last = events[-1]
            yield events
        except ConnectionLost:
            last = TurnFailed(lost)
            yield [last]
        finally:
            stream.close()
            if isinstance(last, TurnFailed) and last.error is lost:
                engine.lost(address)

    async def count(self, request: Request) -> int:
        """Tokens of the conversation as the model's own chat template renders it; needs no slot. Raises `TurnFailure`."""
        chosen = self.pool.find(request.model)
        request = readied(await self.prepare(request, chosen.id), heals=self.heals).request
        async with self.pool.lease(chosen, wait=self.load_wait) as engine:
            return await self.fitting.counted(engine, request)

    def _arrived(self, request: Request, model_id: str, removed: tuple[str, ...]) -> Arrival | None:
        if not isinstance(request.prompt, Conversation):
            return None
        return self.conversations.arrive(model_id, request.origin, request.prompt, removed)

    def _verdict(self, request: Request) -> Verdict:
        return judge(request.prompt, self.loop_limits) if isinstance(request.prompt, Conversation) else NO_LOOP

    def load_note(self, request: Request) -> str:
        """One line that says how far the request's model is loaded, empty when it is or when it failed."""
        try:
            chosen = self.pool.find(request.model)
        except TurnFailure:
            return ""
        return next((status.note for status in self.pool.statuses() if status.id == chosen.id), "")

    async def _open(
        self, engine: Engine, request: Request, watch: TurnWatch, *, raw_calls: bool
    ) -> tuple[EngineAddress, EngineStream]:
        """Ask the engine; again if it could not be reached at all.

        A crash is noticed within milliseconds, but not before the next request can come: hence the short waits. A request
        that did reach the engine is never sent again: it may be what the engine died of.
        """
        trace = watch.trace
        for wait in RETRY_WAITS:
            if engine.status.state != "ready":
                trace.reached("loading")
            address = await engine.ready(self.load_wait)
            model, llama = address.model, address.speaks_llama
            slot = watch.slot if address.managed and 1 < engine.status.slots > watch.slot else None
            body = engine_body(request, model=model, speaks_llama=llama, raw_calls=raw_calls, slot=slot)
            trace.reached("reading")
            trace.asked(body)
            try:
                return address, await self.client.open(address, engine_path(request), body)
            except EngineUnreachable as error:
                engine.lost(address)
                if wait is None or error.sent:
                    raise TurnFailure(lost_error(managed=address.managed, begun=error.sent)) from error
                await asyncio.sleep(wait)
        raise AssertionError("the last wait is None")


def _hinted(request: Request, verdict: Verdict) -> Request:
    if verdict.kind != "hint" or not isinstance(request.prompt, Conversation):
        return request
    return replace(request, prompt=with_hint(request.prompt, verdict.text))


def told(turn_id: str, model: str, text: str) -> list[Event]:
    """A whole turn that says `text`, without asking any model."""
    part = TextPart()
    return [
        TurnStart(turn_id, model, 0, 0),
        PartStart(0, part),
        TextDelta(0, text),
        PartEnd(0),
        TurnEnd("stop", Usage(), by_model=False),
    ]
