"""What carriers hand over that is no readable receipt: SMS from phones, and riddles."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", BYTEWISE, primary_key=True),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("bind", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("segment", sa.String, nullable=False),
        sa.Column("data_coding", sa.Integer, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
