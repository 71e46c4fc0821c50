"""`GET /v1/models` and `GET /v1/models/{id}`: what can be asked for, under the exact id to put into a client."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.services import Services
from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.models import ModelCard, find_card, write_card, write_list
from unsloth_studio.turn.errors import TurnError, TurnFailure


class _ModelsEndpoint(Endpoint):
    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._created = int(services.clock())

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    def card(self) -> ModelCard:
        status = self.services.turns.engine.status
        return ModelCard(
            id=status.model_id,
            context_length=status.context_length,
            loaded=status.state == "ready",
            created=self._created,
        )


class ModelList(_ModelsEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        await exchange.json(write_list([self.card()]))


class ModelById(_ModelsEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        asked: str = exchange.scope["path_params"]["model_id"]
        card = find_card([self.card()], asked)
        if card is None:
            message = f"There is no model {asked!r} here. Available: {self.card().id}."
            raise TurnFailure(TurnError("not_found", message, param="model", code="model_not_found"))
        await exchange.json(write_card(card))
