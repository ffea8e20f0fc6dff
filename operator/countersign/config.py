"""Settings, from environment variables ``COUNTERSIGN_*``."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from countersign.records.catalogue import Locale


class Settings(BaseSettings):
    """Everything a deployment can turn. Times are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="COUNTERSIGN_",
        hide_input_in_errors=True,  # A value may be a secret.
    )

    namespace: str = Field(
        default_factory=lambda: os.environ.get("POD_NAMESPACE", "countersign-system"),
        description="Where the operator keeps its Lease and its knowledge.",
    )
    identity: str = Field(
        default_factory=lambda: os.environ.get("POD_NAME", socket.gethostname()),
        description="Name of this replica in the Lease and in Events.",
    )
    watch_namespaces: list[str] = Field(
        default=[], description="Namespaces to serve; all where empty. A JSON list."
    )
    probe_host: str = Field(default="0.0.0.0", description="Address of the probes.")  # noqa: S104
    probe_port: int = Field(default=8080, description="Port of /healthz, /readyz and /metrics.")
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: coloured on a terminal, JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is not worth a line is left out."
    )
    lease_seconds: float = Field(default=15.0, gt=1, description="How long a Lease holds.")
    parallel: int = Field(default=32, ge=1, description="Executions at a time.")
    request_timeout: float = Field(
        default=30.0, gt=0, description="How long one request to the API server may take."
    )
    sweep_seconds: float = Field(
        default=60.0, gt=0, description="A request without progress for this long is touched."
    )
    notifications: Path | None = Field(
        default=None,
        description="YAML file that says which channel is told what; nobody is told where empty.",
    )
    store: Literal["configmap", "sql"] = Field(
        default="configmap", description="Where the knowledge is kept."
    )
    store_url: SecretStr | None = Field(
        default=None,
        description="With sql: sqlite:////path or postgresql://… From a Secret: it has a password.",
    )
    locale: Locale = Field(default=Locale.EN, description="Language of the knowledge: en or zh-TW.")
    knowledge_shards: int = Field(
        default=32,
        ge=1,
        le=64,
        description="ConfigMaps of knowledge: small ones are fast to write.",
    )
    knowledge_entries: int = Field(
        default=1000, ge=64, description="Entries kept in all; the oldest are pruned."
    )

    @field_validator("notifications", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _sql_needs_a_url(self) -> Settings:
        if self.store == "sql" and self.store_url is None:
            raise ValueError(
                "COUNTERSIGN_STORE=sql needs COUNTERSIGN_STORE_URL: sqlite:////path/knowledge.db "
                "or postgresql://USER:PASSWORD@HOST/DATABASE, from a Secret"
            )
        return self
