"""What each key has used so far, and on its last day: requests that reached a model, and their tokens. Synchronous."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from unsloth_studio.store.api_key import KeyUse
from unsloth_studio.store.database import Database

_ADD_TO_TOTAL = """
    INSERT INTO key_usage (key_id, requests, input_tokens, output_tokens)
    VALUES (:key_id, :requests, :input_tokens, :output_tokens)
    ON CONFLICT (key_id) DO UPDATE SET
        requests = requests + excluded.requests,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens
"""
_ADD_TO_DAY = """
    INSERT INTO key_days (key_id, day, tokens) VALUES (:key_id, :day, :tokens)
    ON CONFLICT (key_id) DO UPDATE SET
        tokens = CASE WHEN day = excluded.day THEN tokens + excluded.tokens ELSE excluded.tokens END,
        day = excluded.day
"""


def add_usage(database: Database, used: Mapping[int, KeyUse], *, day: int) -> None:
    """Add to the totals of keys, by id, and to what they used on `day`, in one transaction. Raises `DatabaseUnusable`."""
    if not used:
        return
    rows = [
        {
            "key_id": key_id,
            "requests": use.requests,
            "input_tokens": use.input_tokens,
            "output_tokens": use.output_tokens,
            "day": day,
            "tokens": use.tokens,
        }
        for key_id, use in used.items()
    ]
    with database.write() as connection:
        connection.executemany(_ADD_TO_TOTAL, rows)
        connection.executemany(_ADD_TO_DAY, rows)


def tokens_on(connection: sqlite3.Connection, day: int) -> dict[int, int]:
    """What keys used on `day`, by id; those that used nothing are not in it."""
    rows = connection.execute("SELECT key_id, tokens FROM key_days WHERE day = ?", (day,))
    return {row["key_id"]: row["tokens"] for row in rows}


def usage_by_key(database: Database) -> dict[int, KeyUse]:
    """The totals by the key's id; keys that were never used are not in it. Raises `DatabaseUnusable`."""
    with database.read() as connection:
        rows = connection.execute("SELECT key_id, requests, input_tokens, output_tokens FROM key_usage").fetchall()
    return {row["key_id"]: KeyUse(row["requests"], row["input_tokens"], row["output_tokens"]) for row in rows}
