"""Threads, messages and files as they are kept. Synchronous; the server calls it through `database.run`.

The rule: what is written together is one transaction, so a crash leaves no message without its thread and no answer without
its question. A file is kept while a thread shows it; one that was uploaded and never sent goes after a day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from unsloth_studio.store.database import Database
from unsloth_studio.store.thread import Message, Part, Stats, Thread
from unsloth_studio.store.thread_tables import FILES, MESSAGES, THREAD_FILES, THREADS

UNSENT_SECONDS = 24 * 3600
"""How long a file without a thread, and a thread without a message, is kept."""
CRASHED = "The server ended while this answer was written."

_C, _M = THREADS.c, MESSAGES.c
_PARTS: msgspec.json.Decoder[list[Part]] = msgspec.json.Decoder(list[Part])
_STATS: msgspec.json.Decoder[Stats] = msgspec.json.Decoder(Stats)


class ThreadStore:
    """The chat of `database`. Every method may raise `DatabaseUnusable`. `writer` names this process as the one that writes
    its running messages; `clock` gives seconds since 1970."""

    def __init__(self, database: Database, *, writer: str, clock: Callable[[], float]) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def tidy(self, alive: Callable[[str], bool]) -> None:
        """At the start: messages whose writer is no more become `failed`, and what nobody sent is removed."""
        old = self._clock() - UNSENT_SECONDS
        with self._database.write() as connection:
            writers = connection.execute(sa.select(_M.writer).where(_M.status == "running").distinct()).scalars().all()
            gone = [name for name in writers if name is None or not alive(name)]
            lost = (_M.status == "running") & (_M.writer.in_(gone) | _M.writer.is_(None))
            connection.execute(MESSAGES.update().where(lost).values(status="failed", error=CRASHED, writer=None))
            shown = sa.exists().where(THREAD_FILES.c.file_id == FILES.c.id)
            connection.execute(FILES.delete().where((FILES.c.created_at < old) & ~shown))
            empty = _C.leaf_id.is_(None) & (_C.updated_at < old)
            connection.execute(THREADS.delete().where(empty))

    def create(self, thread_id: str) -> Thread:
        """An empty thread."""
        now = self._clock()
        row = {"id": thread_id, "title": "", "words": "", "created_at": now, "updated_at": now}
        with self._database.write() as connection:
            connection.execute(THREADS.insert(), row)
        return Thread(id=thread_id, title="", created_at=now, updated_at=now)

    def list(self, query: str = "", *, limit: int, before: float | None = None) -> tuple[list[Thread], bool]:
        """At most `limit` threads, the one used last first, and whether there are more. `query` is looked for in titles and
        texts, whatever the case; `before` is the `updated_at` of the last one that was seen."""
        wanted = THREADS.select().order_by(_C.updated_at.desc(), _C.id).limit(limit + 1)
        if before is not None:
            wanted = wanted.where(_C.updated_at < before)
        if text := query.strip().casefold():
            said = sa.exists().where((_M.thread_id == _C.id) & _M.words.contains(text, autoescape=True))
            wanted = wanted.where(_C.words.contains(text, autoescape=True) | said)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [_thread(row) for row in rows[:limit]], len(rows) > limit

    def get(self, thread_id: str) -> tuple[Thread, list[Message]] | None:
        """A thread with all its messages, in the order in which they came; None when there is none."""
        with self._database.read() as connection:
            found = connection.execute(THREADS.select().where(_C.id == thread_id)).first()
            if found is None:
                return None
            ordered = MESSAGES.select().where(_M.thread_id == thread_id).order_by(_M.created_at, sa.text("rowid"))
            return _thread(found), [_message(row) for row in connection.execute(ordered)]

    def update(self, thread_id: str, *, title: str | None = None, leaf_id: str | None = None) -> Thread | None:
        """Rename a thread, or show another branch of it; None when there is none. Does not count as a use."""
        values: dict[str, Any] = {} if leaf_id is None else {"leaf_id": leaf_id}
        if title is not None:
            values |= {"title": title, "words": title.casefold()}
        with self._database.write() as connection:
            if values:
                connection.execute(THREADS.update().where(_C.id == thread_id).values(values))
            row = connection.execute(THREADS.select().where(_C.id == thread_id)).first()
        return None if row is None else _thread(row)

    def delete(self, thread_id: str) -> bool:
        """Delete a thread with its messages, and the files that no other one shows; False when there is none."""
        with self._database.write() as connection:
            shown = sa.select(THREAD_FILES.c.file_id).where(THREAD_FILES.c.thread_id == thread_id)
            file_ids = connection.execute(shown).scalars().all()
            deleted = connection.execute(THREADS.delete().where(_C.id == thread_id)).rowcount
            elsewhere = sa.exists().where(THREAD_FILES.c.file_id == FILES.c.id)
            for file_id in file_ids:
                connection.execute(FILES.delete().where((FILES.c.id == file_id) & ~elsewhere))
        return bool(deleted)

    def add(
        self, thread_id: str, messages: Sequence[Message], *, title: str = "", model: str | None = None
    ) -> Thread | None:
        """Append messages; the last one becomes the leaf, `title` the title of a thread that has none. None when there is no
        such thread."""
        with self._database.write() as connection:
            if connection.execute(sa.select(_C.id).where(_C.id == thread_id)).first() is None:
                return None
            for message in messages:
                connection.execute(MESSAGES.insert(), self._row(message))
                _show(connection, thread_id, message.file_ids)
            values: dict[str, Any] = {"leaf_id": messages[-1].id, "updated_at": self._clock()}
            if model is not None:
                values["model"] = model
            connection.execute(THREADS.update().where(_C.id == thread_id).values(values))
            untitled = (_C.id == thread_id) & (_C.title == "")
            connection.execute(THREADS.update().where(untitled).values(title=title, words=title.casefold()))
            return _thread(connection.execute(THREADS.select().where(_C.id == thread_id)).one())

    def save(self, row: dict[str, Any]) -> None:
        """Write a message as `row_of` gave it. A message that was deleted meanwhile stays away."""
        values = {name: value for name, value in row.items() if name not in ("id", "thread_id", "file_ids")}
        with self._database.write() as connection:
            found = connection.execute(MESSAGES.update().where(_M.id == row["id"]).values(values)).rowcount
            if found and row["status"] != "running":
                use: dict[str, Any] = {"updated_at": self._clock()}
                if row["model"] is not None:
                    use["model"] = row["model"]
                connection.execute(THREADS.update().where(_C.id == row["thread_id"]).values(use))
            if found:
                _show(connection, row["thread_id"], row["file_ids"])

    def row_of(self, message: Message) -> dict[str, Any]:
        """What `save` writes: a copy, made at once, of a message that goes on growing."""
        return {**self._row(message), "file_ids": message.file_ids}

    def _row(self, message: Message) -> dict[str, Any]:
        running = message.status == "running"
        return {
            "id": message.id,
            "thread_id": message.thread_id,
            "parent_id": message.parent_id,
            "role": message.role,
            "parts": msgspec.json.encode(message.parts),
            "words": "" if running else message.text.casefold(),
            "status": message.status,
            "writer": self._writer if running else None,
            "error": message.error,
            "model": message.model,
            "stats": None if message.stats is None else msgspec.json.encode(message.stats),
            "created_at": message.created_at,
        }


def _show(connection: sa.Connection, thread_id: str, file_ids: Collection[str]) -> None:
    """Note that the thread shows these files; what is no file (any more) is passed over."""
    for file_id in file_ids:
        row = sa.select(sa.literal(thread_id), FILES.c.id).where(FILES.c.id == file_id)
        connection.execute(THREAD_FILES.insert().prefix_with("OR IGNORE").from_select(["thread_id", "file_id"], row))


def _thread(row: sa.Row[Any]) -> Thread:
    return Thread(
        id=row.id, title=row.title, created_at=row.created_at, updated_at=row.updated_at, model=row.model,
        leaf_id=row.leaf_id,
    )  # fmt: skip


def _message(row: sa.Row[Any]) -> Message:
    return Message(
        id=row.id, thread_id=row.thread_id, parent_id=row.parent_id, role=row.role, parts=_PARTS.decode(row.parts),
        status=row.status, error=row.error, model=row.model, created_at=row.created_at,
        stats=None if row.stats is None else _STATS.decode(row.stats),
    )  # fmt: skip
