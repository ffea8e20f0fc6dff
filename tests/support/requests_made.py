"""ApprovalRequests as the API server has them, for tests of what is shown and sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from countersign.api.approval_request import ApprovalRequest

JsonObject = dict[str, Any]
NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
UID = "0b5f3a6e-0000-4000-8000-000000000001"


def step(name: str = "web", *, undo: JsonObject | None = None) -> JsonObject:
    """A step that scales a Deployment."""
    operation = {
        "type": "Scale",
        "target": {"kind": "Deployment", "name": name, "namespace": "shop"},
        "scale": {"replicas": 5},
    }
    made: JsonObject = {
        "operation": operation,
        "target": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "shop",
            "name": name,
            "uid": f"uid-of-{name}",
        },
        "summary": f"Scale Deployment shop/{name} from 3 to 5 replicas",
        "changes": [{"field": "spec.replicas", "before": "3", "after": "5"}],
    }
    if undo is not None:
        made["undo"] = undo
    return made


def scaled_back(name: str = "web", replicas: int = 3) -> JsonObject:
    """What takes such a step back."""
    return {
        "type": "Scale",
        "target": {"kind": "Deployment", "name": name, "namespace": "shop"},
        "scale": {"replicas": replicas},
    }


def item(*, name: str = "scale-web", phase: str = "Pending", **parts: Any) -> JsonObject:
    """A planned request that scales Deployment shop/web; ``spec`` and ``status`` add to it.

    A part that is None is left out.
    """
    plan = {
        "digest": DIGEST,
        "revision": 1,
        "summary": "Scale Deployment shop/web from 3 to 5 replicas",
        "steps": [step()],
        "blastRadius": {"pods": 2, "services": ["shop/web"]},
        "plannedAt": "2026-11-27T11:57:00Z",
    }
    spec = {
        "action": "kubectl scale deployment/web --replicas=5",
        "description": "Sale at 20:00.",
        "requestedBy": "agent",
    }
    planned = {
        "type": "Planned",
        "status": "True",
        "reason": "Planned",
        "message": plan["summary"],
        "lastTransitionTime": "2026-11-27T11:57:00Z",
    }
    unapproved = {
        "type": "Approved",
        "status": "False",
        "reason": "SignaturesMissing",
        "message": "Waits for 1 more signature of 1.",
        "lastTransitionTime": "2026-11-27T11:57:00Z",
    }
    status = {
        "phase": phase,
        "message": "Waits for 1 more signature of 1.",
        "operation": "Scale",
        "target": "Deployment/web",
        "riskLevel": "medium",
        "requiredSignatures": 1,
        "signed": "0/1",
        "plan": plan,
        "conditions": [planned, unapproved],
    }
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": UID,
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-11-27T11:56:50Z",
    }
    return {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": metadata | parts.get("metadata", {}),
        "spec": _without_none(spec | parts.get("spec", {})),
        "status": _without_none(status | parts.get("status", {})),
    }


def request(**parts: Any) -> ApprovalRequest:
    """The same as a model."""
    return ApprovalRequest.model_validate(item(**parts))


def signature(
    signer: str = "alice", *, decision: str = "Approve", plan: str | None = DIGEST, **more: Any
) -> JsonObject:
    """An entry of spec.signatures."""
    return _without_none({"signer": signer, "decision": decision, "plan": plan, **more})


def _without_none(part: JsonObject) -> JsonObject:
    return {key: value for key, value in part.items() if value is not None}
