"""The one schema (DESIGN section 4). Times are milliseconds since 1970, UTC; statuses are the words of domain/status.

What follows from how it is used:

* ``part.status_key`` is ``domain.status.order_key``; it is compared as bytes, so PostgreSQL must
  not use a language's order.
* ``receipt`` is append-only: the receipts of known parts. Its key is the part and what the receipt says, so the same
  statement is stored once; and since message ids ascend, receipts of the same time lie side by side in its index.
* ``unmatched`` holds the receipts whose part is not known yet. They move to ``receipt`` when it is.
* ``inbound`` is append-only: SMS from phones, and receipts that nobody can read.
* ``submission`` is the queue of what is to be handed over. A row leaves when the provider has decided.
* ``event`` is append-only: the history of a message and the outbox of whoever listens. A message names its last event
  and each event the one before it; an index by message would cost more than all else that writing an event costs.
* An index is paid for by every receipt that changes what it covers: messages that are delivered are in none by status.
* ``delivery`` is what applications are to be told by webhook: an account of each change of a part's status (``told`` in
  ``part`` is the last one it was given), an endpoint of each event that its reader has taken out of ``event``. A row
  waits while ``due_ms`` is set, and stays as the history of what was told.
* There are no foreign keys: rows of one message are written together by one transaction, and old rows are to leave by
  whole partitions (DESIGN section 7).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()

Bytewise: TypeEngine[str] = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared byte by byte on every engine."""

