"""What each key has used so far, and on its last day: requests that reached a model, and their tokens. Synchronous."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from unsloth_studio.store.api_key import KeyUse
from unsloth_studio.store.database import Database

_TABLE = sa.Table(
    "key_usage",
    sa.MetaData(),
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("requests", sa.Integer),
    sa.Column("input_tokens", sa.Integer),
    sa.Column("output_tokens", sa.Integer),
)
_C = _TABLE.c
_DAYS = sa.Table(
    "key_days",
    sa.MetaData(),
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("day", sa.Integer),
    sa.Column("tokens", sa.Integer),
)


def add_usage(database: Database, used: Mapping[int, KeyUse], *, day: int) -> None:
    """Add to the totals of keys, by id, and to what they used on `day`, in one transaction. Raises `DatabaseUnusable`."""
    if not used:
        return
    statement = insert(_TABLE)
    more = {name: _C[name] + statement.excluded[name] for name in ("requests", "input_tokens", "output_tokens")}
    rows = [
        {
            "key_id": key_id,
            "requests": use.requests,
            "input_tokens": use.input_tokens,
            "output_tokens": use.output_tokens,
        }
        for key_id, use in used.items()
    ]
    today = insert(_DAYS)
    same = (_DAYS.c.day == today.excluded.day, _DAYS.c.tokens + today.excluded.tokens)
    change = {"day": today.excluded.day, "tokens": sa.case(same, else_=today.excluded.tokens)}
    days = [{"key_id": key_id, "day": day, "tokens": use.tokens} for key_id, use in used.items()]
    with database.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=[_C.key_id], set_=more), rows)
        connection.execute(today.on_conflict_do_update(index_elements=[_DAYS.c.key_id], set_=change), days)


def tokens_on(connection: sa.Connection, day: int) -> dict[int, int]:
    """What keys used on `day`, by id; those that used nothing are not in it."""
    rows = connection.execute(_DAYS.select().where(_DAYS.c.day == day)).all()
    return {row.key_id: row.tokens for row in rows}


def usage_by_key(database: Database) -> dict[int, KeyUse]:
    """The totals by the key's id; keys that were never used are not in it. Raises `DatabaseUnusable`."""
    with database.read() as connection:
        rows = connection.execute(_TABLE.select()).all()
    return {row.key_id: KeyUse(row.requests, row.input_tokens, row.output_tokens) for row in rows}
