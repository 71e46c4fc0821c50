"""The application of a running server: turns, tools and routes over a pool of models. Imported while the door is open."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.types import ASGIApp

from unsloth_studio import __version__
from unsloth_studio.api.app import build_app
from unsloth_studio.api.exchange import Limits
from unsloth_studio.api.key_meter import KeyMeter
from unsloth_studio.api.services import Services
from unsloth_studio.chat.chats import Chats
from unsloth_studio.chat.library import Library
from unsloth_studio.cli.model_desk import LocalModelDesk
from unsloth_studio.cli.models_served import Served
from unsloth_studio.cli.opened_keys import OpenedKeys
from unsloth_studio.cli.pulling import pull_steps
from unsloth_studio.cli.server_tools import toolbox_of
from unsloth_studio.cli.settings_report import SettingsInUse
from unsloth_studio.engine.client import EngineClient
from unsloth_studio.observe.logs import log_turn
from unsloth_studio.observe.metrics import Metrics
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.serving.admission import Admissions
from unsloth_studio.serving.loop_guard import LoopLimits
from unsloth_studio.serving.run import Turns
from unsloth_studio.settings import Settings
from unsloth_studio.turn.record import TurnRecord

if TYPE_CHECKING:
    from unsloth_studio.cli.server import RunOptions


class Application(Struct, frozen=True):
    """What answers requests."""

    app: ASGIApp
    _admissions: Admissions
    _services: Services

    @property
    def active(self) -> int:
        """How many requests run."""
        return self._admissions.active

    async def drain(self, seconds: float) -> None:
        """Let the page's answers end, for so long; then stop them. They are nobody's request."""
        await self._services.chats.drain(seconds)

    async def cut(self) -> None:
        """Stop the page's answers now."""
        await self._services.chats.close()

    def stop(self) -> None:
        """Begin no further turn, and end the streams that would go on for ever."""
        self._services.stopping.set()
        self._admissions.close()


@asynccontextmanager
async def running(
    settings: Settings, options: RunOptions, served: Served, keys: OpenedKeys, *, base_url: str
) -> AsyncGenerator[Application]:
    """The application, and what works behind it for as long as the `with` lasts. Raises `OperatorProblem`."""
    async with AsyncExitStack() as stack:
        toolbox = toolbox_of(settings, options.tool_policy)
        stack.push_async_callback(toolbox.close)
        metrics, meter, requests = Metrics(), KeyMeter(keys.ring), RequestLog()
        stack.callback(metrics.loop.close)
        admissions = Admissions(queue_limit=settings.queue_limit)

        def on_record(record: TurnRecord) -> None:
            metrics.count(record)
            meter.record(record)
            log_turn(record)

        turns = Turns(
            served.pool,
            EngineClient(stall_seconds=settings.stall_seconds),
            admissions,
            settings.load_wait_seconds,
            on_record,
            served.models.prepare,
            heals=settings.tool_call_healing,
            loop_limits=LoopLimits(settings.loop_guard_hint, settings.loop_guard_stop),
            on_try=metrics.count_second_try,
            trace=requests.trace,
            overflow=settings.context_overflow,
        )
        services = Services(
            turns=turns,
            keys=keys.ring,
            sessions=keys.sessions,
            meter=meter,
            chats=Chats(
                turns,
                toolbox,
                Library(keys.ring, clock=time.time),
                requests,
                new_id=_new_id,
                clock=time.time,
                prefills=settings.upstream is None,
            ),
            limits=Limits(
                max_body=settings.max_body_mib * 2**20,
                headers_after=settings.headers_after_seconds,
                heartbeat=settings.heartbeat_seconds,
            ),
            new_id=_new_id,
            clock=time.time,
            version=__version__,
            loopback=settings.loopback,
            behind_proxy=settings.behind_proxy,
            allowed_hosts=frozenset(name.lower() for name in settings.allowed_hosts),
            cors_origins=settings.cors_origins,
            toolbox=toolbox,
            metrics=metrics,
            requests=requests,
            base_url=base_url,
            started=time.time(),
            pull=None if settings.upstream else partial(pull_steps, settings),
        )
        local = served.models.local
        now = (lambda: settings) if local is None else (lambda: local.shelf.settings)
        services = replace(services, settings=SettingsInUse(settings, now, options.flags, options.wishes).report)
        if local is not None:
            desk = LocalModelDesk(local)
            stack.push_async_callback(desk.downloads.close)
            services = replace(services, desk=desk)
        if served.models.keep_fresh is not None:
            await stack.enter_async_context(_beside(served.models.keep_fresh()))
        await stack.enter_async_context(_beside(toolbox.keep_tidy()))
        yield Application(build_app(services), admissions, services)


def _new_id() -> str:
    """96 random bits."""
    return secrets.token_hex(12)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """`work` as a task for as long as the `with` lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
