"""RestartRollout: what it changes, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from countersign.api.operation import Kind
from countersign.errors import RefusedError
from countersign.executors.rollouts.restart_rollout import RESTARTED_AT, RestartRollout
from tests.support.fakes_objects import operation, workload
from tests.support.fakes_time import START

RECIPE = RestartRollout()
FIELD = f"spec.template.metadata.annotations[{RESTARTED_AT}]"
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
REFUSED: dict[str, tuple[Kind, dict[str, Any], str]] = {
    "a paused Deployment": (Kind.DEPLOYMENT, {"paused": True}, "resume its rollout first"),
    "a StatefulSet that replaces no pods": (Kind.STATEFUL_SET, ON_DELETE, "Delete its pods"),
    "a DaemonSet that replaces no pods": (Kind.DAEMON_SET, ON_DELETE, "Delete its pods"),
}
ALLOWED: dict[str, tuple[Kind, dict[str, Any]]] = {
    "a Deployment": (Kind.DEPLOYMENT, {}),
    "a Deployment that was paused once": (Kind.DEPLOYMENT, {"paused": False}),
    "a StatefulSet": (Kind.STATEFUL_SET, {"updateStrategy": {"type": "RollingUpdate"}}),
    "a DaemonSet": (Kind.DAEMON_SET, {}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_restart_that_would_replace_no_pod_is_refused(what: str) -> None:
    kind, spec, words = REFUSED[what]
    with pytest.raises(RefusedError, match=words) as caught:
        RECIPE.check(operation(kind), workload(kind, **spec))
    assert caught.value.reason == "Invalid"
    assert f"{kind} shop/web" in str(caught.value)


@pytest.mark.parametrize("what", ALLOWED)
def test_a_restart_that_replaces_pods_is_allowed(what: str) -> None:
    kind, spec = ALLOWED[what]
    RECIPE.check(operation(kind), workload(kind, **spec))


def test_the_patch_is_the_same_for_the_same_approval_however_often_it_is_made() -> None:
    approved_at = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    in_taipei = approved_at.astimezone(timezone(timedelta(hours=8)))
    patch = {
        "spec": {
            "template": {"metadata": {"annotations": {RESTARTED_AT: "2026-03-01T12:00:00.999999Z"}}}
        }
    }
    for moment in (approved_at, approved_at, in_taipei):
        assert RECIPE.patch(operation(), None, moment) == patch


def test_another_approval_restarts_again() -> None:
    later = START + timedelta(milliseconds=1)
    assert RECIPE.patch(operation(), None, START) != RECIPE.patch(operation(), None, later)


def test_two_patches_share_nothing() -> None:
    first = RECIPE.patch(operation(), None, START)
    first["spec"]["template"]["metadata"]["annotations"]["other"] = "x"
    assert "other" not in str(RECIPE.patch(operation(), None, START))


def test_the_change_is_from_the_last_restart() -> None:
    fresh, again = workload(), workload(template_annotations={RESTARTED_AT: "2026-02-01T00:00:00Z"})
    [first] = RECIPE.changes(operation(), fresh)
    [second] = RECIPE.changes(operation(), again)
    assert (first.field, first.before) == (FIELD, None)
    assert (second.field, second.before) == (FIELD, "2026-02-01T00:00:00Z")
    assert first.after == second.after == "the time of the approval"


def test_a_template_without_metadata_is_restarted_too() -> None:
    for template in ({}, {"metadata": {}}, {"metadata": {"annotations": None}}):
        live = workload()
        live["spec"]["template"] = template
        [change] = RECIPE.changes(operation(), live)
        assert change.before is None


def test_an_annotation_of_any_length_can_be_restarted_over() -> None:
    live = workload(template_annotations={RESTARTED_AT: "x" * 100_000})
    [change] = RECIPE.changes(operation(), live)
    assert change.before is not None
    assert change.before.startswith("xxx")


def test_a_restart_cannot_be_taken_back() -> None:
    assert RECIPE.undo(operation(), workload()) is None


def test_the_summary_says_how_many_pods_are_replaced() -> None:
    assert (
        RECIPE.summary(operation(), workload(replicas=3)) == "Restart Deployment shop/web (3 pods)"
    )
    assert (
        RECIPE.summary(operation(), workload(replicas=1)) == "Restart Deployment shop/web (1 pod)"
    )
    daemons = RECIPE.summary(operation(Kind.DAEMON_SET), workload(Kind.DAEMON_SET))
    assert daemons == "Restart DaemonSet shop/web"


def test_progress_is_the_rollouts() -> None:
    live = workload()
    assert RECIPE.progress(operation(), live).state == "done"
    live["status"]["updatedReplicas"] = 0
    assert RECIPE.progress(operation(), live).state == "underway"
