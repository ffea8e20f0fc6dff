"""Scale: what it changes, and what it refuses."""

from __future__ import annotations

import pytest

from countersign.api.operation import Kind
from countersign.api.status import Change
from countersign.errors import RefusedError
from countersign.executors.rollouts.scale import Scale
from tests.support.fakes_objects import after, operation, workload
from tests.support.fakes_time import START

RECIPE = Scale()
OWNER = {"kind": "Deployment", "name": "web", "controller": True}


def test_the_change_is_one_number() -> None:
    live = workload(replicas=3)
    assert RECIPE.changes(operation(replicas=5), live) == (
        Change(field="spec.replicas", before="3", after="5"),
    )
    assert RECIPE.patch(operation(replicas=5), None, START) == {"spec": {"replicas": 5}}
    assert RECIPE.patch(operation(replicas=5), None, after(9)) == {"spec": {"replicas": 5}}


def test_a_workload_that_has_that_many_already_is_not_changed() -> None:
    assert RECIPE.changes(operation(replicas=3), workload(replicas=3)) == ()
    assert "3 replicas already" in RECIPE.summary(operation(replicas=3), workload(replicas=3))


def test_no_number_of_replicas_means_one() -> None:
    live = workload()
    del live["spec"]["replicas"]
    assert RECIPE.changes(operation(replicas=1), live) == ()
    [change] = RECIPE.changes(operation(replicas=0), live)
    assert (change.before, change.after) == ("1", "0")


def test_the_summary_says_from_and_to() -> None:
    summary = RECIPE.summary(operation(replicas=5), workload(replicas=3))
    assert summary == "Scale Deployment shop/web from 3 to 5 replicas"


def test_a_precondition_that_does_not_hold_is_refused() -> None:
    with pytest.raises(RefusedError, match="has 3 replicas, not 2"):
        RECIPE.check(operation(replicas=5, current=2), workload(replicas=3))


@pytest.mark.parametrize("current", [3, None])
def test_a_precondition_that_holds_is_no_obstacle(current: int | None) -> None:
    RECIPE.check(operation(replicas=5, current=current), workload(replicas=3))


def test_a_precondition_of_zero_is_one() -> None:
    with pytest.raises(RefusedError, match="has 3 replicas, not 0"):
        RECIPE.check(operation(replicas=5, current=0), workload(replicas=3))


def test_a_replica_set_that_belongs_to_a_deployment_is_refused() -> None:
    live = workload(Kind.REPLICA_SET)
    live["metadata"]["ownerReferences"] = [{"kind": "Team", "name": "shop"}, OWNER]
    with pytest.raises(RefusedError, match="belongs to Deployment web; scale that"):
        RECIPE.check(operation(Kind.REPLICA_SET, replicas=5), live)


def test_a_replica_set_of_its_own_can_be_scaled() -> None:
    live = workload(Kind.REPLICA_SET)
    RECIPE.check(operation(Kind.REPLICA_SET, replicas=5), live)
    live["metadata"]["ownerReferences"] = [OWNER | {"controller": False}]
    RECIPE.check(operation(Kind.REPLICA_SET, replicas=5), live)


def test_undo_scales_back_to_what_it_was_without_a_precondition() -> None:
    undo = RECIPE.undo(operation(replicas=5, current=3), workload(replicas=3))
    assert undo == operation(replicas=3)


def test_there_is_nothing_to_undo_where_nothing_changes_or_the_number_is_beyond_us() -> None:
    assert RECIPE.undo(operation(replicas=3), workload(replicas=3)) is None
    assert RECIPE.undo(operation(replicas=3), workload(replicas=10_001)) is None


def test_scaling_is_done_when_that_many_are_available() -> None:
    live = workload(replicas=5)
    assert RECIPE.progress(operation(replicas=5), live).state == "done"
    live["status"]["availableReplicas"] = 4
    assert RECIPE.progress(operation(replicas=5), live).state == "underway"


def test_scaling_is_over_when_somebody_scales_to_another_number() -> None:
    progress = RECIPE.progress(operation(replicas=5), workload(replicas=7))
    assert progress.state == "done"
    assert "somebody has scaled it to 7" in progress.message
