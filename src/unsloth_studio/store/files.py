"""The files of the page's chat: pictures that were sent, and those that tools made. Synchronous, like `threads.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection

import sqlalchemy as sa

from unsloth_studio.store.database import Database
from unsloth_studio.store.thread import StoredFile
from unsloth_studio.store.thread_tables import FILES

_C = FILES.c


class FileStore:
    """Every method may raise `DatabaseUnusable`. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def add(self, file_id: str, file: StoredFile) -> None:
        """Keep a file; once a thread shows it, for as long as one does."""
        row = {"id": file_id, "media_type": file.media_type, "created_at": self._clock(), "content": file.content}
        with self._database.write() as connection:
            connection.execute(FILES.insert(), row)

    def get(self, file_id: str) -> StoredFile | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(_C.media_type, _C.content).where(_C.id == file_id)).first()
        return None if row is None else StoredFile(row.media_type, row.content)

    def media_types(self, file_ids: Collection[str]) -> dict[str, str]:
        """The media type of each of these files that there is."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_C.id, _C.media_type).where(_C.id.in_(file_ids))).all()
        return {row.id: row.media_type for row in rows}
