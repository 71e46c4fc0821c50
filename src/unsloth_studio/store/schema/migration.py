"""The way of an old database to the newest revision. Imports alembic, which is slow: only where there is an old one."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.exc import DBAPIError


def upgrade(file: Path, *, busy_timeout: float = 5.0, to: str = "head") -> None:
    """Apply every revision up to `to` that the database `file` lacks, in one transaction: all of them or none.

    `busy_timeout` (seconds): how long to wait for another process that writes. Raises `sqlite3.Error`.
    """
    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        poolclass=NullPool,
        # isolation_level None: the driver begins no transactions of its own.
        connect_args={"timeout": busy_timeout, "isolation_level": None},
        hide_parameters=True,
    )
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("PRAGMA synchronous = FULL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except DBAPIError as error:
        raise cast("sqlite3.Error", error.orig) from error
    except CommandError as error:  # a revision that never was
        raise sqlite3.DatabaseError(str(error)) from error
