"""The files of the page's chat: pictures that were sent, and those that tools made. Synchronous, like `threads.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from unsloth_studio.store.database import Database
from unsloth_studio.store.thread import StoredFile


class FileStore:
    """Every method may raise `DatabaseUnusable`. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def add(self, file_id: str, file: StoredFile) -> None:
        """Keep a file; once a thread shows it, for as long as one does."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO files (id, media_type, created_at, content) VALUES (?, ?, ?, ?)",
                (file_id, file.media_type, self._clock(), file.content),
            )

    def get(self, file_id: str) -> StoredFile | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT media_type, content FROM files WHERE id = ?", (file_id,)).fetchone()
        return None if row is None else StoredFile(row["media_type"], row["content"])

    def media_types(self, file_ids: Collection[str]) -> dict[str, str]:
        """The media type of each of these files that there is."""
        wanted = json.dumps(list(file_ids))
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, media_type FROM files WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
        return {row["id"]: row["media_type"] for row in rows}
