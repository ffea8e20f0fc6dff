"""Incidents and playbooks to test with."""

from __future__ import annotations

from typing import Any

from countersign.api.incident import Incident
from countersign.api.playbook import Playbook
from tests.support.fakes_time import START

INCIDENT_UID = "5a1f7c1e-1111-4a44-9c46-0f5d9c3c3f10"
PLAYBOOK_UID = "5a1f7c1e-2222-4a44-9c46-0f5d9c3c3f10"
LABELS = {
    "alertname": "KubePodCrashLooping",
    "namespace": "shop",
    "container": "web",
    "pod": "web-6d4cf56db6-x2x9z",
    "uid": "3f0c",
    "severity": "warning",
}


def incident(
    *,
    name: str = "inc-2031",
    namespace: str = "shop",
    uid: str = INCIDENT_UID,
    labels: dict[str, str] | None = None,
    status: dict[str, Any] | None = None,
    version: str = "100",
    **spec: Any,
) -> Incident:
    """An Incident of one signal; ``spec`` in snake case."""
    usual = {
        "summary": "web crash-loops",
        "signals": [{"labels": LABELS if labels is None else labels}],
        "alert_category": "availability",
        "affected_services": ["web", "cart"],
    }
    return Incident.model_validate(
        {
            "metadata": _metadata(name, namespace, uid, version),
            "spec": usual | spec,
            "status": status or {},
        }
    )


def playbook(
    *,
    name: str = "restart-web",
    namespace: str = "shop",
    uid: str = PLAYBOOK_UID,
    status: dict[str, Any] | None = None,
    version: str = "100",
    **spec: Any,
) -> Playbook:
    """A draft that restarts Deployment shop/web."""
    target = {"kind": "Deployment", "name": "web", "namespace": "shop"}
    steps = [{"operation": {"type": "RestartRollout", "target": target}}]
    return Playbook.model_validate(
        {
            "metadata": _metadata(name, namespace, uid, version),
            "spec": {"steps": steps} | spec,
            "status": status or {},
        }
    )


def _metadata(name: str, namespace: str, uid: str, version: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "uid": uid,
        "resource_version": version,
        "creation_timestamp": START,
    }
