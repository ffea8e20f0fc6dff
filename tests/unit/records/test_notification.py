"""What channels are told, field for field and step for step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Operation, OperationType, Target
from countersign.api.parameters import LabelParameters
from countersign.api.phase import Phase
from countersign.api.status import ApprovalMode, Attempt, MeasuredRadius
from countersign.policy import endings, transitions
from countersign.policy.decision import Cancel, Deny, Expire, FinishDryRun, Wait
from countersign.policy.memory.circumstances import Circumstances
from countersign.records.notification import (
    Notification,
    NotificationStatus,
    NotificationStep,
    expiring_soon,
    notifications,
)
from tests.support.fakes_objects import (
    RESTART_WEB,
    UID,
    after,
    approval_of,
    approved,
    plan,
    plan_of,
    planned,
    request,
    signature,
    signed,
    step,
    with_status,
)
from tests.support.fakes_time import START
from tests.support.messages import wanted

ATTEMPT = Attempt(started_at=START, finished_at=after(1.5))


def told(before: ApprovalRequest, now: ApprovalRequest) -> Notification | None:
    made = notifications(before, now, RESTART_WEB, START)
    assert len(made) <= 1
    return made[0] if made else None


def step_of(before: ApprovalRequest, now: ApprovalRequest) -> str | None:
    made = told(before, now)
    return f"{made.step} {made.id}" if made else None


def ended(of: ApprovalRequest, error: str | None = None) -> ApprovalRequest:
    ending = (
        endings.failed("Forbidden", error, ATTEMPT)
        if error
        else endings.Ending(True, "Applied", "Restart: done.", ATTEMPT, changed=True)
    )
    return with_status(of, transitions.finished(of, ending, START))


def executed(error: str | None = None, **spec: Any) -> Notification:
    before = approved(request(**spec))
    made = told(before, ended(before, error))
    assert made is not None
    return made


def approved_how(mode: ApprovalMode) -> ApprovalRequest:
    of = approved()
    assert of.status.approval is not None
    approval = of.status.approval.model_copy(update={"mode": mode})
    return with_status(of, of.status.model_copy(update={"approval": approval}))


# --- Where ----------------------------------------------------------------------------------------


def where(*targets: tuple[str, str | None]) -> tuple[str, tuple[str, ...]]:
    steps = [step(labelled(kind, namespace)) for kind, namespace in targets]
    message = told(request(), planned(request(), plan_of(*steps)))
    assert message is not None
    return message.namespace, message.namespaces


def labelled(kind: str, namespace: str | None) -> Operation:
    target = Target(kind=kind, name="bank", namespace=namespace)
    label = LabelParameters(set={"tier": "gold"})
    return Operation(type=OperationType.LABEL, target=target, label=label)


def test_each_namespace_that_something_is_done_in_is_named() -> None:
    places = [("ConfigMap", "eu"), ("ConfigMap", "us"), ("Secret", "eu")]
    assert where(*places) == ("eu", ("eu", "us"))


def test_an_action_on_a_namespace_is_done_there_and_one_on_nodes_where_it_was_asked_for() -> None:
    assert where(("Namespace", None)) == ("bank", ("bank",))
    assert where(("Node", None)) == ("shop", ("shop",))
    assert where(("Node", None), ("ConfigMap", "eu")) == ("eu", ("eu",))


# --- Fields ---------------------------------------------------------------------------------------


def test_an_executed_action_is_told_with_every_field() -> None:
    of = request(
        description="The cache leaks.",
        requested_by="agent",
        incident="INC-42",
        blast_radius={
            "affected_pods": 3,
            "estimated_downtime": "30s",
            "related_services": ["web", "api"],
            "data_impact": "read-only",
        },
    )
    waiting = planned(of)
    digest = waiting.status.plan.digest if waiting.status.plan else None
    waiting = signed(
        waiting,
        signature("alice", plan=digest, comment="go ahead"),
        signature("eve", plan="sha256:" + "0" * 64),
    )
    before = with_status(waiting, transitions.approved(waiting, approval_of(waiting), START))
    made = told(before, ended(before))
    assert made is not None
    assert made.model_dump(mode="json", by_alias=True) == {
        "id": f"{UID}/executed",
        "step": "executed",
        "status": "SUCCESS",
        "phase": "Succeeded",
        "message": "Restart: done.",
        "actionTitle": RESTART_WEB,
        "description": "The cache leaks.",
        "approvalId": UID,
        "request": "restart-web",
        "requestNamespace": "shop",
        "namespace": "shop",
        "namespaces": ["shop"],
        "operationType": OperationType.SCALE,
        "target": "Deployment/web",
        "signers": [{"name": "alice", "comment": "go ahead"}],
        "requiredSignatures": 1,
        "affectedPods": 3,
        "estimatedDowntime": "30s",
        "relatedServices": ["web", "api"],
        "dataImpact": "read-only",
        "durationMs": 1500,
        "error": None,
        "riskLevel": "medium",
        "proposer": "agent",
        "incident": "INC-42",
        "automatic": False,
        "breakGlass": False,
        "plan": digest,
        "createdAt": "2026-03-01T12:00:00.000000Z",
        "expiresAt": None,
        "time": "2026-03-01T12:00:00.000000Z",
    }


@pytest.mark.parametrize(
    "spec", [{"description": "For INC-42, again."}, {"requested_by": "watcher of INC-42"}]
)
def test_an_incident_that_only_the_texts_name_is_told(spec: dict[str, Any]) -> None:
    of = request(**spec)
    assert (message := told(of, planned(of))) is not None
    assert message.incident == "inc-42"


def test_without_a_blast_radius_the_defaults_are_told() -> None:
    made = executed()
    assert (made.affected_pods, made.estimated_downtime) == (0, "N/A")
    assert (made.related_services, made.data_impact) == ((), "none")


def test_of_the_expected_and_the_measured_blast_radius_the_larger_is_told() -> None:
    of = request(blast_radius={"affected_pods": 2, "related_services": ["shop/web"]})
    measured = MeasuredRadius(pods=5, services=("shop/web", "shop/api"))
    made = told(of, planned(of, plan().model_copy(update={"blast_radius": measured})))
    assert made is not None
    assert made.affected_pods == 5
    assert made.related_services == ("shop/web", "shop/api")


def test_title_and_description_are_cut() -> None:
    of = request(description="d" * 300)
    [made] = notifications(of, planned(of), "a" * 300, START)
    assert (len(made.action_title), len(made.description)) == (100, 200)


def test_no_text_has_characters_that_move_others_about() -> None:
    nasty = "a\x1b[31m\u202e\nb"
    of = request(description=nasty, requested_by=nasty, signatures=[{"signer": nasty}])
    made = wanted(of, nasty)
    texts = (made.action_title, made.description, made.proposer, made.signers[0].name)
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ('deployments.apps "web" is forbidden', NotificationStatus.FAILED),
        ('deployments.apps "web" Not Found', NotificationStatus.DRY_RUN_BLOCKED),
    ],
)
def test_a_failure_is_told_with_its_error(error: str, status: NotificationStatus) -> None:
    made = executed(error)
    assert (made.status, made.error) == (status, error)


def test_an_action_that_nobody_understands_is_of_unknown_type() -> None:
    of = request(action="fix it")
    refused = transitions.refused(of, "Unparseable", "Write a kubectl command.", None, START)
    made = told(of, with_status(of, refused))
    assert made is not None
    assert (made.step, made.status) == (NotificationStep.DECIDED, NotificationStatus.FAILED)
    assert made.operation_type == "unknown"
    assert made.error == "Could not parse operation type: Write a kubectl command."


@pytest.mark.parametrize("reason", ["DryRunBlocked", "TargetNotFound"])
def test_what_the_dry_run_stops_is_told_as_blocked(reason: str) -> None:
    of = request()
    refused = transitions.refused(of, reason, "The webhook says no.", None, START)
    made = told(of, with_status(of, refused))
    assert made is not None
    assert made.status is NotificationStatus.DRY_RUN_BLOCKED


@pytest.mark.parametrize(
    ("mode", "marks"),
    [
        (ApprovalMode.SIGNATURES, (False, False)),
        (ApprovalMode.AUTOMATIC, (True, False)),
        (ApprovalMode.BREAK_GLASS, (False, True)),
    ],
)
def test_how_it_was_approved_is_marked(mode: ApprovalMode, marks: tuple[bool, bool]) -> None:
    made = told(planned(), approved_how(mode))
    assert made is not None
    assert (made.automatic, made.break_glass) == marks


def test_the_requester_auto_approve_is_marked_as_automatic_in_any_case() -> None:
    assert executed(requested_by="Auto_Approve").automatic


# --- Steps ----------------------------------------------------------------------------------------


def test_a_plan_to_sign_is_told_once_a_revision() -> None:
    first = planned()
    assert step_of(request(), first) == f"signature-wanted {UID}/signature-wanted-1"
    second = planned(made=plan(revision=2))
    assert step_of(first, second) == f"signature-wanted {UID}/signature-wanted-2"
    assert step_of(first, first) is None


def test_a_dry_run_asks_nobody_to_sign() -> None:
    of = request(dry_run=True)
    assert step_of(of, planned(of)) is None


ENDS = {
    Phase.DENIED: Deny(by="bob", comment="not now"),
    Phase.EXPIRED: Expire(at=START),
    Phase.CANCELLED: Cancel(),
    Phase.SUCCEEDED: FinishDryRun(),
}


@pytest.mark.parametrize("phase", ENDS)
def test_every_decision_is_told(phase: Phase) -> None:
    before = planned()
    now = with_status(before, transitions.ended_unapproved(before, ENDS[phase], START))
    made = told(before, now)
    assert made is not None
    assert (made.phase, made.step, made.id) == (phase, NotificationStep.DECIDED, f"{UID}/decided")
    assert made.status is None


def test_an_approval_and_the_one_after_being_held_back_are_two_messages() -> None:
    before, first, later = planned(), approved(), approved(now=after(60))
    ids = [told(before, each) for each in (first, later)]
    assert ids[0] is not None
    assert ids[1] is not None
    assert ids[0].id != ids[1].id
    held = transitions.held_back(first, Wait("Frozen", "A freeze window.", None), START)
    assert (step_of(first, with_status(first, held)) or "").startswith(f"decided {UID}/held-")


def test_a_stale_plan_is_told() -> None:
    before = approved()
    stale = with_status(before, transitions.stale(before, "The image has changed.", START))
    assert step_of(before, stale) == f"stale {UID}/stale-1"


def test_neither_a_signature_below_the_quorum_nor_a_retry_is_told() -> None:
    before = planned(request(required_signatures=2))
    counted = signed(before, signature("alice"))
    status = before.status.model_copy(update={"signed": "1/2"})
    assert step_of(before, with_status(counted, status)) is None
    moving = approved()
    verifying = with_status(moving, transitions.verifying(moving, START))
    assert verifying.phase is Phase.EXECUTING
    assert step_of(moving, verifying) is None
    assert step_of(verifying, ended(verifying)) == f"executed {UID}/executed"


def test_nothing_is_told_of_what_was_over_before() -> None:
    over = ended(approved())
    assert step_of(over, over) is None


def test_a_request_that_expires_soon_names_the_time() -> None:
    of = request(expires_after=timedelta(hours=2))
    around = Circumstances(())
    status = transitions.planned(of, plan(), wanted_risk(of), around, START)
    made = expiring_soon(with_status(of, status), RESTART_WEB, START)
    assert (made.step, made.id) == (NotificationStep.EXPIRING_SOON, f"{UID}/expiring-1")
    assert made.expires_at == START + timedelta(hours=2)


def wanted_risk(of: ApprovalRequest) -> Any:
    return planned(of).status.risk_level
