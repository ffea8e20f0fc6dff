"""Settings from the environment."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from countersign.config import Settings
from countersign.records.catalogue import Locale


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("COUNTERSIGN_", "POD_")):
            monkeypatch.delenv(name)


def test_without_any_variable_everything_has_a_default() -> None:
    settings = Settings()
    assert settings.namespace == "countersign-system"
    assert settings.identity
    assert settings.watch_namespaces == []
    assert (settings.probe_host, settings.probe_port) == ("0.0.0.0", 8080)
    assert (settings.lease_seconds, settings.parallel) == (15, 32)
    assert (settings.knowledge_shards, settings.knowledge_entries) == (32, 1000)
    assert settings.notifications is None


def test_a_file_of_notifications_that_is_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_NOTIFICATIONS", "")
    assert Settings().notifications is None


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "NAMESPACE": "ops",
        "IDENTITY": "me",
        "WATCH_NAMESPACES": '["shop", "db"]',
        "LEASE_SECONDS": "2",
        "LOG_FORMAT": "json",
        "PARALLEL": "4",
        "LOCALE": "zh-TW",
    }.items():
        monkeypatch.setenv(f"COUNTERSIGN_{name}", value)
    settings = Settings()
    assert (settings.namespace, settings.identity) == ("ops", "me")
    assert settings.watch_namespaces == ["shop", "db"]
    assert (settings.lease_seconds, settings.parallel) == (2.0, 4)
    assert settings.log_format == "json"
    assert settings.locale is Locale.ZH_TW


def test_in_a_pod_its_name_and_namespace_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAME", "operator-7d1f")
    monkeypatch.setenv("POD_NAMESPACE", "ops")
    assert (Settings().identity, Settings().namespace) == ("operator-7d1f", "ops")


def test_the_sql_store_needs_a_url() -> None:
    with pytest.raises(ValidationError, match="needs COUNTERSIGN_STORE_URL"):
        Settings(store="sql")


def test_no_setting_that_is_a_secret_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_STORE_URL", "postgresql://me:s3cret@db/knowledge")
    assert "s3cret" not in repr(Settings(store="sql"))
    monkeypatch.setenv("COUNTERSIGN_STORE", "mongodb")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "s3cret" not in str(caught.value)


WRONG = {
    "LEASE_SECONDS": "0",
    "PARALLEL": "0",
    "KNOWLEDGE_SHARDS": "65",
    "KNOWLEDGE_ENTRIES": "1",
    "LOCALE": "zh",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "loud",
    "REQUEST_TIMEOUT": "-1",
    "SWEEP_SECONDS": "0",
    "PROBE_PORT": "http",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"COUNTERSIGN_{name}", WRONG[name])
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_every_setting_says_what_it_is_for() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []
