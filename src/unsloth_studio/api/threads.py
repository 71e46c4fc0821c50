"""`/api/threads`: the conversations of the page, listed, searched, renamed, exported, deleted."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.chat.export import as_json, as_markdown, file_name
from unsloth_studio.store.thread import Message, Thread
from unsloth_studio.turn.errors import TurnError, TurnFailure, invalid

MOST_TITLE = 200


class ThreadQuery(msgspec.Struct, kw_only=True):
    """`q` is looked for in titles and texts; `before` is the `updated_at` of the last thread that was seen."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    before: float | None = None


class ThreadList(msgspec.Struct):
    threads: list[Thread]
    more: bool


class Nothing(msgspec.Struct):
    """An empty object."""


class WholeThread(msgspec.Struct):
    """`messages` are a tree by `parent_id`, in the order in which they came."""

    thread: Thread
    messages: list[Message]


class ThreadChanges(msgspec.Struct, kw_only=True):
    """What is left out stays."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_TITLE)] | None = None
    leaf_id: str | None = None


class ExportQuery(msgspec.Struct):
    format: Literal["markdown", "json"] = "markdown"


class ListThreads(AdminEndpoint):
    """Threads, the one used last first."""

    operation = Operation("GET", "/api/threads", query=ThreadQuery, reply=ThreadList)

    async def answer(self, exchange: Exchange) -> None:
        wanted = self.query(exchange, ThreadQuery)
        library = self.services.chats.library
        await self.reply(
            exchange, ThreadList(*await library.threads(wanted.q, limit=wanted.limit, before=wanted.before))
        )


class CreateThread(AdminEndpoint):
    """Begin an empty thread; its title comes with the first message."""

    operation = Operation("POST", "/api/threads", body=Nothing, reply=Thread, status=201)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, await self.services.chats.library.create(self.services.new_id()), status=201)


class ReadThread(AdminEndpoint):
    """A thread with all its messages; running ones as far as they are written."""

    operation = Operation("GET", "/api/threads/{thread_id}", reply=WholeThread)

    async def answer(self, exchange: Exchange) -> None:
        await self.reply(exchange, WholeThread(*await self.services.chats.thread(self.part(exchange, "thread_id"))))


class ChangeThread(AdminEndpoint):
    """Rename a thread, or show another branch of it."""

    operation = Operation("PATCH", "/api/threads/{thread_id}", body=ThreadChanges, reply=Thread)

    async def answer(self, exchange: Exchange) -> None:
        thread_id, changes = self.part(exchange, "thread_id"), await self.read(exchange, ThreadChanges)
        if changes.leaf_id is not None:
            _, messages = await self.services.chats.thread(thread_id)
            if changes.leaf_id not in {message.id for message in messages}:
                raise invalid("leaf_id: There is no such message in this thread.", param="leaf_id")
        title = None if changes.title is None else " ".join(changes.title.split())
        if title == "":
            raise invalid("title: Write something.", param="title")
        library = self.services.chats.library
        await self.reply(exchange, await library.update(thread_id, title=title, leaf_id=changes.leaf_id))


class DeleteThread(AdminEndpoint):
    """Delete a thread with its messages, its images and what its tools left; a running answer is stopped."""

    operation = Operation("DELETE", "/api/threads/{thread_id}", status=204)

    async def answer(self, exchange: Exchange) -> None:
        await self.services.chats.delete(self.part(exchange, "thread_id"))
        await exchange.nothing()


class ExportThread(AdminEndpoint):
    """A thread as a file: the branch that is shown as Markdown, or the whole tree as JSON."""

    operation = Operation(
        "GET", "/api/threads/{thread_id}/export", query=ExportQuery, reply=str, media_type="text/markdown"
    )

    async def answer(self, exchange: Exchange) -> None:
        wanted = self.query(exchange, ExportQuery)
        thread, messages = await self.services.chats.thread(self.part(exchange, "thread_id"))
        markdown = wanted.format == "markdown"
        name = quote(file_name(thread, "md" if markdown else "json"), safe="")
        headers = [(b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode())]
        body = (as_markdown if markdown else as_json)(thread, messages)
        media_type = "text/markdown; charset=utf-8" if markdown else "application/json"
        await exchange.reply(body, media_type=media_type, headers=headers)


def require_tools(exchange: Exchange, names: list[str]) -> None:
    """Tools run code here: a key needs the scope for them too. Raises `TurnFailure` (permission)."""
    if names and (exchange.key is None or "tools" not in exchange.key.scopes):
        message = "This API key may not use the server's tools: it lacks the scope 'tools'. Leave out enabled_tools."
        raise TurnFailure(TurnError("permission", message, param="options.enabled_tools"))
