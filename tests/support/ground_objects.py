"""Objects that lie still on either ground: no controller touches them, none waits for another."""

from __future__ import annotations

from typing import Any

from countersign.ports import JsonObject, ObjectPath
from tests.support.ground import GIZMO, Ground

NOWHERE = "contract-nowhere"
"""A node that is not there: nobody runs its pods, and nobody ends them."""


def config_map(name: str = "settings", labels: Any = None, **data: str) -> JsonObject:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "data": data or {"colour": "red"},
    }


def gizmo(**fields: Any) -> JsonObject:
    """An object of somebody else's kind."""
    body = {"apiVersion": GIZMO.api_version, "kind": "Gizmo", "metadata": {"name": "one"}}
    return body | (fields or {"spec": {"size": 1}})


def template(*containers: JsonObject, **pod: Any) -> JsonObject:
    """A CronJob that is suspended: a pod template that nobody makes anything of."""
    spec = {
        "restartPolicy": "Never",
        "containers": list(containers) or [{"name": "main", "image": "example/main:1"}],
        **pod,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "web"},
        "spec": {
            "suspend": True,
            "schedule": "0 0 30 2 *",
            "jobTemplate": {"spec": {"template": {"spec": spec}}},
        },
    }


def in_pod(patch: JsonObject) -> JsonObject:
    """A patch of a template's pod."""
    return {"spec": {"jobTemplate": {"spec": {"template": {"spec": patch}}}}}


def pod_of(live: JsonObject) -> JsonObject:
    """A template's pod."""
    found: JsonObject = live["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def pod(name: str = "web", *, node: str | None = NOWHERE, **spec: Any) -> JsonObject:
    """A pod that nobody runs; without a node, that nobody puts on one."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "containers": [{"name": "main", "image": "example/web:1"}],
            "schedulerName": "nobody",
            "automountServiceAccountToken": False,
            **({"nodeName": node} if node else {}),
            **spec,
        },
    }


def running(ground: Ground, name: str = "web", *, ready: bool = True, **spec: Any) -> ObjectPath:
    """A pod of which its node says that it runs, and whether it is ready."""
    path = ground.put(pod(name, **spec))
    where = ObjectPath("v1", "pods", ground.namespace, name, "status")
    condition = {"type": "Ready", "status": str(ready)}
    ground.change(where, {"status": {"phase": "Running", "conditions": [condition]}})
    return path
