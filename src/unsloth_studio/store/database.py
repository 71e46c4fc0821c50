"""The SQLite database of the data folder.

The rule: one connection, used by one thread at a time. The server reaches it through `await database.run(work)`, which
works on a thread of its own, never on the event loop; a command-line tool uses `read` and `write` directly.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from unsloth_studio.store.errors import DatabaseUnusable, folder_unusable
from unsloth_studio.store.private_files import exclusive, make_folder, sync_folder
from unsloth_studio.store.schema.revisions import has_tables, make_newest, newest_revision, stored_revision

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
    sqlite3.SQLITE_IOERR: "could not be read or written ({what}). Look whether the disk it is on is full, or broken",
}
"""By SQLite's primary result code (https://www.sqlite.org/rescode.html)."""


class Database:
    """Made by `Database.open`. `folder` is the data folder; other files of the store lie beside the database."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._file = folder / FILE
        self._connection = connection
        # Re-entrant: a transaction inside another one is a mistake that SQLite refuses; it shall not wait for itself.
        self._turn = threading.RLock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    @classmethod
    def open(cls, folder: Path, *, busy_timeout: float = 5.0) -> Database:
        """Open the database in `folder`; both are made when missing (0700, 0600), and brought up to date when old.

        `busy_timeout` (seconds): how long to wait for another process that writes. Raises `DatabaseUnusable`.
        """
        file = folder / FILE
        _make_files(folder, file)
        with _explained(file):
            connection = _connect(file, busy_timeout)
            try:
                _set_up(connection)
                _bring_up_to_date(connection, folder, busy_timeout)
            except BaseException as error:
                connection.close()
                if isinstance(error, OSError):  # of the lock file
                    raise folder_unusable(folder, error) from error
                raise
        return cls(folder, connection)

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """A transaction that sees one state of the database; it does not wait for writers. Raises `DatabaseUnusable`."""
        with self._transaction("BEGIN DEFERRED") as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """A transaction that no other writer can run beside; committed at the end. Raises `DatabaseUnusable`."""
        # A transaction that reads first and writes later can fail without waiting; IMMEDIATE takes the write lock at once.
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work`, which may use `read` and `write`, on the database's own thread. Calls are taken in turn."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(work, *args, **kwargs))

    def close(self) -> None:
        """Finish what `run` has begun and let go of the file. Idempotent."""
        self._thread.shutdown(wait=True)
        with self._turn:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Generator[sqlite3.Connection]:
        """Threads take turns. What is yielded gives rows that are read by name (`sqlite3.Row`)."""
        with _explained(self._file), self._turn:
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise


def _make_files(folder: Path, file: Path) -> None:
    try:
        make_folder(folder)
        # SQLite gives the files it makes beside this one (write-ahead log, shared memory) the mode of this one.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
        sync_folder(folder)
    except OSError as error:
        raise folder_unusable(folder, error) from error


def _connect(file: Path, busy_timeout: float) -> sqlite3.Connection:
    # isolation_level None: the driver begins no transactions of its own.
    connection = sqlite3.connect(file, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    # In write-ahead mode NORMAL may lose the last commits in a power cut (https://www.sqlite.org/pragma.html). A key
    # that was shown, and a revocation that was confirmed, must survive one; writes are rare, so FULL costs nothing.
    connection.execute("PRAGMA synchronous = FULL")


def _bring_up_to_date(connection: sqlite3.Connection, folder: Path, busy_timeout: float) -> None:
    if _is_newest(connection, folder):
        return
    with exclusive(folder / LOCK):
        # Persistent, and set under the lock: two processes that switch at once do not wait for each other but fail.
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if not has_tables(connection):
            make_newest(connection)
        elif not _is_newest(connection, folder):
            from unsloth_studio.store.schema.migration import upgrade  # alembic is slow to import

            upgrade(folder / FILE, busy_timeout=busy_timeout)


def _is_newest(connection: sqlite3.Connection, folder: Path) -> bool:
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
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the driver's own errors have none
        advice = _ADVICE.get(code, "refused an operation ({what}). Please report this")
        raise DatabaseUnusable(f"The database {file} {advice.format(what=error)}.") from error
