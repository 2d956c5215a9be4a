"""Every setting, once: default, bounds and a sentence. Help, sample file and docs page are made from this.

They are read from ``receipted.toml`` (in the working directory, or where ``RECEIPTED_SETTINGS`` points) and from the
environment, which wins: ``RECEIPTED_PORT=9000``, ``RECEIPTED_PROVIDERS__VONAGE__API_KEY=…``.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


class Limits(BaseModel):
    """What strangers may cost us."""

    model_config = ConfigDict(extra="forbid")

    body_bytes: int = Field(65_536, ge=1_024, le=10_485_760, description="Largest request body taken, in bytes.")
    body_timeout_s: float = Field(10.0, gt=0, le=300, description="How long a request may take to arrive, in seconds.")
    connections: int = Field(4_096, ge=8, le=1_000_000, description="Open connections; more are answered 503.")
    waiting: int = Field(20_000, ge=64, description="Writes that may wait for the database; more are answered 503.")
    rejected_kept: int = Field(1_000, ge=0, le=1_000_000, description="Refused webhook requests kept to be looked at.")
    rejected_per_s: int = Field(50, ge=1, description="Refused requests stored per second; more are only counted.")


class Expiry(BaseModel):
    """When silence becomes `unknown`. How long a provider's receipts may take is a setting of that provider."""

    model_config = ConfigDict(extra="forbid")

    ambiguous_s: int = Field(
        600,
        ge=1,
        description="How long a submit without an answer waits for a receipt before it is unknown, in seconds.",
    )
    every_s: float = Field(5.0, gt=0, le=3_600, description="How often overdue messages are looked for, in seconds.")
    unsent_s: int = Field(
        259_200,
        ge=1,
        description="How long a message that no provider takes is tried, unless it has a ttl, in seconds.",
    )


class Carrier(BaseModel):
    """The simulated carrier inside the hub, for a start without any account. `receipted carrier` runs one apart."""

    model_config = ConfigDict(extra="forbid")

    inside: Literal["auto", "always", "never"] = Field(
        "auto", description="Whether the hub runs one and binds to it: auto does if no provider is configured."
    )
    port: int = Field(0, ge=0, le=65_535, description="Port on 127.0.0.1 at which it takes binds; 0 takes a free one.")
    speed: float = Field(
        1.0, ge=0.001, le=1e9, description="How many times faster than real time its time passes; divides every delay."
    )
    seed: int = Field(0, description="Another seed gives other random delays; the same one always the same.")


class RouteLine(BaseModel):
    """One line of the routing table. Without countries, networks and prefixes it leads to all numbers."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field(description="Who takes the messages: a name in [providers].")
    countries: list[str] = Field(default_factory=list, description="Two-letter countries of the recipient.")
    networks: list[str] = Field(default_factory=list, description="MCC and MNC of the network, such as 23410.")
    prefixes: list[str] = Field(default_factory=list, description="First digits of the number; the longest counts.")
    cost: Decimal | None = Field(None, ge=0, description="What a part costs there; for the policy least-cost.")
    weight: float = Field(1.0, ge=0, le=1e6, description="Share of the traffic; for the policy weighted.")


class Routing(BaseModel):
    """Who takes a message. Without any line in `routes` it is the default provider."""

    model_config = ConfigDict(extra="forbid")

    policy: Literal["least-cost", "best-delivery", "weighted", "fixed"] = Field(
        "fixed", description="What puts one provider before another; fixed is the order of the lines."
    )
    routes: list[RouteLine] = Field(
        default_factory=list, description="The routing table: one [[routing.routes]] for each line."
    )
    slow_after_s: float = Field(
        300.0, gt=0, le=259_200, description="A delivery that takes longer counts as slow, in seconds."
    )
    slow_share: float = Field(
        0.3, ge=0, le=1, description="More slow ones than this in 15 minutes, and the provider gets less, step by step."
    )
    error_share: float = Field(
        0.5, ge=0, le=1, description="More failed submits than this in 15 minutes, and the provider is passed over."
    )
    look_every_s: float = Field(
        30.0, ge=0.01, le=3_600, description="How often it is looked how receipts come, in seconds."
    )


class Webhooks(BaseModel):
    """How applications are told: the receipts of accounts, and the events of endpoints."""

    model_config = ConfigDict(extra="forbid")

    allow: list[str] = Field(
        default_factory=list,
        description="Inner hosts, addresses or networks that may be called all the same, such as 127.0.0.1; for tests.",
    )
    at_once: int = Field(16, ge=1, le=1_000, description="Requests under way at once for one account or endpoint.")
    timeout_s: float = Field(15.0, gt=0, le=120, description="How long an answer may take, in seconds.")
    receipts_for_s: int = Field(
        86_400, ge=60, le=2_592_000, description="How long a receipt is tried for an account, in seconds."
    )
    events_for_s: int = Field(
        259_200, ge=60, le=2_592_000, description="How long an event is tried for an endpoint, in seconds."
    )


class Log(BaseModel):
    """What is written to standard error."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level that is logged.")
    json_lines: bool = Field(False, description="One JSON object a line instead of text for people.")


class Settings(BaseSettings):
    """The whole tree. Sections of ``providers`` are read by the provider they name; see docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="RECEIPTED_", env_nested_delimiter="__", extra="forbid")

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("receipted")),
        description="Folder of the SQLite database, its backups and the API token. Default: the user's data folder.",
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="Empty for SQLite in data_dir, or postgresql://user:password@host/name.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on. Without TLS, keep it on this machine.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM); with tls_key the hub speaks HTTPS.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of tls_cert.")
    default_provider: str = Field(
        "",
        description="Who takes messages that name no provider. Empty: the first account, else a simulated carrier.",
    )
    providers: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="One section per provider: [providers.NAME], with kind = … where NAME is not a kind.",
    )
    carrier: Carrier = Field(default_factory=lambda: Carrier(), description="The simulated carrier inside the hub.")
    routing: Routing = Field(default_factory=lambda: Routing(), description="Who takes a message.")
    webhooks: Webhooks = Field(default_factory=lambda: Webhooks(), description="How applications are told.")
    limits: Limits = Field(default_factory=lambda: Limits(), description="What strangers may cost us.")
    expiry: Expiry = Field(default_factory=lambda: Expiry(), description="When silence becomes unknown.")
    log: Log = Field(default_factory=lambda: Log(), description="What is written to standard error.")

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "Settings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together: set both, or neither")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code, then the environment, then the file; no others."""
        file = Path(os.environ.get("RECEIPTED_SETTINGS", "receipted.toml"))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file))

    @property
    def token_file(self) -> Path:
        """Where the API token is kept, mode 0600."""
        return self.data_dir / "token"
