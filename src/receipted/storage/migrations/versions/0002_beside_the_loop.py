"""Beside the loop: repeated requests, listeners' places in the feed, and refused requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "endpoint",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("cursor", BYTEWISE, nullable=False),
    )
    op.create_table(
        "rejected_request",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("explanation", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("content_type", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("query", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
