"""The running server: builds every piece, listens before the model is loaded and the keys are read, and takes all of it
down again.

The order of the end is the rule: stop listening, let running replies finish, stop the engine, write what is still in
memory. Nothing of ours is left when `serve` returns.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import uvicorn

from unsloth_studio import __version__
from unsloth_studio.api.app import build_app
from unsloth_studio.api.exchange import Limits
from unsloth_studio.api.key_meter import KeyMeter
from unsloth_studio.api.services import Services
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.chat.chats import Chats
from unsloth_studio.chat.library import Library
from unsloth_studio.cli.banner import Ready, studio_url
from unsloth_studio.cli.launching import Wishes
from unsloth_studio.cli.model_desk import LocalModelDesk
from unsloth_studio.cli.models_served import Models, local_models, upstream_models
from unsloth_studio.cli.opened_keys import OpenedKeys
from unsloth_studio.cli.places import memory_budget
from unsloth_studio.cli.progress import Output
from unsloth_studio.cli.pulling import pull_steps
from unsloth_studio.cli.running import noted
from unsloth_studio.cli.server_tools import toolbox_of
from unsloth_studio.cli.settings_report import SettingsInUse
from unsloth_studio.engine.client import EngineClient
from unsloth_studio.engine.contract import EngineStatus
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.engine.shelf import PooledModel
from unsloth_studio.observe.logs import log_turn
from unsloth_studio.observe.metrics import Metrics
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.serving.admission import Admissions
from unsloth_studio.serving.loop_guard import LoopLimits
from unsloth_studio.serving.run import Turns
from unsloth_studio.settings import Settings
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.record import TurnRecord


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What belongs to one run and is no setting. `model` is None with an upstream; `wishes` are for it alone; `flags` are
    the settings that the command line gives: they win over the file when that changes; `api_key` replaces the kept key."""

    model: LocalModel | None
    wishes: Wishes
    flags: Mapping[str, Any]
    api_key: str | None
    api_key_name: str
    new_key: bool
    tool_policy: ToolPolicy


