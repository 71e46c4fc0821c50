"""One answer while it is written: asks the model, records what comes, keeps it, and tells those who watch.

The rule: the answer belongs to its task and to nobody's connection. Whatever happens it ends once, as `done`, `stopped` or
`failed`, and is kept before anybody is told so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from msgspec import Struct

from unsloth_studio.chat.events import ChatEvent, Done, Progress, Snapshot, frame
from unsloth_studio.chat.keeper import Keeper
from unsloth_studio.chat.recorder import Recorder, with_context
from unsloth_studio.chat.trace import AnswerTrace
from unsloth_studio.chat.watchers import Watcher
from unsloth_studio.store.thread import Message, Status
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event, PartEnd, ResultImage, ToolApprovalAsked, ToolResultReady
from unsloth_studio.turn.messages import Request
from unsloth_studio.turn.trace import Stage

Run = Callable[[Request, AnswerTrace], AsyncGenerator[Sequence[Event]]]
LOADING_SECONDS = 0.5
"""Between two looks at how far a model is loaded."""
DEFECT = "The server failed on this answer; its log has the details."
NOT_DONE = frozenset({"invalid_request", "engine_error"})
"""Kinds of errors with which an engine refuses to go on in a message that is there already."""

log = logging.getLogger(__name__)


class Surroundings(Struct, frozen=True):
    """What an answer works with. `run` gives a turn's events; `keep_images` stores a tool's pictures and gives their ids;
    `decided` waits until a call no longer waits to be allowed; `loaded` tells how far the request's model is (0 to 1, and a
    line about it); `context_length` of a model by id."""

    run: Run
    keeper: Keeper
    keep_images: Callable[[Sequence[ResultImage]], Awaitable[list[str]]]
    decided: Callable[[str], Awaitable[None]]
    loaded: Callable[[Request], tuple[float | None, str]]
    context_length: Callable[[str], int | None]


class Answer:
    """Made in the event loop it runs in; `requests` are asked one after the other as long as they are refused."""

    def __init__(
        self,
        message: Message,
        requests: Sequence[Request],
        around: Surroundings,
        trace: AnswerTrace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.message = message
        self.requests = requests
        self.around = around
        self.trace = trace
        self.clock = clock
        self.over = False
        self.recorder = Recorder(message, began=clock())
        self._ending = False
        self._watchers: list[Watcher] = []
        self._task: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[None]] = set()
        self._progress = Progress("queued")
        self._why_stopped: str | None = None

    def begin(self, *, then: Callable[[], None]) -> None:
        """Start writing; `then` is called when it is over."""
        self.trace.on_stage, self.trace.on_repairs = self._reached, self._repaired
        self._task = asyncio.create_task(self._write(), name=f"answer {self.message.id}")
        self._task.add_done_callback(lambda _: then())

    async def stop(self, why: str | None = None) -> None:
        """End it now, and wait until it is kept. `why` is told in the message when it was not the user's wish."""
        assert self._task is not None, "it has begun"
        await asyncio.sleep(0)  # a task that is cancelled before its first step would not even say that it is over
        if not self._ending:
            self._ending = True
            self._why_stopped = why
            self._task.cancel()
        await self.wait()

    async def wait(self) -> None:
        """Until it is over. Whoever waits may be cancelled without harm to the answer."""
        assert self._task is not None, "it has begun"
        await asyncio.wait({self._task})

    async def watch(self) -> AsyncGenerator[bytes]:
        """Frames of server-sent events: the message as it is, what comes, and its end."""
        watcher = Watcher()
        self._watchers.append(watcher)
        try:
            yield self._snapshot()
            while not self.over:
                events = await watcher.take()
                if watcher.fell_behind:
                    watcher.fell_behind = False
                    yield self._snapshot()
                elif events:
                    yield b"".join(map(frame, events))
            yield frame(Done(self.message))
        finally:
            self._watchers.remove(watcher)

    async def _write(self) -> None:
        status: Status = "failed"
        try:
            await self._ask()
            status = "failed" if self.message.error else "done"
        except asyncio.CancelledError:
            status, self.message.error = "stopped", self._why_stopped
        except TurnFailure as failure:
            self.message.error = failure.error.message
        except Exception:
            log.exception("the answer %s failed by a defect of the server", self.message.id)
            self.message.error = DEFECT
        finally:
            await self._end(status)

    async def _ask(self) -> None:
        """Raises `TurnFailure` when nothing came."""
        for left in reversed(range(len(self.requests))):
            request = self.requests[-1 - left]
            try:
                async with aclosing(self.around.run(request, self.trace)) as batches:
                    async for events in batches:
                        await self._take(events)
                return
            except TurnFailure as failure:
                if not left or self.trace.written or failure.error.kind not in NOT_DONE:
                    raise

    async def _take(self, events: Sequence[Event]) -> None:
        told: list[ChatEvent] = []
        ended = False
        for event in events:
            file_ids: list[str] = []
            if isinstance(event, ToolResultReady) and event.images:
                self._tell(told)
                told, file_ids = [], await self.around.keep_images(event.images)
            told += self.recorder.feed(event, self.clock(), file_ids=file_ids)
            if isinstance(event, ToolApprovalAsked):
                self._asked.add(asyncio.create_task(self._follow_approval(event.approval_id)))
            ended = ended or isinstance(event, PartEnd | ToolResultReady)
        self._tell(told)
        self.around.keeper.grew(self.recorder.settle, ended=ended)

    async def _end(self, status: Status) -> None:
        self._ending = True
        for following in (*self._asked, self._loading):
            if following is not None:
                following.cancel()
        message = self.message
        self._tell([*self.recorder.close(self.clock()), *self.recorder.decided()])
        message.status = status
        message.stats = with_context(message.stats, self.around.context_length(self.trace.model))
        try:
            await self.around.keeper.keep(message)
        except Exception as error:  # it is told all the same: what was written is better seen than lost
            log.exception("the answer %s cannot be kept", message.id)
            message.error = message.error or f"This answer could not be kept: {error}"
        self.over = True
        self.trace.finish(message)
        for watcher in self._watchers:
            watcher.put([])

    def _reached(self, stage: Stage) -> None:
        if stage in ("queued", "loading", "reading"):
            self._tell([Progress(stage)])
        if stage == "loading" and self._loading is None:
            self._loading = asyncio.create_task(self._follow_loading())
        elif stage != "loading" and self._loading is not None:
            self._loading.cancel()
            self._loading = None

    async def _follow_loading(self) -> None:
        while True:
            fraction, text = self.around.loaded(self.requests[0])
            self._tell([Progress("loading", fraction, text or None)])
            await asyncio.sleep(LOADING_SECONDS)

    async def _follow_approval(self, approval_id: str) -> None:
        await self.around.decided(approval_id)
        self._tell(self.recorder.decided(approval_id))

    def _repaired(self) -> None:
        self._tell(self.recorder.repaired(self.trace.repairs))

    def _tell(self, events: Sequence[ChatEvent]) -> None:
        fresh: list[ChatEvent] = []
        for event in events:
            if event == self._progress:
                continue
            if isinstance(event, Progress):
                self._progress = event
            fresh.append(event)
        if fresh:
            for watcher in self._watchers:
                watcher.put(fresh)

    def _snapshot(self) -> bytes:
        message = self.recorder.settle()
        waits = not self.over and not self.trace.written
        return frame(Snapshot(message)) + (frame(self._progress) if waits else b"")
