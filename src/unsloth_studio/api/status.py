"""`GET /api/status`: the server at a glance."""

from __future__ import annotations

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.standing import ModelState
from unsloth_studio.observe.memory_use import machine_memory


class MemoryUse(msgspec.Struct, frozen=True):
    """In bytes: what models may use together (null: no bound), what the loaded ones are expected to use, and what the
    machine has."""

    budget_bytes: int | None
    used_bytes: int
    total_bytes: int


class ToolState(msgspec.Struct, frozen=True):
    """Whether tools run here for clients, and why."""

    enabled: bool
    reason: str


class StatusReport(msgspec.Struct, kw_only=True, frozen=True):
    """`model` is the default one, `context_length` its tokens per request. `active` requests are worked on, `queued` ones
    wait for a slot or a model."""

    version: str
    uptime_seconds: float
    base_url: str
    openai_base_url: str
    anthropic_base_url: str
    model: str | None
    model_state: ModelState
    context_length: int | None
    slots: int
    active: int
    queued: int
    tokens_per_second: float
    memory: MemoryUse
    server_tools: ToolState
    keep_bodies: bool


class Status(AdminEndpoint):
    """Versions, addresses, the default model, load and memory."""

    operation = Operation("GET", "/api/status", reply=StatusReport)

    async def answer(self, exchange: Exchange) -> None:
        services, pool = self.services, self.services.turns.pool
        engine = pool.status
        name = pool.default or engine.model_id
        standing = next((one for one in pool.statuses() if one.id == name), None)
        toolbox = services.toolbox
        report = StatusReport(
            version=services.version,
            uptime_seconds=round(services.clock() - services.started, 1),
            base_url=services.base_url,
            openai_base_url=f"{services.base_url}/v1",
            anthropic_base_url=services.base_url,
            model=engine.model_id or name or None,
            model_state="available" if standing is None else standing.state,
            context_length=engine.context_length,
            slots=engine.slots,
            active=services.requests.active,
            queued=services.requests.queued,
            tokens_per_second=round(services.requests.rate, 1),
            memory=memory_of(pool),
            server_tools=ToolState(False, "it was started without them")
            if toolbox is None
            else ToolState(toolbox.policy.enabled, toolbox.policy.reason),
            keep_bodies=services.requests.bodies.on,
        )
        await self.reply(exchange, report)


def memory_of(pool: Pool) -> MemoryUse:
    """What a pool's models take of the machine."""
    used = sum(one.memory_bytes for one in pool.statuses() if one.state in ("loading", "ready", "unloading"))
    return MemoryUse(pool.budget_bytes, used, machine_memory())
