"""Which revision a database has, which is the newest, and the way from one to the other.

The rule: the first two questions are asked on every start and do not import alembic, which is slow to import.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Connection

_FOLDER = Path(__file__).parent
_DIGITS = 4


def newest_revision() -> str:
    """The highest number among the files of `versions/`, for example "0001"."""
    return max(path.name[:_DIGITS] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def stored_revision(connection: Connection) -> str | None:
    """The revision that alembic noted in the database; None for a database without tables."""
    noted = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").first()
    if noted is None:
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def upgrade(connection: Connection) -> None:
    """Apply every revision that is missing, inside the transaction of `connection`: all of them or none."""
    from alembic import command
    from alembic.config import Config

    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
