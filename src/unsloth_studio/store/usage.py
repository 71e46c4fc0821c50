"""What each key has used so far: requests that reached a model, and their tokens. Synchronous."""

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


def add_usage(database: Database, used: Mapping[int, KeyUse]) -> None:
    """Add to the totals of keys, by id, in one transaction. Raises `DatabaseUnusable`."""
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
    with database.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=[_C.key_id], set_=more), rows)


def usage_by_key(database: Database) -> dict[int, KeyUse]:
    """The totals by the key's id; keys that were never used are not in it. Raises `DatabaseUnusable`."""
    with database.read() as connection:
        rows = connection.execute(_TABLE.select()).all()
    return {row.key_id: KeyUse(row.requests, row.input_tokens, row.output_tokens) for row in rows}
