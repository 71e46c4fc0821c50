"""`GET /v1/models` and `GET /v1/models/{id}`: what can be asked for, under the exact id to put into a client."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.open_replies import ModelObject, ModelPage
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.services import Services
from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.models import ModelCard, write_card, write_list
from unsloth_studio.engine.shelf import ModelEntry
from unsloth_studio.engine.standing import ModelStatus
from unsloth_studio.turn.errors import TurnError


class _ModelsEndpoint(Endpoint):
    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._created = int(services.clock())

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    def cards(self) -> dict[str, ModelCard]:
        """By the pool's id: every model that is here, and what is loaded though it is no longer listed."""
        pool = self.services.turns.pool
        statuses = {status.id: status for status in pool.statuses()}
        entries = {entry.id: entry for entry in pool.shelf.all()}
        entries |= {name: ModelEntry(name) for name in statuses if name not in entries}
        return {name: self._card(entry, statuses.get(name)) for name, entry in entries.items()}

    def _card(self, entry: ModelEntry, status: ModelStatus | None) -> ModelCard:
        status = status or ModelStatus(entry.id, "available")
        toolbox = self.services.toolbox
        return ModelCard(
            id=status.name or entry.id,
            context_length=status.context_length or entry.context_length,
            loaded=status.state == "ready",
            created=self._created,
            state=status.state,
            quantization=entry.quantization,
            tools=entry.tools,
            server_tools=toolbox is not None and toolbox.policy.enabled,
            vision=entry.vision,
            reasoning=entry.thinking,
            settings=entry.settings,
            native_context=entry.native_context,
        )


class ModelList(_ModelsEndpoint):
    """Every model that can be asked for, under the exact id to put into a client."""

    operation = Operation("GET", "/v1/models", reply=ModelPage)

    async def answer(self, exchange: Exchange) -> None:
        await exchange.json(write_list(list(self.cards().values())))


class ModelById(_ModelsEndpoint):
    """One model. The name is matched as in a request, but a name of no model here is not found."""

    operation = Operation("GET", "/v1/models/{model_id:path}", reply=ModelObject)

    async def answer(self, exchange: Exchange) -> None:
        asked: str = exchange.scope["path_params"]["model_id"]
        found = self.services.turns.pool.find(asked, exact=True)
        await exchange.json(write_card(self.cards()[found.id]))
