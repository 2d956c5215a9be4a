"""The loop: messages, parts, receipts, events and the submit queue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("udh", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("part_count", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("client_ref", sa.String),
        sa.Column("ttl_ms", sa.BigInteger),
        sa.Column("err_code", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("last_event", BYTEWISE, nullable=False),
    )
    op.create_index("message_recipient", "message", ["recipient", "id"])
    _partial_index("message_client_ref", "message", ["client_ref", "id"], "client_ref IS NOT NULL")
    _partial_index(
        "message_trouble", "message", ["status", "id"], "status IN ('unknown', 'expired', 'failed', 'rejected')"
    )

    op.create_table(
        "part",
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("provider_message_id", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("status_key", BYTEWISE, nullable=False),
        sa.Column("err_code", sa.String),
        sa.Column("carrier_ms", sa.BigInteger),
        sa.Column("network", sa.String),
        sa.Column("price", sa.String),
        sa.Column("submit_network", sa.String),
        sa.Column("submit_price", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("due_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("message_id", "seq"),
    )
    _partial_index(
        "part_provider_message_id",
        "part",
        ["provider_message_id", "provider"],
        "provider_message_id IS NOT NULL",
        unique=True,
    )
    _partial_index("part_due", "part", ["due_ms"], "due_ms IS NOT NULL")

    op.create_table(
        "receipt",
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        *_receipt_columns(),
        sa.PrimaryKeyConstraint("message_id", "seq", "digest"),
    )
    op.create_table(
        "unmatched",
        *_receipt_columns(),
        sa.PrimaryKeyConstraint("provider_message_id", "provider", "digest"),
    )
    op.create_index("unmatched_received", "unmatched", ["received_ms"])
    _partial_index("unmatched_client_ref", "unmatched", ["client_ref"], "client_ref IS NOT NULL")

    op.create_table(
        "event",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("previous", sa.String),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("err_code", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("previous_event", BYTEWISE),
    )
    op.create_table(
        "submission",
        sa.Column("message_id", BYTEWISE, primary_key=True),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.create_index("submission_due", "submission", ["provider", "state", "due_ms"])
    op.create_table(
        "submit_attempt",
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "attempt"),
    )


def _receipt_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("provider_message_id", sa.String, nullable=False),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("raw_status", sa.String, nullable=False),
        sa.Column("err_code", sa.String),
        sa.Column("carrier_ms", sa.BigInteger),
        sa.Column("network", sa.String),
        sa.Column("price", sa.String),
        sa.Column("recipient", sa.String),
        sa.Column("sender", sa.String),
        sa.Column("client_ref", sa.String),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("transport", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
    ]


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
