"""Requests, plans and workloads to test with: each as small as it can be and still be real."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from countersign.actions.digest import plan_digest
from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Kind, Operation, OperationType, Target
from countersign.api.parameters import ScaleParameters
from countersign.api.risk import Risk
from countersign.api.signature import Signature
from countersign.api.status import ApprovalMode, Change, ObjectReference, Plan, PlanStep
from countersign.policy import transitions
from countersign.policy.decide import needed, tally
from countersign.policy.decision import Approve
from countersign.policy.grounds import Ground
from countersign.policy.memory.circumstances import Circumstances
from tests.support.fakes_time import START

JsonObject = dict[str, Any]
UID = "7d1f1f7e-0a4c-4a44-9c46-0f5d9c3c3f10"
TARGET_UID = "1b0c7a52-9f5e-4a0a-8f5f-2f6a7a0d1e11"
RESTART_WEB = "kubectl rollout restart deployment/web"
ALONE = Circumstances(())
"""No policies, and nothing that was approved before."""
OLD_DIGEST = "sha256:" + "0" * 64


# --- Operations and plans -------------------------------------------------------------------------


def operation(
    kind: Kind = Kind.DEPLOYMENT,
    name: str = "web",
    namespace: str | None = "shop",
    *,
    replicas: int | None = None,
    current: int | None = None,
) -> Operation:
    """A Scale where ``replicas`` is given, else a RestartRollout."""
    target = Target(kind=kind, name=name, namespace=namespace)
    if replicas is None:
        return Operation(type=OperationType.RESTART_ROLLOUT, target=target)
    scale = ScaleParameters(replicas=replicas, current_replicas=current)
    return Operation(type=OperationType.SCALE, target=target, scale=scale)


def step(
    of: Operation | None = None,
    *,
    uid: str | None = TARGET_UID,
    version: str = "7",
    changes: tuple[Change, ...] = (Change(field="spec.replicas", before="3", after="5"),),
    summary: str = "Scale Deployment shop/web from 3 to 5 replicas",
    undo: Operation | None = None,
) -> PlanStep:
    """One step of a plan."""
    of = of or operation(replicas=5)
    return PlanStep(
        operation=of,
        target=ObjectReference(
            api_version="apps/v1",
            kind=of.one.kind,
            namespace=of.one.namespace,
            name=of.one.name,
            uid=uid,
            resource_version=version,
        ),
        summary=summary,
        changes=changes,
        undo=undo,
    )


def plan(of: Operation | None = None, *, revision: int = 1, **of_step: Any) -> Plan:
    """A plan of one step with the digest that belongs to it."""
    return plan_of(step(of, **of_step), revision=revision)


def plan_of(*steps: PlanStep, revision: int = 1) -> Plan:
    """A plan of these steps."""
    return Plan(
        digest=plan_digest(steps, revision),
        revision=revision,
        summary="; ".join(each.summary for each in steps),
        steps=steps,
        planned_at=START,
    )


# --- Requests -------------------------------------------------------------------------------------


def request(
    *,
    name: str = "restart-web",
    namespace: str = "shop",
    uid: str = UID,
    created: datetime = START,
    version: str = "100",
    deleted: datetime | None = None,
    status: JsonObject | None = None,
    **spec: Any,
) -> ApprovalRequest:
    """An ApprovalRequest; ``spec`` in snake case, by default a restart that ``agent`` proposes."""
    if "action" not in spec and "operation" not in spec:
        spec["action"] = RESTART_WEB
    return ApprovalRequest.model_validate(
        {
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": uid,
                "resource_version": version,
                "generation": 3,
                "creation_timestamp": created,
                "deletion_timestamp": deleted,
            },
            "spec": {"requested_by": "agent", **spec},
            "status": status or {},
        }
    )


def signature(signer: str, decision: str = "Approve", **entry: Any) -> Signature:
    """One entry of ``spec.signatures``."""
    return Signature(signer=signer, decision=decision, **entry)


def signed(of: ApprovalRequest, *signatures: Signature) -> ApprovalRequest:
    """The request with these signatures and no others."""
    return of.model_copy(
        update={"spec": of.spec.model_copy(update={"signatures": tuple(signatures)})}
    )


def with_status(of: ApprovalRequest, status: Any) -> ApprovalRequest:
    """The request after a status was written."""
    return of.model_copy(update={"status": status})


def planned(
    of: ApprovalRequest | None = None,
    made: Plan | None = None,
    risk: Risk = Risk.MEDIUM,
    *,
    now: datetime = START,
) -> ApprovalRequest:
    """A request that has a plan and waits for signatures."""
    of = of or request()
    return with_status(of, transitions.planned(of, made or plan(), risk, ALONE, now))


def approved(
    of: ApprovalRequest | None = None, made: Plan | None = None, *, now: datetime = START
) -> ApprovalRequest:
    """A request that alice has approved."""
    waiting = planned(of, made, now=now)
    assert waiting.status.plan is not None
    waiting = signed(waiting, signature("alice", plan=waiting.status.plan.digest))
    return with_status(waiting, transitions.approved(waiting, approval_of(waiting), now))


def approval_of(of: ApprovalRequest) -> Approve:
    """The approval of a request by all that have signed it."""
    counted, needs = tally(of, ALONE), needed(of, ALONE)
    assert counted is not None
    assert needs is not None
    signers = tuple(each.signer for each in counted.approvals)
    return Approve(counted, needs, Ground(ApprovalMode.SIGNATURES, signers))


def after(seconds: float) -> datetime:
    """So long after the start."""
    return START + timedelta(seconds=seconds)


# --- Workloads ------------------------------------------------------------------------------------


def workload(
    kind: Kind = Kind.DEPLOYMENT,
    name: str = "web",
    *,
    replicas: int = 3,
    uid: str = TARGET_UID,
    annotations: dict[str, str] | None = None,
    template_annotations: dict[str, str] | None = None,
    **spec: Any,
) -> JsonObject:
    """A workload that is rolled out; ``spec`` adds to its spec."""
    live: JsonObject = {
        "apiVersion": "apps/v1",
        "kind": str(kind),
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid,
            "resourceVersion": "7",
            "generation": 1,
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "replicas": replicas,
            "template": {"metadata": {"annotations": dict(template_annotations or {})}},
            **spec,
        },
    }
    if kind == Kind.DAEMON_SET:
        del live["spec"]["replicas"]
    roll_out(live)
    return live


def roll_out(live: JsonObject) -> None:
    """Give a workload the status that its controller would give it in the end."""
    wanted = live["spec"].get("replicas", 3)
    live["status"] = {
        "observedGeneration": live["metadata"]["generation"],
        **dict.fromkeys(
            ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), wanted
        ),
    }
    if live["kind"] == "DaemonSet":
        fields = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        live["status"] |= dict.fromkeys(fields, wanted)
    if live["kind"] == "StatefulSet":
        live["status"] |= {"currentRevision": "web-2", "updateRevision": "web-2"}
