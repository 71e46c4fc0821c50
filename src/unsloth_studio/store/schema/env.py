"""Alembic runs this file to apply revisions. The caller gives the connection, with its transaction already begun."""

from __future__ import annotations

from alembic import context

# SQLite can undo changes of the schema; alembic assumes that it cannot unless told.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
