"""The application's services around a pool, for tests of the HTTP edge in this process."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from tests.support.blank_database import lay_blank_database

from unsloth_studio.api.app import build_app
from unsloth_studio.api.exchange import Limits
from unsloth_studio.api.key_meter import KeyMeter
from unsloth_studio.api.services import Services
from unsloth_studio.chat.chats import Chats
from unsloth_studio.chat.library import Library
from unsloth_studio.engine.client import EngineClient
from unsloth_studio.engine.pool import Pool
from unsloth_studio.observe.requests import RequestLog
from unsloth_studio.serving.admission import Admissions
from unsloth_studio.serving.run import Turns
from unsloth_studio.store.database import Database
from unsloth_studio.store.key_ring import KeyRing
from unsloth_studio.store.keys import KeyStore
from unsloth_studio.store.session_ring import SessionRing

KEY = "sk-unsloth-" + "0" * 32
SLOW_TO_SPEAK = Limits(max_body=1 << 20, headers_after=5, heartbeat=5)


@asynccontextmanager
async def services_around(
    pool: Pool, home: Path, *, load_wait: float = 30.0, limits: Limits = SLOW_TO_SPEAK
) -> AsyncGenerator[Services]:
    """Services that know `KEY`; at the end everything is closed, and the pool is stopped."""
    lay_blank_database(home)
    database = Database.open(home)
    keys = KeyRing()
    await keys.start(KeyStore(database))
    keys.add_static(KEY, "test", scopes=("inference", "tools", "admin"))
    meter = KeyMeter(keys)
    client = EngineClient(stall_seconds=30)
    requests = RequestLog()
    turns = Turns(pool, client, Admissions(queue_limit=64), load_wait, meter.record, trace=requests.trace)
    try:
        yield Services(
            turns,
            keys,
            SessionRing(keys),
            meter,
            Chats(turns, None, Library(keys, clock=time.time), requests, lambda: os.urandom(8).hex(), time.time),
            limits,
            new_id=lambda: os.urandom(8).hex(),
            clock=lambda: 0.0,
            version="0",
            allowed_hosts=frozenset({"box.lan"}),
            requests=requests,
            base_url="http://localhost:1",
        )
    finally:
        await pool.stop()
        await client.close()
        await keys.close()
        database.close()


def client_of(services: Services) -> httpx.AsyncClient:
    """HTTP with the key, straight into the application; the caller closes it."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(build_app(services)),
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=120,
    )
