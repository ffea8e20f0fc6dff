"""What a status write contains."""

from __future__ import annotations

from typing import Any

from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState, EffectStatus
from countersign.api.risk import Risk
from countersign.api.status import Attempt
from countersign.cluster.comparing import status_changes
from countersign.policy import endings, transitions
from countersign.policy.decision import Deny
from tests.support.fakes_objects import (
    ALONE,
    after,
    approved,
    operation,
    plan,
    planned,
    request,
    with_status,
)
from tests.support.fakes_time import START


def merged(live: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7386."""
    result = dict(live)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = value
    return result


def statuses() -> dict[str, ApprovalRequestStatus]:
    of, made = approved(), planned()
    attempt = Attempt(started_at=after(1), finished_at=after(2), error="timeout")
    done = endings.verified(endings.Told("Scaled", changed=True), "5 of 5", attempt)
    other = plan(operation(), revision=2, changes=())
    return {
        "nothing": ApprovalRequestStatus(),
        "planned": made.status,
        "planned again": transitions.planned(request(), other, Risk.HIGH, ALONE, after(1)),
        "denied": transitions.ended_unapproved(made, Deny("bob", "no"), after(1)),
        "approved": of.status,
        "stale": transitions.stale(of, "Changed.", after(2)),
        "finished": transitions.finished(of, done, after(3)),
    }


def test_merging_what_has_changed_gives_the_new_status_from_any_old_one() -> None:
    for old in statuses().values():
        for new in statuses().values():
            of = with_status(request(), old)
            wanted = new.to_json() if new == old else {**new.to_json(), "uid": of.metadata.uid}
            assert merged(old.to_json(), status_changes(of, new)) == wanted


def test_what_has_not_changed_is_not_sent() -> None:
    of = approved()
    assert status_changes(of, of.status) == {}


def test_of_the_effects_only_those_are_sent_that_have_changed() -> None:
    """What was delivered meanwhile, by another write, is not taken back."""
    entry = EffectStatus(state=EffectState.PENDING, since=START)
    done = entry.model_copy(update={"state": EffectState.DONE})
    old = ApprovalRequestStatus(effects={"a": entry, "b": entry, "c": entry})
    new = ApprovalRequestStatus(effects={"a": entry, "b": done, "d": entry})
    changes = status_changes(with_status(request(), old), new)
    assert changes["effects"] == {"b": done.to_json(), "c": None, "d": entry.to_json()}


def test_kopfs_own_state_is_not_ours_to_send() -> None:
    of = with_status(request(), ApprovalRequestStatus(kopf={"touch": "x"}))
    assert status_changes(of, ApprovalRequestStatus()) == {}


def test_every_status_that_is_written_says_which_request_it_is_about() -> None:
    of = approved()
    changes = status_changes(of, transitions.stale(of, "Changed.", after(2)))
    assert changes["uid"] == of.metadata.uid