def serve(settings: Settings, options: RunOptions, sock: socket.socket, out: Output) -> int:
    """Run until a signal or a failed start; the exit status (0 after Ctrl-C, 1 when the server cannot run)."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_Run(settings, options, sock, out).main())
    except OperatorProblem as problem:
        out.failed(str(problem))
        return problem.exit_status
    finally:
        sock.close()


class _Run:
    """One run of the server. All state is local to `main`, but for what the signal handlers touch."""

    def __init__(self, settings: Settings, options: RunOptions, sock: socket.socket, out: Output) -> None:
        self._settings = settings
        self._options = options
        self._sock = sock
        self._out = out
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._meter: KeyMeter | None = None
        self._requests = RequestLog()
        self._server: _Server | None = None

    async def main(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        async with AsyncExitStack() as stack:
            keys = await stack.enter_async_context(self._keys())
            self._meter = meter = KeyMeter(keys.ring)
            toolbox = toolbox_of(self._settings, self._options.tool_policy)
            stack.push_async_callback(toolbox.close)
            models = await self._models()
            rules = Rules(budget_bytes=await asyncio.to_thread(memory_budget, self._settings))
            pool = Pool(models.shelf, rules=rules, default=models.first.id)
            stack.push_async_callback(pool.stop)
            if models.keep_fresh is not None:
                await stack.enter_async_context(_running(models.keep_fresh()))
            client = EngineClient(stall_seconds=self._settings.stall_seconds)
            admissions = Admissions(queue_limit=self._settings.queue_limit)
            turns = Turns(
                pool,
                client,
                admissions,
                self._settings.load_wait_seconds,
                self._on_record,
                models.prepare,
                heals=self._settings.tool_call_healing,
                loop_limits=LoopLimits(self._settings.loop_guard_hint, self._settings.loop_guard_stop),
                trace=self._requests.trace,
            )
            await stack.enter_async_context(_running(toolbox.keep_tidy()))
            services = replace(self._services(turns, keys, meter, toolbox), **self._management(models, stack))
            await stack.enter_async_context(self._listening(services, admissions))
            stack.enter_context(noted(self._settings.home, self._base_url()))
            return await self._until_stopped(pool, models.first, keys)

    async def _models(self) -> Models:
        if self._settings.upstream is not None:
            return upstream_models(self._settings, self._options.wishes, on_change=self._on_change)
        options = self._options
        assert options.model is not None
        return await asyncio.to_thread(
            local_models, options.model, self._settings, options.wishes, flags=options.flags, on_change=self._on_change
        )

    async def _until_stopped(self, pool: Pool, model: PooledModel, keys: OpenedKeys) -> int:
        """Load `model` and read the keys, then serve until a signal."""
        self._out.listening(self._base_url(), pool.status.model_id)
        stopping = asyncio.create_task(self._stop.wait())
        loading = asyncio.gather(pool.load(model, wait=self._settings.start_timeout_seconds + 30), keys.open())
        await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not loading.done():
            loading.cancel()
            with suppress(asyncio.CancelledError):
                await loading
            return 0
        try:
            status, api_key = loading.result()
        except TurnFailure as failure:
            self._out.failed(failure.error.message)
            return 1
        self._out.ready(await self._ready(status, api_key, keys), exposed=not self._settings.loopback)
        await stopping
        return 0

    def _management(self, models: Models, stack: AsyncExitStack) -> dict[str, Any]:
        """What the management API works with beyond a request's own way."""
        options, local = self._options, models.local
        now = (lambda: self._settings) if local is None else (lambda: local.shelf.settings)
        settings = SettingsInUse(self._settings, now, options.flags, options.wishes)
        desk = None if local is None else LocalModelDesk(local)
        if desk is not None:
            stack.push_async_callback(desk.downloads.close)
        return {"desk": desk, "settings": settings.report}

    @asynccontextmanager
    async def _keys(self) -> AsyncGenerator[OpenedKeys]:
        options = self._options
        keys = OpenedKeys(
            self._settings.home,
            name=options.api_key_name,
            rotate=options.new_key,
            given=options.api_key,
            scopes=("inference", "tools") if options.tool_policy.enabled else ("inference",),
        )
        try:
            yield keys
        finally:
            await keys.close()

    def _services(self, turns: Turns, keys: OpenedKeys, meter: KeyMeter, toolbox: Toolbox) -> Services:
        settings = self._settings
        return Services(
            turns=turns,
            keys=keys.ring,
            sessions=keys.sessions,
            meter=meter,
            chats=Chats(
                turns,
                toolbox,
                Library(keys.ring, clock=time.time),
                self._requests,
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
            metrics=self._metrics,
            requests=self._requests,
            base_url=self._base_url(),
            started=time.time(),
            pull=None if settings.upstream else partial(pull_steps, settings),
        )

    @asynccontextmanager
    async def _listening(self, services: Services, admissions: Admissions) -> AsyncGenerator[None]:
        """Accept requests; at the end let the running ones finish."""
        config = uvicorn.Config(
            build_app(services),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=int(self._settings.drain_seconds),
        )
        self._server = _Server(config)
        serving = asyncio.create_task(self._server.serve(sockets=[self._sock]))
        await self._server.listening.wait()
        try:
            yield
        finally:
            self._out.stopping(admissions.active)
            services.stopping.set()
            admissions.close()
            self._server.should_exit = True
            drained = asyncio.create_task(services.chats.drain(self._settings.drain_seconds))
            await serving
            if self._server.force_exit:
                await services.chats.close()
            await drained
            self._out.stopped()

    def _on_signal(self) -> None:
        if self._stop.is_set() and self._server is not None:
            self._server.force_exit = True  # the second Ctrl-C: do not wait for running replies
        self._stop.set()

    def _on_change(self, status: EngineStatus) -> None:
        if status.state == "starting" and status.progress is not None:
            self._out.loading(status.progress)

    def _on_record(self, record: TurnRecord) -> None:
        self._metrics.count(record)
        if self._meter is not None:
            self._meter.record(record)
        log_turn(record)

    def _base_url(self) -> str:
        host = self._settings.host.strip("[]")
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{self._sock.getsockname()[1]}"

    async def _ready(self, status: EngineStatus, api_key: str, keys: OpenedKeys) -> Ready:
        base = self._base_url()
        link = None if self._settings.behind_proxy else await keys.link()
        return Ready(
            base_url=base,
            studio_url=studio_url(base, link),
            openai_base_url=f"{base}/v1",
            anthropic_base_url=base,
            api_key=api_key,
            model=status.model_id,
            context_length=status.context_length,
            server_tools=self._options.tool_policy.enabled,
            server_tools_reason=self._options.tool_policy.reason,
            pid=os.getpid(),
        )


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: ours end the program with status 0 and in our order."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def _new_id() -> str:
    """96 random bits."""
    return secrets.token_hex(12)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """`work` as a task for as long as the `with` lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
