"""Where Kopf keeps its own state."""

from __future__ import annotations

from typing import Any

import kopf
import pytest

from countersign.config import Settings
from countersign.handlers.kopf_settings import kopf_settings
from countersign.handlers.persistence import NoDiffBase, StatusProgress

KEY = kopf.HandlerId("execute") if hasattr(kopf, "HandlerId") else "execute"
RECORD: Any = {"started": "2026-03-01T12:00:00", "retries": 1, "success": False, "failure": False}


def body(**status: Any) -> kopf.Body:
    return kopf.Body({"metadata": {"name": "web", "uid": "u"}, "spec": {}, "status": status})


def test_progress_is_kept_in_the_status() -> None:
    storage, patch = StatusProgress(), kopf.Patch()
    storage.store(key=KEY, record=RECORD, body=body(), patch=patch)
    assert list(patch) == ["status"]
    assert patch["status"]["kopf"]["progress"]["execute"]["retries"] == 1
    read = storage.fetch(key=KEY, body=body(**patch["status"]))
    assert read is not None
    assert read["retries"] == 1


def test_when_a_handler_is_over_all_of_kopfs_state_goes() -> None:
    storage, patch = StatusProgress(), kopf.Patch()
    storage.purge(key=KEY, body=body(kopf={"progress": {"execute": RECORD}}), patch=patch)
    assert dict(patch) == {"status": {"kopf": None}}


def test_when_a_handler_is_over_at_once_there_is_nothing_to_write() -> None:
    storage, patch = StatusProgress(), kopf.Patch()
    storage.purge(key=KEY, body=body(), patch=patch)
    assert not patch.get("status")


def test_what_was_about_to_be_written_of_kopfs_state_is_not_written_beside_the_outcome() -> None:
    storage, patch = StatusProgress(), kopf.Patch()
    storage.store(key=KEY, record=RECORD, body=body(), patch=patch)
    patch.status["phase"] = "Succeeded"
    storage.purge(key=KEY, body=body(), patch=patch)
    assert dict(patch) == {"status": {"phase": "Succeeded"}}


def test_a_touch_is_written_but_none_is_cleaned_up() -> None:
    storage, patch = StatusProgress(), kopf.Patch()
    storage.touch(body=body(kopf={"touch": "x"}), patch=patch, value=None)
    assert not patch
    storage.touch(body=body(), patch=patch, value="2026")
    assert dict(patch) == {"status": {"kopf": {"touch": "2026"}}}


PHASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a new object": ({}, {}),
    "an object with a phase": (
        {"phase": "Approved", "message": "x"},
        {"status": {"phase": "Approved"}},
    ),
}


@pytest.mark.parametrize("what", PHASES)
def test_of_an_object_kopf_sees_the_phase_alone(what: str) -> None:
    status, essence = PHASES[what]
    assert dict(NoDiffBase().build(body=body(**status))) == essence
    assert dict(NoDiffBase().build(body=body(**status), extra_fields=["spec"])) == essence


def test_an_object_without_a_status_has_no_essence() -> None:
    assert dict(NoDiffBase().build(body=kopf.Body({"metadata": {}, "status": None}))) == {}


def test_nothing_is_remembered_of_what_was_seen() -> None:
    storage, patch = NoDiffBase(), kopf.Patch()
    storage.store(body=body(phase="Approved"), patch=patch, essence=kopf.BodyEssence({}))
    assert not patch
    assert storage.fetch(body=body(phase="Approved")) is None


def test_kopf_is_set_up_to_leave_no_traces_in_objects() -> None:
    settings = kopf_settings(Settings())
    assert isinstance(settings.persistence.progress_storage, StatusProgress)
    assert isinstance(settings.persistence.diffbase_storage, NoDiffBase)
    assert not settings.posting.enabled
    assert settings.scanning.disabled
    assert settings.persistence.consistency_timeout == 30
    assert max(settings.networking.error_backoffs) == 5
    assert sum(settings.networking.error_backoffs) > 50


@pytest.mark.parametrize(
    ("sweep", "silent", "unechoed"), [(60, 70, 30), (20, 30, 30), (5, 10, 10), (2, 4, 10)]
)
def test_nothing_is_waited_for_much_longer_than_a_sweep(
    sweep: float, silent: float, unechoed: float
) -> None:
    settings = kopf_settings(Settings(sweep_seconds=sweep))
    assert settings.watching.inactivity_timeout == silent
    assert settings.persistence.consistency_timeout == unechoed
