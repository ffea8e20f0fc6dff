"""What a request does is trusted as its playbook is, or as the same has gone before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from countersign.api.operation import Kind, Operation, OperationType, Target
from countersign.api.parameters import (
    AnnotateParameters,
    ApplyParameters,
    ExecParameters,
    LabelParameters,
    SetResourcesParameters,
    TaintNodeParameters,
    TaintRemoval,
)
from countersign.api.playbook import PlaybookStep
from countersign.policy.memory.reliance import (
    Reliance,
    in_playbook,
    in_record,
    record_of,
    record_unknown,
    rounded,
)
from countersign.records.learning import trust
from tests.support.fakes_objects import approved, operation, plan, plan_of, request, step
from tests.support.fakes_time import START
from tests.support.fakes_trust import PLAYBOOK, execution, playbook

RESTART = operation()
FOLLOWING = request(playbook=PLAYBOOK)


def several(*names: str) -> Operation:
    targets = tuple(Target(kind=Kind.DEPLOYMENT, name=name) for name in names)
    return Operation(type=OperationType.RESTART_ROLLOUT, targets=targets)


def labelled() -> Operation:
    target = Target(kind=Kind.DEPLOYMENT, selector="app=web")
    return Operation(type=OperationType.RESTART_ROLLOUT, target=target)


def applied(namespace: str) -> Operation:
    manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: %s}, data: {k: v}}"
    apply = ApplyParameters(manifest=manifest % namespace)
    return Operation(type=OperationType.APPLY, apply=apply)


# --- By the playbook ------------------------------------------------------------------------------


def test_what_follows_an_approved_playbook_has_its_trust() -> None:
    found = in_playbook(FOLLOWING, plan(RESTART), playbook(10), START)
    assert found.trust == pytest.approx(trust([(START - timedelta(days=1), True)] * 10, START))
    assert found.about == "playbook restart-web"


def test_trust_is_as_of_now_and_not_as_it_was_written_down() -> None:
    then = in_playbook(FOLLOWING, plan(RESTART), playbook(10), START).trust
    later = START + timedelta(days=90)
    now = in_playbook(FOLLOWING, plan(RESTART), playbook(10), later).trust
    assert then is not None
    assert now is not None
    assert now < then / 2


def test_of_what_is_approved_it_is_as_of_then_so_that_time_alone_holds_nothing_back() -> None:
    of = approved(FOLLOWING, plan(RESTART))
    found = [
        in_playbook(of, plan(RESTART), playbook(10), START + timedelta(days=days)).trust
        for days in (0, 30)
    ]
    assert found[0] == found[1]


def test_of_what_is_approved_a_failure_since_then_counts() -> None:
    of = approved(FOLLOWING, plan(RESTART))
    before, known = playbook(10), playbook(10, 1)
    [*past, failed] = known.status.outcomes
    since = failed.model_copy(update={"at": START + timedelta(minutes=1)})
    status = known.status.model_copy(update={"outcomes": (*past, since)})
    after = known.model_copy(update={"status": status})
    old, new = (in_playbook(of, plan(RESTART), each, START).trust for each in (before, after))
    assert old is not None
    assert new is not None
    assert new < old


UNKNOWN = {
    "there is no playbook restart-web in namespace shop": None,
    "playbook restart-web is Draft, not Approved": playbook(10, state="Draft"),
    "playbook restart-web is Retired, not Approved": playbook(10, state="Retired"),
    "no step of playbook restart-web is what the plan does": playbook(
        10, steps=[operation(name="db")]
    ),
}


@pytest.mark.parametrize("why", UNKNOWN)
def test_trust_is_unknown_and_why(why: str) -> None:
    found = in_playbook(FOLLOWING, plan(RESTART), UNKNOWN[why], START)
    assert (found.trust, found.about) == (None, why)


@pytest.mark.parametrize("name", ["", ".", "..", "x/../y", "x?y", "X", "x\x1b[2J\nall is well"])
def test_what_can_be_no_name_of_a_playbook_is_no_request(name: str) -> None:
    with pytest.raises(ValidationError, match=r"spec\.playbook"):
        request(playbook=name)


NOT_THE_SAME = {
    "another object": operation(name="db"),
    "another kind": operation(Kind.STATEFUL_SET),
    "another namespace": operation(namespace="billing"),
    "another operation": Operation(type=OperationType.PAUSE_ROLLOUT, target=RESTART.target),
    "one object more": several("web", "db"),
    "what bears certain labels": labelled(),
}


@pytest.mark.parametrize("what", NOT_THE_SAME)
def test_a_step_that_is_not_exactly_what_the_plan_does_lends_no_trust(what: str) -> None:
    found = in_playbook(FOLLOWING, plan(RESTART), playbook(10, steps=[NOT_THE_SAME[what]]), START)
    assert found.trust is None


def test_other_parameters_are_another_operation() -> None:
    planned = plan(operation(replicas=50))
    known = playbook(10, steps=[operation(replicas=5)])
    assert in_playbook(FOLLOWING, planned, known, START).trust is None
    same = playbook(10, steps=[operation(replicas=50)])
    assert in_playbook(FOLLOWING, planned, same, START).trust is not None


def test_any_step_will_do_and_one_over_ssh_is_none() -> None:
    steps = [PlaybookStep(ssh="ssh node-1 reboot"), PlaybookStep(operation=RESTART)]
    assert in_playbook(FOLLOWING, plan(RESTART), playbook(10, steps=steps), START).trust
    assert in_playbook(FOLLOWING, plan(RESTART), playbook(10, steps=steps[:1]), START).trust is None


def test_several_objects_have_to_be_the_same_in_the_same_order() -> None:
    planned = plan_of(step(operation(name="web")), step(operation(name="db")))
    known = playbook(10, steps=[several("web", "db")])
    assert in_playbook(FOLLOWING, planned, known, START).trust is not None
    for others in (several("db", "web"), several("web"), several("web", "db", "cache")):
        assert in_playbook(FOLLOWING, planned, playbook(10, steps=[others]), START).trust is None


def test_a_manifest_is_read_before_it_is_compared() -> None:
    part = applied("shop").on(Target(kind="ConfigMap", name="a", namespace="shop"))
    known = playbook(10, steps=[applied("shop")])
    assert in_playbook(FOLLOWING, plan(part), known, START).trust is not None
    unread = Operation(type=OperationType.APPLY, apply=ApplyParameters(manifest="{{"))
    assert in_playbook(FOLLOWING, plan(part), playbook(10, steps=[unread]), START).trust is None


def test_what_is_told_of_an_earlier_playbook_of_that_name_does_not_count() -> None:
    known = playbook(10, status_uid="of-another")
    assert in_playbook(FOLLOWING, plan(RESTART), known, START).trust == 0


# --- By its own record ----------------------------------------------------------------------------


def test_the_record_is_that_of_the_operation_on_each_target() -> None:
    node = Target(kind=Kind.NODE, name="n1")
    cordon = Operation(type=OperationType.CORDON_NODE, target=node)
    [of_node] = record_of(plan(cordon))
    assert (of_node.operation, of_node.target) == ("CordonNode", "/Node/n1")
    made = plan_of(step(operation(name="web")), step(operation(name="db")))
    assert [each.target for each in record_of(made)] == [
        "shop/Deployment/web",
        "shop/Deployment/db",
    ]


def test_the_lowest_of_the_targets_counts() -> None:
    made = plan_of(step(operation(name="web")), step(operation(name="db")))
    web, db = record_of(made)
    runs = [execution(f"r{number}") for number in range(10)]
    found = in_record(request(), [(web, runs), (db, runs[:1])], START)
    assert found.trust == pytest.approx(
        in_record(request(), [(db, runs[:1])], START).trust, abs=1e-12
    )
    assert found.about == "RestartRollout of shop/Deployment/db"
    assert in_record(request(), [(web, runs), (db, [])], START).trust == 0


@pytest.mark.parametrize(
    "of",
    [
        applied("shop").on(Target(kind="ConfigMap", name="a", namespace="shop")),
        Operation(
            type=OperationType.EXEC,
            target=Target(kind=Kind.POD, name="web-1", namespace="shop"),
            exec=ExecParameters(command=("date",)),
        ),
        Operation(
            type=OperationType.LABEL, target=RESTART.target, label=LabelParameters(put={"a": "b"})
        ),
        Operation(
            type=OperationType.ANNOTATE,
            target=Target(kind="Ingress", name="web", namespace="shop"),
            annotate=AnnotateParameters(put={"note": "looked at"}),
        ),
        Operation(
            type=OperationType.SET_RESOURCES,
            target=RESTART.target,
            set_resources=SetResourcesParameters(limits={"memory": "1Gi"}),
        ),
        Operation(
            type=OperationType.TAINT_NODE,
            target=Target(kind=Kind.NODE, name="n1"),
            taint_node=TaintNodeParameters(remove=(TaintRemoval(key="dedicated"),)),
        ),
    ],
    ids=lambda of: str(of.type),
)
def test_that_one_manifest_command_or_label_went_well_says_nothing_of_the_next(
    of: Operation,
) -> None:
    unknown = record_unknown(plan(of))
    assert unknown is not None
    assert unknown.trust is None
    assert str(of.type) in unknown.about


def test_a_restart_has_a_record() -> None:
    assert record_unknown(plan(RESTART)) is None


# --- In words -------------------------------------------------------------------------------------


def test_what_is_enough_is_no_doubt() -> None:
    assert Reliance(0.7, "playbook p").doubt(0.7) is None
    assert Reliance(0.0, "playbook p").doubt(0.0) is None


def test_what_is_less_says_how_much() -> None:
    said = Reliance(0.6999, "playbook p").doubt(0.7)
    assert said == "the trust in playbook p is 0.69, less than 0.7"


def test_what_is_unknown_is_never_enough() -> None:
    said = Reliance(None, "the store is away").doubt(0.0)
    assert said == "the trust is not known: the store is away"


def test_a_number_is_never_shown_as_more_than_it_is() -> None:
    assert [rounded(each) for each in (0.0, 0.2065, 0.7, 0.6999999)] == [
        "0.00",
        "0.20",
        "0.70",
        "0.69",
    ]
