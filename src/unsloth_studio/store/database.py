"""The SQLite database of the data folder.

The rule: one connection, used by one thread at a time. The server reaches it through `await database.run(work)`, which
works on a thread of its own, never on the event loop; a command-line tool uses `read` and `write` directly.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError

from unsloth_studio.store.errors import DatabaseUnusable, folder_unusable
from unsloth_studio.store.private_files import exclusive, make_folder, sync_folder
from unsloth_studio.store.schema.revisions import newest_revision, stored_revision, upgrade

P = ParamSpec("P")
T = TypeVar("T")

FILE = "studio.db"
LOCK = "lock"
"""Lock file in the data folder, for what must not happen twice at once: migrations, the making of the run key."""

_ADVICE = {
    sqlite3.SQLITE_BUSY: "is held by another program for too long ({what}). Try again; if it stays so, stop what uses it",
    sqlite3.SQLITE_CORRUPT: "is damaged ({what}). Move it away or restore a backup; without one, keys must be made anew",
    sqlite3.SQLITE_NOTADB: "is damaged ({what}). Move it away or restore a backup; without one, keys must be made anew",
    sqlite3.SQLITE_READONLY: "cannot be written ({what}). Give your user write access to it and to its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened ({what}). Give your user write access to it and to its folder",
    sqlite3.SQLITE_PERM: "cannot be opened ({what}). Give your user write access to it and to its folder",
    sqlite3.SQLITE_FULL: "has no room left on its disk ({what}). Free some space",
    sqlite3.SQLITE_IOERR: "could not be read or written ({what}). Look after the disk it is on",
}
"""By SQLite's primary result code (https://www.sqlite.org/rescode.html)."""


class Database:
    """Made by `Database.open`. `folder` is the data folder; other files of the store lie beside the database."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self._file = folder / FILE
        self._reading = engine
        self._writing = engine.execution_options(writes=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    @classmethod
    def open(cls, folder: Path, *, busy_timeout: float = 5.0) -> Database:
        """Open the database in `folder`; both are made when missing (0700, 0600), and brought up to date when old.

        `busy_timeout` (seconds): how long to wait for another process that writes. Raises `DatabaseUnusable`.
        """
        file = folder / FILE
        _make_files(folder, file)
        engine = _engine(file, busy_timeout)
        try:
            with _explained(file):
                _bring_up_to_date(engine, folder)
        except BaseException:
            engine.dispose()
            raise
        return cls(folder, engine)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A transaction that sees one state of the database; it does not wait for writers. Raises `DatabaseUnusable`."""
        with _explained(self._file), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction that no other writer can run beside; committed at the end. Raises `DatabaseUnusable`."""
        with _explained(self._file), self._writing.begin() as connection:
            yield connection

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work`, which may use `read` and `write`, on the database's own thread. Calls are taken in turn."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(work, *args, **kwargs))

    def close(self) -> None:
        """Finish what `run` has begun and let go of the file. Idempotent."""
        self._thread.shutdown(wait=True)
        self._reading.dispose()


def _make_files(folder: Path, file: Path) -> None:
    try:
        make_folder(folder)
        # SQLite gives the files it makes beside this one (write-ahead log, shared memory) the mode of this one.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
        sync_folder(folder)
    except OSError as error:
        raise folder_unusable(folder, error) from error


def _engine(file: Path, busy_timeout: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        # isolation_level None: the driver begins no transactions of its own; `_begin` does.
        connect_args={"timeout": busy_timeout, "isolation_level": None, "check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    cursor = cast("sqlite3.Connection", connection).cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # In write-ahead mode NORMAL may lose the last commits in a power cut (https://www.sqlite.org/pragma.html). A key
    # that was shown, and a revocation that was confirmed, must survive one; writes are rare, so FULL costs nothing.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail without waiting; IMMEDIATE takes the write lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def _bring_up_to_date(engine: Engine, folder: Path) -> None:
    with engine.begin() as connection:
        if _is_newest(connection, folder):
            return
    with exclusive(folder / LOCK):
        # Persistent, and set under the lock: two processes that switch at once do not wait for each other but fail.
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")
        raw.close()
        with engine.execution_options(writes=True).begin() as connection:
            if not _is_newest(connection, folder):
                upgrade(connection)


def _is_newest(connection: Connection, folder: Path) -> bool:
    stored, newest = stored_revision(connection), newest_revision()
    if stored is not None and stored > newest:
        raise DatabaseUnusable(
            f"The database {folder / FILE} was written by a newer version of Unsloth Studio (its schema is {stored}, "
            f"this version knows {newest}). Update Unsloth Studio, or choose another folder with UNSLOTH_STUDIO_HOME."
        )
    return stored == newest


@contextmanager
def _explained(file: Path) -> Generator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        code = cast("int", getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF
        advice = _ADVICE.get(code, "refused an operation ({what}). Please report this")
        raise DatabaseUnusable(f"The database {file} {advice.format(what=error.orig)}.") from error
