"""The settings of the simulated SMSC. docs/carrier.md and the options of ``receipted carrier`` follow from them."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from receipted.carrier import styles
from receipted.carrier.scenario import DUE_MS
from receipted.dialects.smpp.id_forms import WRITTEN_IDS


class SmscSettings(BaseModel):
    """A simulated SMSC: nothing leaves this machine and nothing is billed."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on. Without TLS, keep it on this machine.")
    port: int = Field(2775, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    accounts: dict[str, str] = Field(
        default_factory=dict, description="Passwords by system_id. Empty: every system_id and password is welcome."
    )
    rate_per_s: int = Field(
        0, ge=0, description="Submits an account may make per second; more get ESME_RTHROTTLED. 0 for no limit."
    )
    window: int = Field(
        1_000, ge=1, le=100_000, description="Submits a bind may leave unanswered; more get ESME_RTHROTTLED."
    )
    receipt_window: int = Field(
        100, ge=1, le=10_000, description="Receipts that a bind is given before it answers any."
    )
    latency_ms: int = Field(0, ge=0, le=600_000, description="How long a submit waits for its answer, in milliseconds.")
    spread_ms: int = Field(0, ge=0, le=600_000, description="The most that chance adds to latency_ms, in milliseconds.")
    speed: float = Field(
        1.0,
        ge=0.001,
        le=1e9,
        description="How many times faster than real time the carrier's time passes; divides every delay.",
    )
    seed: int = Field(0, description="Another seed gives other random delays; the same one always the same.")
    ids: str = Field("decimal", description="How ids are written; docs/carrier.md lists the forms.")
    receipts: str = Field("full", description="How receipts are written; docs/carrier.md lists the forms.")
    receipt_due_s: int = Field(
        DUE_MS // 1_000, ge=1, description="The sender's time-out, in the carrier's seconds: 9205 is later than that."
    )
    answer_s: float = Field(
        30.0,
        gt=0,
        description="How long a receipt may be unanswered before it is sent again, in the carrier's seconds.",
    )
    receipts_waiting: int = Field(
        500_000, ge=1, description="Messages that are owed receipts; more submits get ESME_RMSGQFUL."
    )
    connections: int = Field(1_000, ge=1, le=100_000, description="Open connections; more are closed at once.")
    bind_s: float = Field(10.0, gt=0, le=600, description="How long a connection may be without a bind, in seconds.")
    enquire_link_s: float = Field(
        30.0,
        ge=0,
        description="Silence after which a bind is asked whether it is still there, in seconds; 0 for never.",
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM); with tls_key the carrier speaks TLS.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of tls_cert.")
    state_file: Path | None = Field(
        None, description="SQLite file that keeps what is owed over a restart. Without it, it is in memory."
    )

    @field_validator("ids")
    @classmethod
    def _id_form(cls, name: str) -> str:
        return _one_of(name, WRITTEN_IDS)

    @field_validator("receipts")
    @classmethod
    def _style(cls, name: str) -> str:
        return _one_of(name, styles.BY_NAME)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "SmscSettings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together: set both, or neither")
        return self


def _one_of(name: str, known: Iterable[str]) -> str:
    if name not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return name
