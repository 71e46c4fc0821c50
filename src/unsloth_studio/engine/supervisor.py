"""Keeps one engine child alive: starts it, watches it, starts it again, stops it.

The rule: one owner task holds all state and takes messages from a mailbox, one at a time; everything slow (loading,
watching, waiting out a backoff) happens in one side task, which reports back to the mailbox. Callers get futures.

    stopped ──Start──> starting ──_Up──> ready ──_Down──> starting (after a backoff) ...
       any ──Stop──> stopping ──> stopped        starting ──_Down (never, or too many)──> failed ──Start──> starting
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.contract import EngineAddress, EngineState, EngineStatus
from unsloth_studio.engine.failures import EngineFailure, EngineTrouble
from unsloth_studio.engine.kept_slots import KeptSlots
from unsloth_studio.engine.launch import Launch, Running, Spawn, launch, watch
from unsloth_studio.engine.plan import LaunchPlan
from unsloth_studio.engine.process import EngineProcess
from unsloth_studio.engine.restarts import Policy, Restarts
from unsloth_studio.turn.errors import TurnError, TurnFailure

log = logging.getLogger(__name__)

DOUBT_SECONDS = 0.25
"""A death is noticed in some 10 milliseconds, 90 at worst as measured."""

RETRY_AFTER = 2
"""Seconds a client is asked to wait while the engine starts."""


class _Start(Struct, frozen=True):
    begun: asyncio.Future[None]


class _Wait(Struct, frozen=True):
    outcome: asyncio.Future[EngineAddress]


class _Stop(Struct, frozen=True):
    done: asyncio.Future[None]


class _Progress(Struct, frozen=True):
    value: float


class _Up(Struct, frozen=True):
    running: Running


class _Down(Struct, frozen=True):
    failure: EngineFailure


_Message = _Start | _Wait | _Stop | _Progress | _Up | _Down


class Supervisor:
    """Implements `engine.contract.Engine`. `plan` is asked anew at every start; it raises `EngineTrouble` when it cannot.

    `on_change` gets every new status, on the event loop; it must return quickly. `spawn` starts a process. `kept` saves and
    restores its slots.
    """

    def __init__(
        self,
        plan: Callable[[], Awaitable[LaunchPlan]],
        *,
        model_id: str,
        slots: int = 1,
        on_change: Callable[[EngineStatus], None] | None = None,
        on_line: Callable[[str], None] | None = None,
        policy: Policy | None = None,
        spawn: Spawn = EngineProcess.spawn,
        kept: KeptSlots | None = None,
    ) -> None:
        self._make_plan = plan
        self._on_change = on_change
        self._on_line = on_line
        self._policy = policy or Policy()
        self._spawn = spawn
        self._kept = kept
        self._status = EngineStatus("stopped", model_id, slots=slots)
        self._mailbox: asyncio.Queue[_Message] = asyncio.Queue()
        self._owner: asyncio.Task[None] | None = None
        self._side: asyncio.Task[None] | None = None
        self._look = asyncio.Event()
        self._address: EngineAddress | None = None
        self._waiters: list[asyncio.Future[EngineAddress]] = []
        self._restarts = Restarts(self._policy)
        self._up_since = 0.0
        self._no_repack = False
        self._failed_at = 0.0
        self._doubt: asyncio.Event | None = None

    @property
    def status(self) -> EngineStatus:
        return self._status

    async def start(self) -> None:
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send(_Start(begun))
        if self._status.state != "stopping":  # the owner is free, and the caller finds a state that is true
            await begun

    async def ready(self, timeout: float) -> EngineAddress:
        if self._doubt is not None:
            await self._see_whether_it_fell()
        if self._status.state == "ready" and self._address is not None:
            return self._address
        if self._status.state == "failed" and time.monotonic() - self._failed_at >= self._policy.retry_after_failure:
            await self.start()  # a file may be back, memory may be free: worth a look now and then
        if self._status.state in ("failed", "stopping"):
            raise self._refusal()
        outcome: asyncio.Future[EngineAddress] = asyncio.get_running_loop().create_future()
        self._send(_Wait(outcome))
        try:
            return await asyncio.wait_for(outcome, timeout)
        except TimeoutError:
            raise self._refusal() from None

    def lost(self, address: EngineAddress) -> None:
        if address == self._address:
            self._look.set()
            self._doubt = self._doubt or asyncio.Event()

    async def _see_whether_it_fell(self) -> None:
        """Somebody lost the engine a moment ago: wait for its death to be noticed, rather than send it another request that
        would be lost as well. A living engine costs this one wait."""
        doubt = self._doubt
        assert doubt is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(DOUBT_SECONDS):
                await doubt.wait()
        if self._doubt is doubt:
            self._doubt = None

    async def stop(self) -> None:
        if self._owner is None and self._status.state == "stopped":
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send(_Stop(done))
        await done

    def _send(self, message: _Message) -> None:
        self._mailbox.put_nowait(message)
        if self._owner is None or self._owner.done():
            self._owner = asyncio.create_task(self._own(), name=f"engine {self._status.model_id}")

    async def _own(self) -> None:
        """The owner: everything below runs in this task only."""
        try:
            while True:
                match await self._mailbox.get():
                    case _Start(begun):
                        self._begin()
                        if not begun.done():
                            begun.set_result(None)
                    case _Wait(outcome):
                        self._admit(outcome)
                    case _Progress(value):
                        self._publish(replace(self._status, progress=value))
                    case _Up(running):
                        self._came_up(running)
                    case _Down(failure):
                        self._went_down(failure)
                    case _Stop(done):
                        await self._end()
                        if not done.done():
                            done.set_result(None)
                if self._status.state == "stopped" and self._mailbox.empty():
                    self._owner = None
                    return
        finally:
            if self._side is not None:
                self._side.cancel()  # its own cleaning up kills the child

    def _begin(self) -> None:
        if self._status.state in ("stopped", "failed"):
            self._restarts.forget()
            self._enter("starting", restarts=0)
            self._run(delay=0.0)

    def _admit(self, outcome: asyncio.Future[EngineAddress]) -> None:
        if self._status.state == "stopped":
            self._begin()
        if self._status.state == "ready" and self._address is not None:
            _resolve(outcome, self._address)
        elif self._status.state == "starting":
            self._waiters.append(outcome)
        else:
            _resolve(outcome, self._refusal())

    def _came_up(self, running: Running) -> None:
        self._up_since = time.monotonic()
        self._address = running.address
        self._status = replace(
            self._status, context_length=running.context_length, slots=running.slots, engine_version=running.version
        )
        self._enter("ready")
        self._answer_waiters(running.address)

    def _went_down(self, failure: EngineFailure) -> None:
        """The child is gone (and reaped): decide between another start and giving up."""
        log.warning("engine down: %s", failure.reason)
        if self._doubt is not None:
            self._doubt.set()
        wait, self._address = self._wait_after(failure), None
        if wait is None:
            return self._give_up(failure)
        self._enter("starting", reason=failure.reason, advice=failure.advice, restarts=self._status.restarts + 1)
        return self._run(delay=wait)

    def _wait_after(self, failure: EngineFailure) -> float | None:
        """Seconds until the next start, None when there is to be none."""
        if failure.retry == "no_repack" and not self._no_repack:
            self._no_repack = True
            return 0.0
        if self._address is None:
            return None if failure.retry == "never" else self._restarts.after_crash(time.monotonic(), 0.0)
        return self._restarts.after_crash(time.monotonic(), time.monotonic() - self._up_since)

    def _give_up(self, failure: EngineFailure) -> None:
        crashes = self._restarts.in_a_row
        again = f" That was crash {crashes} in a row." if crashes > 1 else ""
        self._failed_at = time.monotonic()
        self._enter("failed", reason=failure.reason + again, advice=failure.advice)
        self._answer_waiters(self._refusal())

    async def _end(self) -> None:
        if self._status.state == "stopped":
            return
        self._enter("stopping")
        self._answer_waiters(self._refusal())
        self._address = None
        if self._side is not None:
            self._side.cancel()
            await asyncio.wait((self._side,))
            self._side = None
        self._drop_reports()
        self._enter("stopped")

    def _drop_reports(self) -> None:
        """What the ended side task still had to say; messages of callers stay, in order."""
        kept: list[_Message] = []
        while not self._mailbox.empty():
            message = self._mailbox.get_nowait()
            kept += [] if isinstance(message, (_Progress, _Up, _Down)) else [message]
        for message in kept:
            self._mailbox.put_nowait(message)

    def _run(self, *, delay: float) -> None:
        self._side = asyncio.create_task(self._live(delay), name=f"engine child {self._status.model_id}")

    async def _live(self, delay: float) -> None:
        """The side task: one life of the child, from backoff to death. Cancelling it stops the child properly."""
        try:
            await asyncio.sleep(delay)
            plan = await self._make_plan()
            plan = plan.without_repack() if self._no_repack else plan
            plan = plan if self._kept is None else await self._kept.prepared(plan)
            order = Launch(plan, secrets.token_urlsafe(24), os.getpid(), self._policy.start_timeout)
            grace = self._policy.stop_grace
            async with (
                launch(order, self._progress, self._on_line, grace=grace, spawn=self._spawn) as running,
                nullcontext() if self._kept is None else self._kept.around(running),
            ):
                self._mailbox.put_nowait(_Up(running))
                failure = await watch(running, self._look, self._policy)
            self._mailbox.put_nowait(_Down(failure))
        except EngineTrouble as error:
            self._mailbox.put_nowait(_Down(error.failure))
        except Exception as error:
            log.exception("the engine could not be started")
            failure = EngineFailure("not_started", f"The engine could not be started: {error}.", "Please report this.")
            self._mailbox.put_nowait(_Down(failure))

    def _progress(self, value: float) -> None:
        self._mailbox.put_nowait(_Progress(value))

    def _answer_waiters(self, answer: EngineAddress | TurnFailure) -> None:
        waiters, self._waiters = self._waiters, []
        for outcome in waiters:
            _resolve(outcome, answer)

    def _refusal(self) -> TurnFailure:
        """Why there is no address now, in words for the client."""
        status = self._status
        if status.state == "failed":
            said = " ".join(text for text in (status.reason, status.advice) if text)
            wait = int(self._policy.retry_after_failure)
            return TurnFailure(
                TurnError("engine_unavailable", f"The model could not be loaded. {said}", retry_after=wait)
            )
        if status.state in ("stopping", "stopped"):
            return TurnFailure(TurnError("engine_unavailable", "The model server is shutting down."))
        done = f" ({status.progress:.0%})" if status.progress else ""
        why = f" {status.reason} It is being restarted." if status.reason else ""
        text = f"The model is still loading{done}.{why} Try again in a moment."
        return TurnFailure(TurnError("engine_unavailable", text, retry_after=RETRY_AFTER))

    def _enter(
        self, state: EngineState, *, reason: str | None = None, advice: str | None = None, restarts: int | None = None
    ) -> None:
        """A new state; a reason belongs to the state it is given for."""
        kept = self._status.restarts if restarts is None else restarts
        self._publish(replace(self._status, state=state, progress=None, reason=reason, advice=advice, restarts=kept))

    def _publish(self, status: EngineStatus) -> None:
        self._status = status
        if self._on_change is None:
            return
        try:
            self._on_change(status)
        except Exception:  # a listener's trouble (a closed terminal, say) must not end the owner
            log.exception("a listener of the engine's status failed")


def _resolve(outcome: asyncio.Future[EngineAddress], answer: EngineAddress | TurnFailure) -> None:
    if outcome.done():
        return
    if isinstance(answer, TurnFailure):
        outcome.set_exception(answer)
    else:
        outcome.set_result(answer)
