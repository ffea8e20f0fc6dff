"""ResumeRollout: a paused Deployment goes on, and is watched."""

from __future__ import annotations

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.executors.rollout_status import settled
from countersign.executors.rollouts.resume_rollout import ResumeRollout
from tests.support.fakes_objects import workload
from tests.support.pod_templates import asked, done

RECIPE = ResumeRollout()
RESUME = asked(OperationType.RESUME_ROLLOUT)
PAUSED = workload(paused=True)


def test_a_paused_deployment_goes_on() -> None:
    RECIPE.check(RESUME, PAUSED)
    [change] = RECIPE.changes(RESUME, PAUSED)
    assert (change.field, change.before, change.after) == ("spec.paused", "true", "false")
    assert done(RECIPE, RESUME, PAUSED)["spec"]["paused"] is False
    assert RECIPE.summary(RESUME, PAUSED) == "Resume the rollout of Deployment shop/web"
    assert RECIPE.undo(RESUME, PAUSED) == asked(OperationType.PAUSE_ROLLOUT)
    assert RECIPE.operation is OperationType.RESUME_ROLLOUT


@pytest.mark.parametrize("spec", [{}, {"paused": False}, {"paused": None}])
def test_one_that_is_not_paused_is_no_change(spec: dict[str, bool]) -> None:
    live = workload(**spec)
    assert RECIPE.changes(RESUME, live) == ()
    assert RECIPE.undo(RESUME, live) is None
    assert RECIPE.summary(RESUME, live) == "The rollout of Deployment shop/web is not paused"


def test_what_was_held_back_is_waited_for() -> None:
    live = workload()
    live["status"]["updatedReplicas"] = 1
    assert RECIPE.progress(RESUME, live).state == "underway"
    live["status"]["updatedReplicas"] = 3
    assert RECIPE.progress(RESUME, live).state == "done"


def test_if_somebody_pauses_it_again_nothing_is_left_to_wait_for() -> None:
    live = workload(paused=True)
    live["status"]["updatedReplicas"] = 1
    progress = RECIPE.progress(RESUME, live)
    assert (progress.state, "paused" in progress.message) == ("done", True)


@pytest.mark.parametrize("kind", [Kind.STATEFUL_SET, Kind.DAEMON_SET])
def test_pods_that_change_only_when_deleted_are_not_waited_for(kind: Kind) -> None:
    live = workload(kind, updateStrategy={"type": "OnDelete"})
    live["status"] = {}
    progress = settled(kind, live)
    assert (progress.state, "OnDelete" in progress.message) == ("done", True)


@pytest.mark.parametrize("kind", [Kind.DAEMON_SET, Kind.STATEFUL_SET, Kind.REPLICA_SET])
def test_only_a_deployment_can_be_paused(kind: Kind) -> None:
    live = workload(kind, paused=True)
    live["status"] = {}
    assert settled(kind, live).state == "underway"
