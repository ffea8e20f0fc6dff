"""How an execution can end, in words."""

from __future__ import annotations

import pytest

from countersign.api.status import Attempt
from countersign.policy import endings
from tests.support.fakes_objects import plan
from tests.support.fakes_time import START

ATTEMPT = Attempt(started_at=START, finished_at=START)
RETRIES = {0: "", 1: "succeeded after 1 retry", 2: "succeeded after 2 retries"}


@pytest.mark.parametrize("retries", RETRIES)
def test_a_success_after_retries_says_so(retries: int) -> None:
    for end in (
        endings.unverified(plan(), ATTEMPT, changed=True, retries=retries),
        endings.verified(plan(), "5 of 5 replicas are available", ATTEMPT, True, retries),
    ):
        assert end.success
        assert RETRIES[retries] in end.message
        assert ("succeeded after" in end.message) == (retries > 0)


def test_nothing_to_change_is_a_success_that_says_so() -> None:
    end = endings.unverified(plan(), ATTEMPT, changed=False, retries=0)
    assert end.success
    assert not end.changed
    assert "nothing to change" in end.message


def test_what_was_seen_is_said() -> None:
    end = endings.verified(plan(), "5 of 5 replicas are available", ATTEMPT, True, 0)
    assert (end.verified, end.verified_reason) == (True, "Done")
    assert "5 of 5 replicas are available" in end.message


def test_an_effect_that_was_not_seen_to_work_is_no_success() -> None:
    end = endings.not_verified(plan(), "Timeout", "it is not done", ATTEMPT, changed=True)
    assert not end.success
    assert (end.executed, end.verified, end.verified_reason) == (True, False, "Timeout")
    assert "applied, but it is not done" in end.message


def test_what_was_not_done_is_no_success() -> None:
    end = endings.failed("Forbidden", "No.", ATTEMPT)
    assert (end.success, end.executed, end.changed, end.verified) == (False, False, False, None)


def test_a_defect_of_our_own_says_how_to_find_out_what_happened() -> None:
    end = endings.broken(KeyError("spec"), START)
    assert (end.success, end.reason) == (False, "InternalError")
    assert "countersign.dev/executed" in end.message
    assert "KeyError" in end.message


def test_an_outdated_crd_says_what_to_do() -> None:
    end = endings.incomplete(START)
    assert (end.success, end.reason) == (False, "SchemaOutdated")
    assert "apply crds/ again" in end.message
