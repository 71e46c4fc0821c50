"""`/api/threads/{thread_id}/messages`: say something, try again, go on, stop, and watch an answer being written.

The rule: what is begun here goes on when the client leaves.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint, EventWriter
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.threads import require_tools
from unsloth_studio.chat.chats import Answered
from unsloth_studio.chat.events import EVENTS
from unsloth_studio.chat.options import ChatOptions
from unsloth_studio.store.thread import Image, Message, Text, Thread

_PATH = "/api/threads/{thread_id}/messages"
_ONE = f"{_PATH}/{{message_id}}"


class NewMessage(msgspec.Struct, kw_only=True):
    """What is said. `parent_id` is the answer it follows, null at the beginning of a thread; giving the one that an earlier
    message has edits that message: it begins a branch beside it."""

    parts: Annotated[list[Text | Image], msgspec.Meta(min_length=1, max_length=50)]
    parent_id: str | None = None
    options: ChatOptions = ChatOptions()


class AnswerOptions(msgspec.Struct, kw_only=True):
    options: ChatOptions = ChatOptions()


class Begun(msgspec.Struct):
    """`messages` are new, or running again; `thread` is as it is then."""

    messages: list[Message]
    thread: Thread


class OneMessage(msgspec.Struct):
    message: Message


class _MessagesEndpoint(AdminEndpoint):
    def place(self, exchange: Exchange) -> tuple[str, str]:
        """The thread and the message in the address."""
        return self.part(exchange, "thread_id"), self.part(exchange, "message_id")

    async def options(self, exchange: Exchange) -> ChatOptions:
        """Raises `TurnFailure`."""
        options = (await self.read(exchange, AnswerOptions)).options
        require_tools(exchange, options.enabled_tools)
        return options

    async def begun(self, exchange: Exchange, answered: Answered) -> None:
        await self.reply(exchange, Begun(answered.messages, answered.thread), status=201)


class PostMessage(_MessagesEndpoint):
    """Say something, and have it answered; the answer is watched under its `events`."""

    operation = Operation("POST", _PATH, body=NewMessage, reply=Begun, status=201)

    async def answer(self, exchange: Exchange) -> None:
        said = await self.read(exchange, NewMessage)
        require_tools(exchange, said.options.enabled_tools)
        chats, thread_id = self.services.chats, self.part(exchange, "thread_id")
        await self.begun(exchange, await chats.post(thread_id, said.parent_id, said.parts, said.options))


class RetryMessage(_MessagesEndpoint):
    """Have a question answered once more; the new answer stands beside the given one."""

    operation = Operation("POST", f"{_ONE}/retry", body=AnswerOptions, reply=Begun, status=201)

    async def answer(self, exchange: Exchange) -> None:
        options = await self.options(exchange)
        await self.begun(exchange, await self.services.chats.retry(*self.place(exchange), options))


class ContinueMessage(_MessagesEndpoint):
    """Go on writing an answer that was stopped, cut at its limit of tokens, or broken off."""

    operation = Operation("POST", f"{_ONE}/continue", body=AnswerOptions, reply=Begun, status=201)

    async def answer(self, exchange: Exchange) -> None:
        options = await self.options(exchange)
        await self.begun(exchange, await self.services.chats.go_on(*self.place(exchange), options))


class StopMessage(_MessagesEndpoint):
    """Stop an answer; the reply is the message as it stays. One that is over is left as it is."""

    operation = Operation("POST", f"{_ONE}/stop", reply=OneMessage)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, OneMessage(await self.services.chats.stop(*self.place(exchange))))


class WatchMessage(_MessagesEndpoint):
    """Watch an answer: the message as it is, then what is added to it, and `done` when it is over. Leaving changes nothing;
    coming back begins with the message as it is then."""

    operation = Operation("GET", f"{_ONE}/events", events=EVENTS)

    async def answer(self, exchange: Exchange) -> None:
        frames = await self.services.chats.watch(*self.place(exchange))
        await exchange.stream(frames, bytes, writer=EventWriter())