message = Table(
    "message",
    metadata,
    Column("id", Bytewise, primary_key=True),
    Column("provider", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("text", String, nullable=False),
    Column("body", String, nullable=False),
    Column("udh", String, nullable=False),
    Column("country", String, nullable=False),
    Column("part_count", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("client_ref", String),
    Column("ttl_ms", BigInteger),
    Column("err_code", String),
    Column("reason", String),
    Column("last_event", Bytewise, nullable=False),
    Column("account", String),
    Column("price", String),
    Column("options", String),
    Column("route", String),
)
Index("message_recipient", message.c.recipient, message.c.id)
Index("message_client_ref", message.c.client_ref, message.c.id, sqlite_where=text("client_ref IS NOT NULL"),
      postgresql_where=text("client_ref IS NOT NULL"))  # fmt: skip
TROUBLE = "status IN ('unknown', 'expired', 'failed', 'rejected')"
Index("message_trouble", message.c.status, message.c.id, sqlite_where=text(TROUBLE), postgresql_where=text(TROUBLE))

part = Table(
    "part",
    metadata,
    Column("message_id", Bytewise, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("provider", String, nullable=False),
    Column("provider_message_id", String),
    Column("status", String, nullable=False),
    Column("status_key", Bytewise, nullable=False),
    Column("err_code", String),
    Column("carrier_ms", BigInteger),
    Column("network", String),
    Column("price", String),
    Column("submit_network", String),
    Column("submit_price", String),
    Column("reason", String),
    Column("due_ms", BigInteger),
    Column("account", String),
    Column("told", String),
    PrimaryKeyConstraint("message_id", "seq"),
)
Index("part_provider_message_id", part.c.provider_message_id, part.c.provider, unique=True,
      sqlite_where=text("provider_message_id IS NOT NULL"),
      postgresql_where=text("provider_message_id IS NOT NULL"))  # fmt: skip
Index("part_due", part.c.due_ms, sqlite_where=text("due_ms IS NOT NULL"),
      postgresql_where=text("due_ms IS NOT NULL"))  # fmt: skip


def _receipt_columns() -> list[Column[object]]:
    """A receipt as it came, in our words and in the provider's."""
    return [
        Column("provider_message_id", String, nullable=False),
        Column("provider", String, nullable=False),
        Column("digest", String, nullable=False),
        Column("received_ms", BigInteger, nullable=False),
        Column("status", String, nullable=False),
        Column("raw_status", String, nullable=False),
        Column("err_code", String),
        Column("carrier_ms", BigInteger),
        Column("network", String),
        Column("price", String),
        Column("recipient", String),
        Column("sender", String),
        Column("client_ref", String),
        Column("raw", LargeBinary, nullable=False),
        Column("transport", String, nullable=False),
        Column("signature", String, nullable=False),
    ]


receipt = Table(
    "receipt",
    metadata,
    Column("message_id", Bytewise, nullable=False),
    Column("seq", Integer, nullable=False),
    *_receipt_columns(),
    PrimaryKeyConstraint("message_id", "seq", "digest"),
)

unmatched = Table(
    "unmatched",
    metadata,
    *_receipt_columns(),
    PrimaryKeyConstraint("provider_message_id", "provider", "digest"),
)
Index("unmatched_received", unmatched.c.received_ms)
Index("unmatched_client_ref", unmatched.c.client_ref, sqlite_where=text("client_ref IS NOT NULL"),
      postgresql_where=text("client_ref IS NOT NULL"))  # fmt: skip

inbound = Table(
    "inbound",
    metadata,
    Column("id", Bytewise, primary_key=True),
    Column("received_ms", BigInteger, nullable=False),
    Column("provider", String, nullable=False),
    Column("bind", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("text", String, nullable=False),
    Column("segment", String, nullable=False),
    Column("data_coding", Integer, nullable=False),
    Column("problem", String, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Bytewise, primary_key=True),
    Column("message_id", Bytewise, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("previous", String),
    Column("at_ms", BigInteger, nullable=False),
    Column("err_code", String),
    Column("reason", String),
    Column("previous_event", Bytewise),
)

submission = Table(
    "submission",
    metadata,
    Column("message_id", Bytewise, primary_key=True),
    Column("provider", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
)
Index("submission_due", submission.c.provider, submission.c.state, submission.c.due_ms)

submit_attempt = Table(
    "submit_attempt",
    metadata,
    Column("message_id", Bytewise, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("outcome", String, nullable=False),
    Column("detail", String, nullable=False),
    PrimaryKeyConstraint("message_id", "attempt"),
)

WAITING, SUBMITTING = "waiting", "submitting"
"""The states of a submission: due at some time; claimed, so that the provider may have it any moment."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("message_id", Bytewise, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

endpoint = Table(
    "endpoint",
    metadata,
    Column("name", String, primary_key=True),
    Column("cursor", Bytewise, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("api_key", String, primary_key=True),
    Column("settings", String, nullable=False),
    Column("balance", String, nullable=False),
)

price = Table(
    "price",
    metadata,
    Column("account", String, nullable=False),
    Column("prefix", String, nullable=False),
    Column("price", String, nullable=False),
    Column("country", String, nullable=False),
    Column("network", String, nullable=False),
    Column("network_name", String, nullable=False),
    PrimaryKeyConstraint("account", "prefix"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("name", String, primary_key=True),
    Column("settings", String, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("message_id", Bytewise, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("target", String, nullable=False),
    Column("statement", Bytewise, nullable=False),
    Column("status", String, nullable=False),
    Column("err_code", String),
    Column("carrier_ms", BigInteger),
    Column("network", String),
    Column("price", String),
    Column("at_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("said", String, nullable=False),
    PrimaryKeyConstraint("message_id", "seq", "target", "statement"),
)
Index("delivery_due", delivery.c.target, delivery.c.due_ms, sqlite_where=text("due_ms IS NOT NULL"),
      postgresql_where=text("due_ms IS NOT NULL"))  # fmt: skip
DEAD = "outcome = 'dead'"
Index("delivery_dead", delivery.c.target, delivery.c.at_ms, sqlite_where=text(DEAD), postgresql_where=text(DEAD))

rejected_request = Table(
    "rejected_request",
    metadata,
    Column("id", Bytewise, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("door", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("problem", String, nullable=False),
    Column("explanation", String, nullable=False),
    Column("method", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("source", String, nullable=False),
    Column("query", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
