"""Moments, and what all models share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_no_calendar_has_in_utc_is_refused_like_any_other_fault(text: str) -> None:
    # The API server takes it for a time: one such request must not be an error of our own.
    with pytest.raises(ValidationError, match="years 1 to 9999 in UTC"):
        ApprovalRequestSpec.model_validate({"action": "x", "notBefore": text})


def test_json_is_camel_case_and_leaves_out_what_is_unset() -> None:
    assert Signature(signer="alice", recorded_by="gitops").to_json() == {
        "signer": "alice",
        "groups": [],
        "decision": "Approve",
        "recordedBy": "gitops",
    }


def test_a_field_of_a_newer_version_is_ignored() -> None:
    assert Signature.model_validate({"signer": "alice", "hologram": True}).signer == "alice"
