"""Threads, messages and files as they are kept. Synchronous; the server calls it through `database.run`.

The rule: what is written together is one transaction, so a crash leaves no message without its thread and no answer without
its question. A file is kept while a thread shows it; one that was uploaded and never sent goes after a day.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from unsloth_studio.store.database import Database
from unsloth_studio.store.thread import Message, Part, Stats, Thread

UNSENT_SECONDS = 24 * 3600
"""How long a file without a thread, and a thread without a message, is kept."""
CRASHED = "The server ended while this answer was written."

# What the columns mean stands in `schema/newest.sql`.
_THREADS = "SELECT id, title, created_at, updated_at, model, leaf_id FROM threads"
_SEARCH = """
    SELECT id, title, created_at, updated_at, model, leaf_id FROM threads
    WHERE updated_at < :before
        AND (
            instr(words, :text)
            OR EXISTS (SELECT 1 FROM messages WHERE thread_id = threads.id AND instr(messages.words, :text))
        )
    ORDER BY updated_at DESC, id LIMIT :limit
"""
_MESSAGES = """
    SELECT id, thread_id, parent_id, role, parts, status, error, model, stats, created_at
    FROM messages
"""
_INSERT_MESSAGE = """
    INSERT INTO messages
        (id, thread_id, parent_id, role, parts, words, status, writer, error, model, stats, created_at)
    VALUES
        (:id, :thread_id, :parent_id, :role, :parts, :words, :status, :writer, :error, :model, :stats, :created_at)
"""
_UPDATE_MESSAGE = """
    UPDATE messages SET
        parent_id = :parent_id, role = :role, parts = :parts, words = :words, status = :status, writer = :writer,
        error = :error, model = :model, stats = :stats, created_at = :created_at
    WHERE id = :id
