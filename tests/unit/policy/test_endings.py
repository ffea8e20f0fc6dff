"""How an execution can end, in words."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.status import Attempt, StepResult
from countersign.api.text import clip
from countersign.policy import endings
from countersign.policy.endings import Told
from tests.support.fakes_time import START

ATTEMPT = Attempt(started_at=START, finished_at=START)


def told(**what: Any) -> Told:
    return Told("Scale Deployment shop/web", **{"changed": True, **what})


RETRIES = {0: "", 1: "succeeded after 1 retry", 2: "succeeded after 2 retries"}


@pytest.mark.parametrize("retries", RETRIES)
def test_a_success_after_retries_says_so(retries: int) -> None:
    for end in (
        endings.unverified(told(retries=retries), ATTEMPT),
        endings.verified(told(retries=retries), "5 of 5 replicas are available", ATTEMPT),
    ):
        assert end.success
        assert RETRIES[retries] in end.message
        assert ("succeeded after" in end.message) == (retries > 0)


def test_nothing_to_change_is_a_success_that_says_so() -> None:
    end = endings.unverified(told(changed=False), ATTEMPT)
    assert end.success
    assert not end.changed
    assert "nothing to change" in end.message


def test_what_was_seen_is_said() -> None:
    end = endings.verified(told(), "5 of 5 replicas are available", ATTEMPT)
    assert (end.verified, end.verified_reason) == (True, "Done")
    assert "5 of 5 replicas are available" in end.message


def test_an_effect_that_was_not_seen_to_work_is_no_success() -> None:
    end = endings.not_verified(told(), "Timeout", "it is not done", ATTEMPT)
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


STEPS = (
    StepResult(target="Deployment/a", outcome="Succeeded", changed=True),
    StepResult(target="Deployment/b", outcome="Failed", message="No."),
    StepResult(target="Deployment/c", outcome="NotRun"),
    StepResult(target="Deployment/d", outcome="NotRun"),
)


def test_of_several_steps_it_is_said_which_ran_and_which_did_not() -> None:
    end = endings.failed("Forbidden", "No.", ATTEMPT, told(results=STEPS))
    assert end.message == (
        "No. Done: Deployment/a. Failed: Deployment/b. Not run: Deployment/c, Deployment/d."
    )
    assert (end.executed, end.changed, end.results) == (False, True, STEPS)


def test_an_outcome_that_nobody_can_know_is_a_failure_that_says_not_to_repeat_it_blindly() -> None:
    end = endings.outcome_unknown("Run date in Pod shop/web", "the operator was stopped", START)
    assert (end.success, end.reason, end.executed) == (False, "OutcomeUnknown", False)
    assert "it is not run again" in end.message


def test_what_people_are_to_do_is_said_however_long_the_reason_is() -> None:
    for end, words in (
        (endings.outcome_unknown("Run " + "a" * 600, "b" * 3000, START), "if it is still needed."),
        (endings.broken(ValueError("c" * 3000), START), "annotation countersign.dev/executed."),
    ):
        assert clip(end.message).endswith(words)
        assert str(end.attempt.error).endswith(words)


def test_what_is_worth_saying_of_an_effect_and_its_output_are_kept() -> None:
    end = endings.verified(told(notes="exit status 0", output="Tue"), "done", ATTEMPT)
    assert "(exit status 0)" in end.message
    assert end.output == "Tue"
