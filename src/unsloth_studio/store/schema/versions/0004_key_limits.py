"""What a key may use, and what it has used today."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("requests_per_minute", sa.Integer))
    op.add_column("api_keys", sa.Column("tokens_per_day", sa.Integer))
    op.create_table(
        "key_days",
        sa.Column("key_id", sa.Integer, sa.ForeignKey("api_keys.id"), primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
    )
