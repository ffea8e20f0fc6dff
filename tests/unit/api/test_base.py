"""Moments, and what all models share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from countersign.api.approval_request_spec import ApprovalRequestSpec
from countersign.api.base import format_time
from countersign.api.signature import Signature


def test_a_time_is_written_as_micro_time_in_utc() -> None:
    taipei = timezone(timedelta(hours=8))
    moment = datetime(2026, 3, 1, 20, 0, 0, 5, tzinfo=taipei)
    assert format_time(moment) == "2026-03-01T12:00:00.000005Z"


def test_a_time_is_read_into_utc_and_one_without_a_zone_is_taken_as_utc() -> None:
    expected = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for text in ("2026-03-01T12:00:00Z", "2026-03-01T20:00:00+08:00", "2026-03-01T12:00:00"):
        spec = ApprovalRequestSpec.model_validate({"action": "x", "notBefore": text})
        assert spec.not_before == expected
        assert spec.not_before.tzinfo is UTC


def test_json_is_camel_case_and_leaves_out_what_is_unset() -> None:
    assert Signature(signer="alice", recorded_by="gitops").to_json() == {
        "signer": "alice",
        "groups": [],
        "decision": "Approve",
        "recordedBy": "gitops",
    }


def test_a_field_of_a_newer_version_is_ignored() -> None:
    assert Signature.model_validate({"signer": "alice", "hologram": True}).signer == "alice"
