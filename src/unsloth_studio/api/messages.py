"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.open_replies import AnthropicEvent, AnthropicMessage, TokenCount
from unsloth_studio.api.operation import Operation
from unsloth_studio.dialects.anthropic import errors, read
from unsloth_studio.dialects.anthropic.wire import Body
from unsloth_studio.dialects.anthropic.write import MessagesStreamWriter, write_count, write_whole
from unsloth_studio.turn.errors import TurnError


class _AnthropicEndpoint(Endpoint):
    watched = True

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        return errors.error_body(error, exchange.id)


class Messages(_AnthropicEndpoint):
    """Answer a conversation, in Anthropic's dialect."""

    operation = Operation(
        "POST",
        "/v1/messages",
        body=Body,
        reply=AnthropicMessage,
        events={"*": AnthropicEvent},
        streams_if="stream",
    )

    async def answer(self, exchange: Exchange) -> None:
        call = read.read(await exchange.body())
        if call.stream:
            writer = MessagesStreamWriter(exchange.id, told=call.told, cited=call.cited)
            await self.stream(exchange, call.request, writer)
        else:
            turn = await self.whole(exchange, call.request)
            await exchange.json(write_whole(turn, told=call.told, cited=call.cited))


class CountTokens(_AnthropicEndpoint):
    """Count a conversation's tokens, as the model's chat template renders it."""

    operation = Operation("POST", "/v1/messages/count_tokens", body=Body, reply=TokenCount)

    async def answer(self, exchange: Exchange) -> None:
        call = read.read_count(await exchange.body())
        await exchange.json(write_count(await self.services.turns.count(call.request)))
