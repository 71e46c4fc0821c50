"""What the routes work with, passed in once: `build_app(services)` wires things up, nothing is global."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from msgspec import Struct, field

from unsloth_studio.api.exchange import Limits
from unsloth_studio.api.key_meter import KeyMeter
from unsloth_studio.api.model_desk import ModelDesk
from unsloth_studio.api.settings_shapes import EngineFacts, KnownSettings
from unsloth_studio.chat.chats import Chats
from unsloth_studio.observe.metrics import Metrics
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.serving.run import Turns
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.session_ring import SessionRing
from unsloth_studio.tools.toolbox import Toolbox


async def _nothing_known() -> KnownSettings:
    """For an application that was put together without a command line."""
    return KnownSettings(settings=[], home="", config_file="", engine=EngineFacts("none"), model_folders=[])


class Services(Struct, frozen=True):
    """`new_id` makes opaque ids, `clock` tells Unix seconds. `loopback` says that only this machine reaches the bind
    address; then `allowed_hosts` are the Host names taken besides this machine's own; `behind_proxy`, that others do so all
    the same. `pull` fetches a model: its progress, last the model's `id`; it raises `OperatorProblem`. `desk` is None in
    front of an upstream. `base_url` has no slash at its end, `started` is in Unix seconds. `stopping` is set when the server
    begins to end: streams that would go on for ever end then."""

    turns: Turns
    keys: KeyRing
    sessions: SessionRing
    meter: KeyMeter
    chats: Chats
    limits: Limits
    new_id: Callable[[], str]
    clock: Callable[[], float]
    version: str
    loopback: bool = True
    behind_proxy: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    cors_origins: tuple[str, ...] = ()
    toolbox: Toolbox | None = None
    metrics: Metrics = field(default_factory=Metrics)
    requests: RequestLog = field(default_factory=RequestLog)
    pull: Callable[[str], AsyncGenerator[dict[str, Any]]] | None = None
    desk: ModelDesk | None = None
    settings: Callable[[], Awaitable[KnownSettings]] = _nothing_known
    base_url: str = ""
    started: float = 0.0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
