"""The running server: starts the engine first, then opens the door, then brings the application, and takes all of it down
again.

The order of the end is the rule: stop listening, let running replies finish, stop the engine, write what is still in
memory. Nothing of ours is left when `serve` returns. The order of the start is why little is imported here: the socket
listens already, so that clients can connect and wait; while the engine loads in its own process, the rest is imported.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from unsloth_studio.cli.banner import Ready, studio_url
from unsloth_studio.cli.opened_keys import OpenedKeys
from unsloth_studio.cli.progress import Output
from unsloth_studio.cli.running import noted
from unsloth_studio.engine.spare import SpareEngine, likely_embedded
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import Settings
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.turn.errors import TurnFailure

if TYPE_CHECKING:
    from unsloth_studio.catalog.local_models import LocalModel
    from unsloth_studio.cli.application import Application
    from unsloth_studio.cli.door import Door
    from unsloth_studio.cli.models_served import Served
    from unsloth_studio.cli.wishes import Wishes
    from unsloth_studio.engine.contract import EngineStatus

GARBAGE_AFTER = 10_000
"""New objects before Python looks for garbage among them, once the server has started."""


class RunOptions(Struct, frozen=True):
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
        self._door: Door | None = None

    async def main(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        self._out.listening(self._base_url(), self._options.model.id if self._options.model else "")
        async with AsyncExitStack() as stack:
            keys = await stack.enter_async_context(self._keys())
            spare = await stack.enter_async_context(self._spare_engine())
            served = await self._served(spare)
            stack.push_async_callback(served.stop)
            loading = await stack.enter_async_context(self._loading(served, keys))
            self._door = door = await stack.enter_async_context(await self._opened_door())
            application = await stack.enter_async_context(await self._application(served, keys))
            stack.push_async_callback(self._close_door, application)
            stack.enter_context(noted(self._settings.home, self._base_url()))
            gc.freeze()  # what is here stays until the end
            gc.set_threshold(GARBAGE_AFTER)
            door.admit(application.app)
            return await self._until_stopped(loading)

    @asynccontextmanager
    async def _spare_engine(self) -> AsyncGenerator[SpareEngine]:
        """A process for the engine that comes up while the models are looked at."""
        spare = SpareEngine()
        if self._options.model is not None and likely_embedded(self._settings.home, self._settings.engine):
            spare.begin()
        try:
            yield spare
        finally:
            await spare.discard()

    async def _served(self, spare: SpareEngine) -> Served:
        """The models, and the pool they are loaded into."""
        models_served = await asyncio.to_thread(importlib.import_module, "unsloth_studio.cli.models_served")
        return await models_served.served(self._settings, self._options, on_change=self._on_change, spawn=spare.spawn)

    @asynccontextmanager
    async def _loading(
        self, served: Served, keys: OpenedKeys
    ) -> AsyncGenerator[asyncio.Future[tuple[EngineStatus, tuple[str, str | None]]]]:
        """The first model being loaded and the keys being read, side by side; given up at the end."""
        wait = self._settings.start_timeout_seconds + 30
        loading = asyncio.gather(served.pool.load(served.models.first, wait=wait), self._key_and_link(keys))
        try:
            yield loading
        finally:
            loading.cancel()
            with suppress(asyncio.CancelledError, TurnFailure, OperatorProblem):  # told by `_until_stopped`
                await loading

    async def _opened_door(self) -> AbstractAsyncContextManager[Door]:
        door = await asyncio.to_thread(importlib.import_module, "unsloth_studio.cli.door")
        return door.open_door(self._sock, drain_seconds=self._settings.drain_seconds)

    async def _application(self, served: Served, keys: OpenedKeys) -> AbstractAsyncContextManager[Application]:
        application = await asyncio.to_thread(importlib.import_module, "unsloth_studio.cli.application")
        return application.running(self._settings, self._options, served, keys, base_url=self._base_url())

    async def _key_and_link(self, keys: OpenedKeys) -> tuple[str, str | None]:
        """The key to print, and the token of the page's address."""
        key = await keys.open()
        return key, None if self._settings.behind_proxy else await keys.link()

    async def _until_stopped(self, loading: asyncio.Future[tuple[EngineStatus, tuple[str, str | None]]]) -> int:
        """Serve until a signal; the exit status. A model that cannot be loaded ends it."""
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not loading.done():
            return 0
        try:
            status, (api_key, link) = loading.result()
        except TurnFailure as failure:
            self._out.failed(failure.error.message)
            return 1
        self._out.ready(self._ready(status, api_key, link), exposed=not self._settings.loopback)
        await stopping
        return 0

    async def _close_door(self, application: Application) -> None:
        """Let the running requests finish."""
        assert self._door is not None
        self._out.stopping(application.active)
        application.stop()
        draining = asyncio.create_task(application.drain(self._settings.drain_seconds))
        await self._door.close()
        if self._door.hurried:
            await application.cut()
        await draining
        self._out.stopped()

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

    def _on_signal(self) -> None:
        if self._stop.is_set() and self._door is not None:
            self._door.hurry()  # the second Ctrl-C
        self._stop.set()

    def _on_change(self, status: EngineStatus) -> None:
        if status.state == "starting" and status.progress is not None:
            self._out.loading(status.progress)

    def _base_url(self) -> str:
        host = self._settings.host.strip("[]")
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{self._sock.getsockname()[1]}"

    def _ready(self, status: EngineStatus, api_key: str, link: str | None) -> Ready:
        base = self._base_url()
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


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
