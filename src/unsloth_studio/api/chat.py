"""`POST /v1/chat/completions` and `POST /v1/completions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.open_replies import ChatChunk, ChatCompletion, TextCompletion
from unsloth_studio.api.operation import Operation
from unsloth_studio.dialects import openai_errors
from unsloth_studio.dialects.openai_chat import read as chat
from unsloth_studio.dialects.openai_chat.wire import ChatBody
from unsloth_studio.dialects.openai_chat.write import ChatStreamWriter
from unsloth_studio.dialects.openai_chat.write import write_whole as write_chat
from unsloth_studio.dialects.openai_completions import read as completions
from unsloth_studio.dialects.openai_completions.wire import CompletionsBody
from unsloth_studio.dialects.openai_completions.write import CompletionsStreamWriter
from unsloth_studio.dialects.openai_completions.write import write_whole as write_completions
from unsloth_studio.serving.choices import ChoiceBatch, choices_of, interleave
from unsloth_studio.serving.forced_call import demands_call
from unsloth_studio.serving.second_try import finished
from unsloth_studio.turn.accumulate import Accumulator, Turn
from unsloth_studio.turn.errors import TurnError, invalid
from unsloth_studio.turn.messages import Request


class _ChoicesEndpoint(Endpoint):
    """A reply may hold several choices, each of them a turn of its own."""

    watched = True

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    def start(self, exchange: Exchange, requests: Sequence[Request], *, whole: bool) -> AsyncGenerator[ChoiceBatch]:
        """Each choice is checked by itself where one answer would be: in a whole reply, or when it must call a tool."""
        return interleave(
            [
                self.checked(exchange, request) if whole or demands_call(request) else self.run(exchange, request)
                for request in requests
            ]
        )

    async def turns(self, exchange: Exchange, requests: Sequence[Request]) -> list[Turn]:
        """All choices, whole."""
        accumulators = [Accumulator() for _ in requests]

        def take(batch: ChoiceBatch) -> None:
            for event in batch[1]:
                accumulators[batch[0]].feed(event)

        await exchange.collect(self.start(exchange, requests, whole=True), take)
        return [finished(accumulator) for accumulator in accumulators]


def _feed(writer: ChatStreamWriter | CompletionsStreamWriter) -> Callable[[ChoiceBatch], bytes]:
    return lambda batch: writer.feed(batch[1], batch[0])


class ChatCompletions(_ChoicesEndpoint):
    """Answer a conversation, in OpenAI's chat dialect."""

    operation = Operation(
        "POST",
        "/v1/chat/completions",
        body=ChatBody,
        reply=ChatCompletion,
        events={"": ChatChunk},
        streams_if="stream",
    )

    async def answer(self, exchange: Exchange) -> None:
        call = chat.read(await exchange.body())
        created = int(self.services.clock())
        if call.stream and call.n == 1:
            usage, told, cited = call.include_usage, call.told, call.cited
            writer = ChatStreamWriter(created=created, include_usage=usage, told=told, cited=cited)
            await self.stream(exchange, call.request, writer)
            return
        if call.n == 1:
            turn = await self.whole(exchange, call.request)
            await exchange.json(write_chat([turn], created=created, told=call.told, cited=call.cited))
            return
        if call.request.server_tools is not None:
            raise invalid("n: with the server's tools there is one answer.", param="n")
        requests = choices_of(call.request, call.n)
        if call.stream:
            writer = ChatStreamWriter(created=created, include_usage=call.include_usage, n=call.n)
            telling = self.telling(writer, call.request)
            await exchange.stream(self.start(exchange, requests, whole=False), _feed(writer), writer=telling)
        else:
            await exchange.json(write_chat(await self.turns(exchange, requests), created=created))


class Completions(_ChoicesEndpoint):
    """Continue a text, in OpenAI's older dialect."""

    operation = Operation(
        "POST",
        "/v1/completions",
        body=CompletionsBody,
        reply=TextCompletion,
        events={"": TextCompletion},
        streams_if="stream",
    )

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error, overflow_param="prompt")

    async def answer(self, exchange: Exchange) -> None:
        call = completions.read(await exchange.body())
        created = int(self.services.clock())
        if call.stream:
            usage = call.include_usage
            writer = CompletionsStreamWriter(created=created, include_usage=usage, echo=call.echo, n=call.n)
            telling = self.telling(writer, call.requests[0])
            await exchange.stream(self.start(exchange, call.requests, whole=False), _feed(writer), writer=telling)
        else:
            turns = await self.turns(exchange, call.requests)
            await exchange.json(write_completions(turns, created=created, echo=call.echo, n=call.n))
