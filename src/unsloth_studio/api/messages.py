"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.dialects.anthropic import errors, read
from unsloth_studio.dialects.anthropic.write import MessagesStreamWriter, write_count, write_whole
from unsloth_studio.turn.errors import TurnError


class _AnthropicEndpoint(Endpoint):
    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        return errors.error_body(error, exchange.id)


class Messages(_AnthropicEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        call = read.read(await exchange.body())
        if call.stream:
            writer = MessagesStreamWriter(exchange.id, told=call.told, cited=call.cited)
            await self.stream(exchange, call.request, writer)
        else:
            turn = await self.whole(exchange, call.request)
            await exchange.json(write_whole(turn, told=call.told, cited=call.cited))


class CountTokens(_AnthropicEndpoint):
    async def answer(self, exchange: Exchange) -> None:
        call = read.read_count(await exchange.body())
        await exchange.json(write_count(await self.services.turns.count(call.request)))
