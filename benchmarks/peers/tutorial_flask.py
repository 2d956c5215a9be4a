"""The tutorial's receipt door as one writes it with Flask, SQLAlchemy and SQLite: one UPDATE per request.

It keeps no raw copy and no history, checks no signature and lets a late receipt overwrite an earlier one.
"""

import os

from flask import Flask, request
from sqlalchemy import create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine(f"sqlite:///{os.environ['PEER_DATABASE']}")


class Model(DeclarativeBase):
    pass


class Sms(Model):
    __tablename__ = "sms"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str]
    sender: Mapped[str]
    text: Mapped[str]
    message_id: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    updated_at: Mapped[str | None]


app = Flask(__name__)


@app.post("/sms_delivery_receipts")
def receive():
    fields = request.get_json() if request.is_json else request.form
    with Session(engine) as session:
        session.execute(
            update(Sms)
            .where(Sms.message_id == fields["messageId"])
            .values(status=fields["status"], updated_at=fields["message-timestamp"])
        )
        session.commit()
    return "", 200
