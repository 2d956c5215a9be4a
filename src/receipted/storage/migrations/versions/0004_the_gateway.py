"""The front door: accounts with balances and prices, endpoints, and what applications are to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    for table, columns in (("message", ("account", "price", "options", "route")), ("part", ("account", "told"))):
        for column in columns:
            op.add_column(table, sa.Column(column, sa.String))
    op.create_table(
        "account",
        sa.Column("api_key", sa.String, primary_key=True),
        sa.Column("settings", sa.String, nullable=False),
        sa.Column("balance", sa.String, nullable=False),
    )
    op.create_table(
        "price",
        sa.Column("account", sa.String, nullable=False),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("price", sa.String, nullable=False),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("network_name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("account", "prefix"),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("settings", sa.String, nullable=False),
    )
    _delivery()


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("message_id", BYTEWISE, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("statement", BYTEWISE, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("err_code", sa.String),
        sa.Column("carrier_ms", sa.BigInteger),
        sa.Column("network", sa.String),
        sa.Column("price", sa.String),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("due_ms", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("said", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "seq", "target", "statement"),
    )
    for name, columns, where in (
        ("delivery_due", ["target", "due_ms"], sa.text("due_ms IS NOT NULL")),
        ("delivery_dead", ["target", "at_ms"], sa.text("outcome = 'dead'")),
    ):
        op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
