"""The objects that operations are tried on, and waiting for them to stand still."""

from __future__ import annotations

from typing import Any

from tests.support import rollouts
from tests.support.site import JsonObject, Site

_ROLLOUTS = ("Deployment", "StatefulSet", "DaemonSet")
WIDGET_CRD: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.shop.example.com"},
    "spec": {
        "group": "shop.example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}


def workload(kind: str, name: str = "web", *, replicas: int = 1, **spec: Any) -> JsonObject:
    """A Deployment, StatefulSet, DaemonSet or ReplicaSet of one container, ``main``."""
    labels = {"app": name}
    body: JsonObject = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec()},
            **spec,
        },
    }
    if kind != "DaemonSet":
        body["spec"]["replicas"] = replicas
    if kind == "StatefulSet":
        body["spec"]["serviceName"] = name
    return body


def pod(name: str, *, node: str | None = None, owner: JsonObject | None = None) -> JsonObject:
    """A pod; put on a node by hand where one is named."""
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": _pod_spec(),
    }
    if node is not None:
        body["spec"]["nodeName"] = node
    if owner is not None:
        body["metadata"]["ownerReferences"] = [owner]
    return body


def cron_job(name: str = "report") -> JsonObject:
    """A CronJob that does not run by itself: the 30th of February never comes."""
    template = {"spec": {**_pod_spec(), "restartPolicy": "Never"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": "0 0 30 2 *",
            "jobTemplate": {"spec": {"template": template, "backoffLimit": 0}},
        },
    }


def config_map(name: str = "settings", **data: str) -> JsonObject:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data or {"colour": "red"},
    }


def widget() -> JsonObject:
    """An object of somebody else's kind."""
    return {
        "apiVersion": "shop.example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": {"size": 1},
    }


def disruption_budget(app: str) -> JsonObject:
    """A PodDisruptionBudget for the pods labelled ``app``."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": app},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}},
    }


def node(name: str, **spec: Any) -> JsonObject:
    """A node that kwok plays; its taint keeps everybody's pods away but its own test's."""
    capacity = {"cpu": "8", "memory": "32Gi", "pods": "50"}
    taint = {"key": "countersign.dev/test", "value": name, "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": [taint], **spec},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


def on_node(name: str) -> JsonObject:
    """Part of a pod's spec: it runs there and nowhere else."""
    return {
        "nodeSelector": {"kubernetes.io/hostname": name},
        "tolerations": [{"key": "countersign.dev/test", "operator": "Exists"}],
    }


def _pod_spec() -> JsonObject:
    return {
        "containers": [{"name": "main", "image": "example/web:1"}],
        "terminationGracePeriodSeconds": 0,
    }


# --- Waiting --------------------------------------------------------------------------------------


def settled(site: Site, kind: str, name: str = "web") -> JsonObject:
    """Wait until a workload is rolled out and its controllers no longer touch it."""
    return rollouts.settled(lambda: site.get(kind, name), what=f"{kind} {name}")


def running(site: Site, name: str) -> JsonObject:
    """Wait until a pod runs."""
    return site.becomes("Pod", name, _is_ready, "to be ready")


def _is_ready(live: JsonObject) -> bool:
    conditions = (live.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def laid(site: Site, *objects: JsonObject) -> None:
    """Create objects, and wait until those that have pods stand still."""
    for body in objects:
        site.create(body)
    for body in objects:
        kind, name = body["kind"], body["metadata"]["name"]
        if kind in (*_ROLLOUTS, "ReplicaSet"):
            if not body["spec"].get("paused"):
                settled(site, kind, name)
        elif kind == "Pod":
            running(site, name)
        elif kind == "Node":
            site.becomes(kind, name, _is_ready, "to be ready")
