"""One life of an engine child: from its start to the moment it answers, and then until it dies or falls silent.

The rule: leaving `launch`, by whatever way, leaves no process behind. Only `/health` decides that an engine is well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol

import psutil
from msgspec import Struct

from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.failures import (
    EngineFailure,
    EngineTrouble,
    diagnose,
    not_started,
    start_timeout,
    unresponsive,
)
from unsloth_studio.engine.health import ask
from unsloth_studio.engine.plan import Command, LaunchPlan
from unsloth_studio.engine.process import EngineProcess

Spawn = Callable[[Command, Callable[[str], None] | None], Awaitable[EngineProcess]]
"""As `EngineProcess.spawn`."""
_POLL_SECONDS = 0.25
_LOADING_POLL_SECONDS = 0.05


class Launch(Struct, frozen=True):
    """What to start; `timeout` in seconds covers everything up to the first good `/health`."""

    plan: LaunchPlan
    api_key: str
    parent: int
    timeout: float


class Running(Struct, frozen=True):
    """An engine that answers. `context_length` is per slot, in tokens, as the engine itself says."""

    process: EngineProcess
    plan: LaunchPlan
    address: EngineAddress
    context_length: int | None
    slots: int
    version: str | None


class WatchTimes(Protocol):
    """The part of the supervisor's policy that watching needs; seconds."""

    @property
    def health_interval(self) -> float: ...
    @property
    def health_timeout(self) -> float: ...
    @property
    def hung_after(self) -> float: ...


@contextlib.asynccontextmanager
async def launch(
    order: Launch,
    progress: Callable[[float], None],
    on_line: Callable[[str], None] | None,
    *,
    grace: float,
    spawn: Spawn = EngineProcess.spawn,
) -> AsyncGenerator[Running]:
    """Start the engine and wait until it answers. `progress` gets 0 to 1 while it loads; `grace` is for stopping it.

    Raises `EngineTrouble` when it cannot be run, dies, or takes longer than `order.timeout`.
    """
    command = order.plan.command(api_key=order.api_key, parent=order.parent)
    try:
        process = await spawn(command, on_line)
    except OSError as error:
        raise EngineTrouble(not_started(error, command.argv[0])) from error
    try:
        async with asyncio.timeout(order.timeout):
            running = await _come_up(process, order, progress)
    except TimeoutError:
        await process.stop(grace=min(grace, 1.0))
        raise EngineTrouble(start_timeout(order.timeout)) from None
    except BaseException:
        await process.stop(grace=grace)
        raise
    try:
        yield running
    finally:
        await process.stop(grace=grace)


async def watch(running: Running, look: asyncio.Event, times: WatchTimes) -> EngineFailure:
    """Wait until the engine is dead, or silent for `hung_after`; returns why. `look` set: ask at once.

    An engine that reads a long prompt on every core may be late with `/health`; a single missed answer means nothing.
    """
    process, clock = running.process, asyncio.get_running_loop().time
    heard = clock()
    while not process.exit_code.done():
        await _dead_or_told(process, look, times.health_interval)
        if process.exit_code.done():
            break
        answer = await ask(f"{running.address.base_url}/health", timeout=times.health_timeout)
        if answer.status:
            heard = clock()
        elif clock() - heard >= times.hung_after and not process.exit_code.done():
            return unresponsive(times.hung_after)
    return diagnose(process.tail, process.exit_code.result(), model=str(running.plan.model_path))


async def _dead_or_told(process: EngineProcess, look: asyncio.Event, seconds: float) -> None:
    """Wait for the child's death or for `look`, at most `seconds`; `look` is clear afterwards."""
    looking = asyncio.create_task(look.wait())
    try:
        await asyncio.wait((process.exit_code, looking), timeout=seconds, return_when="FIRST_COMPLETED")
    finally:
        looking.cancel()
        look.clear()


async def _come_up(process: EngineProcess, order: Launch, progress: Callable[[float], None]) -> Running:
    size = await asyncio.to_thread(_size, order.plan)
    while not process.listening.done() and not process.exit_code.done():
        await asyncio.wait((process.listening, process.exit_code), timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")
        if not process.listening.done():
            progress(await asyncio.to_thread(_loaded, process.pid, size))
    if not process.listening.done() or process.listening.cancelled():
        raise await _death(process, order.plan)
    base = process.listening.result()
    while (answer := await ask(f"{base}/health", api_key=order.api_key)).status != 200:
        if process.exit_code.done() or not answer.status:
            await asyncio.wait((process.exit_code,), timeout=_POLL_SECONDS)
        if process.exit_code.done():
            raise await _death(process, order.plan)
        await asyncio.sleep(_LOADING_POLL_SECONDS)
    props = await ask(f"{base}/props", api_key=order.api_key, timeout=10.0)
    return _running(process, order, base, props=props.body)


def _running(process: EngineProcess, order: Launch, base: str, *, props: Mapping[str, Any]) -> Running:
    plan = order.plan
    generation: Mapping[str, Any] = props.get("default_generation_settings") or {}
    context, slots = generation.get("n_ctx"), props.get("total_slots")
    return Running(
        process=process,
        plan=plan,
        address=EngineAddress(base, order.api_key, plan.model_id),
        context_length=context if isinstance(context, int) else plan.context_per_slot or None,
        slots=slots if isinstance(slots, int) else plan.slots,
        version=plan.program.version,
    )


async def _death(process: EngineProcess, plan: LaunchPlan) -> EngineTrouble:
    code = await asyncio.shield(process.exit_code)
    return EngineTrouble(diagnose(process.tail, code, model=str(plan.model_path)))


def _size(plan: LaunchPlan) -> int:
    try:
        return plan.model_path.stat().st_size
    except OSError:
        return 0


def _loaded(pid: int, size: int) -> float:
    """How much of the model's file is in the child's memory: the only progress every kind of engine shows."""
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0.0
    return min(0.99, resident / size) if size else 0.0
