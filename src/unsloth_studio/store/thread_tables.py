"""The tables of threads, messages and files, as `schema/versions/0003_threads.py` made them."""

from __future__ import annotations

import sqlalchemy as sa

_META = sa.MetaData()

THREADS = sa.Table(
    "threads",
    _META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text),
    sa.Column("words", sa.Text),
    sa.Column("created_at", sa.Float),
    sa.Column("updated_at", sa.Float),
    sa.Column("model", sa.Text),
    sa.Column("leaf_id", sa.Text),
)
"""`words` is what a search looks through: the title, casefolded."""

MESSAGES = sa.Table(
    "messages",
    _META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("thread_id", sa.Text),
    sa.Column("parent_id", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("parts", sa.LargeBinary),
    sa.Column("words", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("writer", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("stats", sa.LargeBinary),
    sa.Column("created_at", sa.Float),
)
"""`parts` and `stats` are JSON (`store/thread.py`); `writer` is the process that writes a running one."""

FILES = sa.Table(
    "files",
    _META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("media_type", sa.Text),
    sa.Column("created_at", sa.Float),
    sa.Column("content", sa.LargeBinary),
)

THREAD_FILES = sa.Table(
    "thread_files",
    _META,
    sa.Column("thread_id", sa.Text, primary_key=True),
    sa.Column("file_id", sa.Text, primary_key=True),
)
"""Which threads show a file."""