"""
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
            running = connection.execute("SELECT DISTINCT writer FROM messages WHERE status = 'running'").fetchall()
            gone = [row["writer"] for row in running if row["writer"] is None or not alive(row["writer"])]
            connection.executemany(
                """
                UPDATE messages SET status = 'failed', error = ?, writer = NULL
                WHERE status = 'running' AND writer IS ?
                """,
                [(CRASHED, writer) for writer in gone],
            )
            connection.execute(
                """
                DELETE FROM files
                WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM thread_files WHERE file_id = files.id)
                """,
                (old,),
            )
            connection.execute("DELETE FROM threads WHERE leaf_id IS NULL AND updated_at < ?", (old,))

    def create(self, thread_id: str) -> Thread:
        """An empty thread."""
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO threads (id, title, words, created_at, updated_at) VALUES (?, '', '', ?, ?)",
                (thread_id, now, now),
            )
        return Thread(id=thread_id, title="", created_at=now, updated_at=now)

    def list(self, query: str = "", *, limit: int, before: float | None = None) -> tuple[list[Thread], bool]:
        """At most `limit` threads, the one used last first, and whether there are more. `query` is looked for in titles and
        texts, whatever the case; `before` is the `updated_at` of the last one that was seen."""
        wanted = {
            "text": query.strip().casefold(),  # every text contains the empty one
            "before": math.inf if before is None else before,
            "limit": limit + 1,
        }
        with self._database.read() as connection:
            rows = connection.execute(_SEARCH, wanted).fetchall()
        return [_thread(row) for row in rows[:limit]], len(rows) > limit

    def get(self, thread_id: str) -> tuple[Thread, list[Message]] | None:
        """A thread with all its messages, in the order in which they came; None when there is none."""
        with self._database.read() as connection:
            thread = _find(connection, thread_id)
            if thread is None:
                return None
            rows = connection.execute(f"{_MESSAGES} WHERE thread_id = ? ORDER BY created_at, rowid", (thread_id,))
            return thread, [_message(row) for row in rows]

    def update(self, thread_id: str, *, title: str | None = None, leaf_id: str | None = None) -> Thread | None:
        """Rename a thread, or show another branch of it; None when there is none. Does not count as a use."""
        words = None if title is None else title.casefold()
        with self._database.write() as connection:
            connection.execute(
                """
                UPDATE threads SET title = coalesce(?, title), words = coalesce(?, words), leaf_id = coalesce(?, leaf_id)
                WHERE id = ?
                """,
                (title, words, leaf_id, thread_id),
            )
            return _find(connection, thread_id)

    def delete(self, thread_id: str) -> bool:
        """Delete a thread with its messages, and the files that no other one shows; False when there is none."""
        with self._database.write() as connection:
            shown = connection.execute("SELECT file_id FROM thread_files WHERE thread_id = ?", (thread_id,)).fetchall()
            deleted = connection.execute("DELETE FROM threads WHERE id = ?", (thread_id,)).rowcount
            connection.executemany(
                """
                DELETE FROM files
                WHERE id = ? AND NOT EXISTS (SELECT 1 FROM thread_files WHERE file_id = files.id)
                """,
                [(row["file_id"],) for row in shown],
            )
        return bool(deleted)

    def add(
        self, thread_id: str, messages: Sequence[Message], *, title: str = "", model: str | None = None
    ) -> Thread | None:
        """Append messages; the last one becomes the leaf, `title` the title of a thread that has none. None when there is no
        such thread."""
        with self._database.write() as connection:
            if _find(connection, thread_id) is None:
                return None
            for message in messages:
                connection.execute(_INSERT_MESSAGE, self._row(message))
                _show(connection, thread_id, message.file_ids)
            connection.execute("UPDATE threads SET leaf_id = ? WHERE id = ?", (messages[-1].id, thread_id))
            self._note_use(connection, thread_id, model)
            connection.execute(
                "UPDATE threads SET title = ?, words = ? WHERE id = ? AND title = ''",
                (title, title.casefold(), thread_id),
            )
            return _find(connection, thread_id)

    def save(self, row: dict[str, Any]) -> None:
        """Write a message as `row_of` gave it. A message that was deleted meanwhile stays away."""
        with self._database.write() as connection:
            found = connection.execute(_UPDATE_MESSAGE, row).rowcount
            if found and row["status"] != "running":
                self._note_use(connection, row["thread_id"], row["model"])
            if found:
                _show(connection, row["thread_id"], row["file_ids"])

    def row_of(self, message: Message) -> dict[str, Any]:
        """What `save` writes: a copy, made at once, of a message that goes on growing."""
        return {**self._row(message), "file_ids": message.file_ids}

    def _note_use(self, connection: sqlite3.Connection, thread_id: str, model: str | None) -> None:
        connection.execute(
            "UPDATE threads SET updated_at = ?, model = coalesce(?, model) WHERE id = ?",
            (self._clock(), model, thread_id),
        )

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


def _show(connection: sqlite3.Connection, thread_id: str, file_ids: Collection[str]) -> None:
    """Note that the thread shows these files; what is no file (any more) is passed over."""
    connection.executemany(
        "INSERT OR IGNORE INTO thread_files (thread_id, file_id) SELECT ?, id FROM files WHERE id = ?",
        [(thread_id, file_id) for file_id in file_ids],
    )


def _find(connection: sqlite3.Connection, thread_id: str) -> Thread | None:
    row = connection.execute(f"{_THREADS} WHERE id = ?", (thread_id,)).fetchone()
    return None if row is None else _thread(row)


def _thread(row: sqlite3.Row) -> Thread:
    return Thread(
        id=row["id"],
        title=row["title"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        model=row["model"],
        leaf_id=row["leaf_id"],
    )


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        thread_id=row["thread_id"],
        parent_id=row["parent_id"],
        role=row["role"],
        parts=_PARTS.decode(row["parts"]),
        status=row["status"],
        error=row["error"],
        model=row["model"],
        stats=None if row["stats"] is None else _STATS.decode(row["stats"]),
        created_at=row["created_at"],
    )
