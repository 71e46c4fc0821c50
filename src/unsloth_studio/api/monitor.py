"""`/api/requests`: what clients ask for, live and lately. In memory only; see `observe/requests.py`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, ErrorNote, event, not_found
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.observe.cache_log import CacheReport
from unsloth_studio.observe.memory_use import memory_use
from unsloth_studio.observe.request_shapes import RequestDetail, RequestStatus, RequestSummary, Sample
from unsloth_studio.observe.requests import RequestLog, Wanted

SAMPLE_SECONDS = 1.0
BREATH_SECONDS = 0.1
"""Between two looks at what changed: a request that changes more often is told of once."""


class RequestQuery(msgspec.Struct, kw_only=True):
    """`before` is a time in seconds since 1970, `q` a part of model, client, key, endpoint, id or error."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 200
    before: float | None = None
    status: RequestStatus | None = None
    q: Annotated[str, msgspec.Meta(max_length=200)] = ""


class RequestList(msgspec.Struct, frozen=True):
    """The newest first."""

    requests: list[RequestSummary]


class KeepBodies(msgspec.Struct):
    on: bool


class ListRequests(AdminEndpoint):
    """The last requests, running ones among them. Up to 2,000 are remembered until the server stops."""

    operation = Operation("GET", "/api/requests", query=RequestQuery, reply=RequestList)

    async def answer(self, exchange: Exchange) -> None:
        asked = self.query(exchange, RequestQuery)
        wanted = Wanted(asked.limit, asked.before, asked.status, asked.q)
        found = self.services.requests.list(wanted)
        await self.reply(exchange, RequestList([request.summary() for request in found]))


class WatchRequests(AdminEndpoint):
    """Requests as they come and change, and each second how busy the server is."""

    operation = Operation(
        "GET", "/api/requests/events", events={"request": RequestSummary, "sample": Sample, "error": ErrorNote}
    )

    async def answer(self, exchange: Exchange) -> None:
        await self.watch(exchange, frames_of(self.services.requests))


class OneRequest(AdminEndpoint):
    """One request opened: what was repaired and, where bodies were kept, what came, what the model saw, what was sent."""

    operation = Operation("GET", "/api/requests/{request_id}", reply=RequestDetail)

    async def answer(self, exchange: Exchange) -> None:
        found = self.services.requests.get(self.part(exchange, "request_id"))
        if found is None:
            raise not_found("This request is not remembered: it is too old, or the list was cleared.")
        await exchange.json(await asyncio.to_thread(lambda: msgspec.json.encode(found.detail())))


class SwitchBodies(AdminEndpoint):
    """Keep the bodies of requests and replies from now on, in memory, the last 32 MiB; or stop that and forget them. Off at
    every start: they hold everything that people and agents write."""

    operation = Operation("PUT", "/api/requests/keep_bodies", body=KeepBodies, reply=KeepBodies)

    async def answer(self, exchange: Exchange) -> None:
        wanted = await self.read(exchange, KeepBodies)
        self.services.requests.bodies.switch(on=wanted.on)
        await self.reply(exchange, wanted)


class ClearRequests(AdminEndpoint):
    """Forget all requests that are over."""

    operation = Operation("DELETE", "/api/requests")

    async def answer(self, exchange: Exchange) -> None:
        self.services.requests.clear()
        await exchange.nothing()


class PromptCaches(AdminEndpoint):
    """Conversations, what of their prompts could be reused, what was, and what was in the way. In memory, the last 256."""

    operation = Operation("GET", "/api/cache", reply=CacheReport)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, self.services.requests.caches.report())


async def frames_of(log: RequestLog) -> AsyncGenerator[bytes]:
    written, since = log.written, time.monotonic()
    with log.watch() as changes:
        yield event("sample", await _sample(log, 0.0))
        while True:
            wait = max(0.0, since + SAMPLE_SECONDS - time.monotonic())
            changed = await changes.take(wait)
            if frames := b"".join(event("request", request.summary()) for request in changed):
                yield frames
            now = time.monotonic()
            if now >= since + SAMPLE_SECONDS:
                before, written = written, log.written
                yield event("sample", await _sample(log, max(0, written - before) / (now - since)))
                since = now
            elif frames:
                await asyncio.sleep(BREATH_SECONDS)


async def _sample(log: RequestLog, rate: float) -> Sample:
    memory = await asyncio.to_thread(memory_use)
    return Sample(time.time(), round(rate, 1), log.active, log.queued, memory)


MONITOR_ENDPOINTS = (ListRequests, WatchRequests, SwitchBodies, OneRequest, ClearRequests, PromptCaches)
