"""`POST /v1/responses`."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.open_replies import ModelResponse, ResponseEvent
from unsloth_studio.api.operation import Operation
from unsloth_studio.dialects.openai_responses import errors, read
from unsloth_studio.dialects.openai_responses.wire import Body
from unsloth_studio.dialects.openai_responses.write import ResponsesStreamWriter, write_whole
from unsloth_studio.turn.errors import TurnError


class Responses(Endpoint):
    """Answer a conversation, in OpenAI's Responses dialect."""

    operation = Operation(
        "POST",
        "/v1/responses",
        body=Body,
        reply=ModelResponse,
        events={"*": ResponseEvent},
        streams_if="stream",
    )
    watched = True

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return errors.error_body(error)

    async def answer(self, exchange: Exchange) -> None:
        call = read.read(await exchange.body())
        created = int(self.services.clock())
        if call.stream:
            await self.stream(exchange, call.request, ResponsesStreamWriter(call, created=created))
        else:
            turn = await self.whole(exchange, call.request)
            await exchange.json(write_whole(turn, call, created=created))
