"""`GET /api/settings`: what holds for this server and where each value comes from."""

from __future__ import annotations

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.settings_shapes import KnownSettings
from unsloth_studio.tools.sandbox.result import Unavailable
from unsloth_studio.tools.toolbox import Toolbox


class SandboxState(msgspec.Struct, frozen=True):
    """`problem` says what is wrong and what to do."""

    ok: bool
    problem: str | None


class ToolFacts(msgspec.Struct, frozen=True):
    """Whether tools run here for clients, and why; Python and the terminal need a sandbox besides."""

    enabled: bool
    reason: str
    sandbox: SandboxState


class SettingsReport(KnownSettings, kw_only=True, frozen=True):
    """`home` is the data folder; `config_file` need not exist; models are looked for in `model_folders`, the hub's cache
    first."""

    tools: ToolFacts


class ShowSettings(AdminEndpoint):
    """Every setting with its value and source, the engine, the folders, and whether tools can run. Never a secret."""

    operation = Operation("GET", "/api/settings", reply=SettingsReport)

    async def answer(self, exchange: Exchange) -> None:
        known = await self.services.settings()
        fields = {name: getattr(known, name) for name in KnownSettings.__struct_fields__}
        await self.reply(exchange, SettingsReport(**fields, tools=await tool_facts(self.services.toolbox)))


async def tool_facts(toolbox: Toolbox | None) -> ToolFacts:
    """The sandbox is tried when that has not been done yet, which takes about 0.1 s."""
    if toolbox is None:
        return ToolFacts(False, "it was started without them", SandboxState(False, None))
    found = await toolbox.finder.sandbox()
    problem = f"{found.reason} {found.advice}".strip() if isinstance(found, Unavailable) else None
    return ToolFacts(toolbox.policy.enabled, toolbox.policy.reason, SandboxState(problem is None, problem))
