"""PauseRollout: a switch, and its opposite."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.rollouts.pause_rollout import PauseRollout
from tests.support.fakes_objects import workload
from tests.support.pod_templates import asked, done

RECIPE = PauseRollout()
PAUSE = asked(OperationType.PAUSE_ROLLOUT)
RUNNING, PAUSED = workload(), workload(paused=True)


def test_a_deployment_is_paused() -> None:
    RECIPE.check(PAUSE, RUNNING)
    [change] = RECIPE.changes(PAUSE, RUNNING)
    assert (change.field, change.before, change.after) == ("spec.paused", "false", "true")
    after = done(RECIPE, PAUSE, RUNNING)
    assert after["spec"] == RUNNING["spec"] | {"paused": True}
    assert RECIPE.summary(PAUSE, RUNNING) == "Pause the rollout of Deployment shop/web"


def test_one_that_is_paused_already_is_no_change() -> None:
    assert RECIPE.changes(PAUSE, PAUSED) == ()
    assert RECIPE.undo(PAUSE, PAUSED) is None
    assert RECIPE.summary(PAUSE, PAUSED) == "The rollout of Deployment shop/web is paused already"


def test_its_undo_resumes() -> None:
    back = RECIPE.undo(PAUSE, RUNNING)
    assert back == asked(OperationType.RESUME_ROLLOUT)


def test_it_is_done_at_once() -> None:
    live = workload(paused=True)
    live["status"]["observedGeneration"] = 0
    live["status"]["updatedReplicas"] = 0
    progress = RECIPE.progress(PAUSE, live)
    assert progress.state == "done"
    assert "paused" in progress.message


def test_two_patches_share_nothing() -> None:
    first = done(RECIPE, PAUSE, RUNNING)
    first["spec"]["paused"] = "x"
    assert done(RECIPE, PAUSE, RUNNING)["spec"]["paused"] is True
