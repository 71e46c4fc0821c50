"""Which revision a database has, which is the newest, and how a new database gets it.

The rule: these are asked on every start, and import nothing that is slow. `migration.py` is for databases that are old.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

_FOLDER = Path(__file__).parent
_DIGITS = 4


def newest_revision() -> str:
    """The highest number among the files of `versions/`, for example "0001"."""
    return max(path.name[:_DIGITS] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def stored_revision(connection: sqlite3.Connection) -> str | None:
    """The revision that alembic noted in the database; None where it noted none."""
    noted = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if noted is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row["version_num"])


def has_tables(connection: sqlite3.Connection) -> bool:
    """Whether there is anything in the database."""
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def make_newest(connection: sqlite3.Connection) -> None:
    """Give an empty database every table of the newest revision, and note that it has it: all of it or nothing."""
    tables = (_FOLDER / "newest.sql").read_text()
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {tables} COMMIT;")
    except BaseException:
        connection.rollback()
        raise
