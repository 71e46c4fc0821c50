"""`GET /api/clients`: how to set up each client for this server, ready to paste but for the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, not_found
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.model_routes import ModelOnDisk, report
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services

KEY = "sk-unsloth-KEY"
"""Stands for the key in texts for shells, JSON and programs alike: like a key, it needs no quotes or escapes anywhere."""


class ClientsQuery(msgspec.Struct):
    """`model` is an id of `/api/models`; empty means the default one."""

    model: Annotated[str, msgspec.Meta(max_length=512)] = ""


class SetupStep(msgspec.Struct, frozen=True):
    """One text to paste: into a terminal, into the file called `path`, or field by field into a form of the client."""

    where: Literal["shell", "file", "form"]
    text: str
    language: str
    path: str


class ClientSteps(msgspec.Struct, frozen=True):
    """`command` does everything on the server's machine, null where `unsloth start` does not know the client. The steps do
    it by hand anywhere; they may be the same for both shells. `context_needed` is in tokens, 0 for any."""

    id: str
    name: str
    command: str | None
    context_needed: int
    unix: list[SetupStep]
    powershell: list[SetupStep]


class ClientsReport(msgspec.Struct, frozen=True):
    """`key` stands in the texts where an API key belongs. `model` is the one that they name."""

    model: str
    key: str
    clients: list[ClientSteps]


class ListClients(AdminEndpoint):
    """How each client is set up for this server and one of its models, with the true context: a command where there is one,
    and steps by hand for both kinds of shell."""

    operation = Operation("GET", "/api/clients", query=ClientsQuery, reply=ClientsReport)

    async def answer(self, exchange: Exchange) -> None:
        asked = self.query(exchange, ClientsQuery).model
        models = report(self.services)
        wanted = asked or models.default
        found = next((one for one in models.models if one.id == wanted), None)
        if found is None and not asked:
            found = next(iter(models.models), None)
        if found is None:
            raise not_found(f"There is no model {asked!r} here; GET /api/models lists those there are.")
        default = found.id == models.default
        await self.reply(exchange, await clients_report(self.services, found, default=default))


async def clients_report(services: Services, model: ModelOnDisk, *, default: bool) -> ClientsReport:
    """The texts of `clients/guides.py` for this model; with `default`, commands need not name it."""
    from unsloth_studio.clients.by_hand import quoted
    from unsloth_studio.clients.facts import ServerFacts, Tiers
    from unsloth_studio.clients.guides import GUIDES

    tiers = await _tiers(services)
    named = {tier: str(tiers.get(tier) or model.id) for tier in Tiers.__struct_fields__}
    facts = ServerFacts(services.base_url, KEY, model.id, model.context_length, Tiers(**named))
    option = "" if default else f" --model {quoted(model.id, 'unix')}"
    clients = [
        ClientSteps(
            guide.id,
            guide.name,
            command=guide.client and f"unsloth start {guide.client.id}{option}",
            context_needed=guide.client.minimum_context if guide.client else 0,
            unix=[SetupStep(one.where, one.text, one.language, one.path) for one in guide.steps(facts, "unix")],
            powershell=[
                SetupStep(one.where, one.text, one.language, one.path) for one in guide.steps(facts, "powershell")
            ],
        )
        for guide in GUIDES
    ]
    return ClientsReport(model.id, KEY, clients)


async def _tiers(services: Services) -> Mapping[str, Any]:
    """The models for large, middle and small tasks that are set."""
    known = await services.settings()
    value = next((row.value for row in known.settings if row.name == "tiers"), None)
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
