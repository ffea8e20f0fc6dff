"""Bringing a deleted object back: an Apply of its manifest, where that is all it takes."""

from __future__ import annotations

import json

from countersign.actions.manifests import LAST_APPLIED, is_our_key, split
from countersign.actions.secrecy import holds_secret_variable
from countersign.api.kinds import built_in
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import MANIFEST_LIMIT, ApplyParameters
from countersign.errors import RefusedError
from countersign.policy.reading.fields import listed, part, strings
from countersign.ports import JsonObject

_RESTORABLE = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "IngressClass",
        "LimitRange",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PriorityClass",
        "ReplicaSet",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
        "StatefulSet",
        "StorageClass",
    }
)
"""Kinds that are all in their manifest. Of other projects' kinds nobody knows: their controllers
may delete data with them."""
_METADATA_KEPT = ("name", "namespace", "labels", "annotations")
_OF_CONTROLLERS = frozenset({LAST_APPLIED, "deployment.kubernetes.io/revision"})


def restoring(live: JsonObject) -> Operation | None:
    """The Apply that makes it again; None where that is not all, or not possible.

    An object with an owner is left out: its owner makes it again, or has gone as well. A Service
    keeps its IP and its ports. What has a secret in a variable is left out too: who may read the
    request need not be allowed to read the object.
    """
    kind, api_version = str(live.get("kind")), str(live.get("apiVersion"))
    resource = built_in(kind, api_version)
    if resource is None or kind not in _RESTORABLE:
        return None
    if listed(part(live, "metadata"), "ownerReferences") or _loses_volumes(live):
        return None
    text = json.dumps(manifest(live), ensure_ascii=False)
    if holds_secret_variable(live) or len(text) > MANIFEST_LIMIT:
        return None
    operation = Operation(type=OperationType.APPLY, apply=ApplyParameters(manifest=text))
    try:
        split(operation, str(live["metadata"].get("namespace") or "default"))
    except RefusedError:
        return None  # It has something that no request may apply.
    return operation


def manifest(live: JsonObject) -> JsonObject:
    """The object as somebody would write it, without what servers and controllers put there."""
    metadata = live["metadata"]
    kept = {key: metadata[key] for key in _METADATA_KEPT if metadata.get(key)}
    annotations = {
        key: value
        for key, value in strings(metadata, "annotations").items()
        if key not in _OF_CONTROLLERS and not is_our_key(key)
    }
    kept.pop("annotations", None)
    if annotations:
        kept["annotations"] = annotations
    rest = {key: value for key, value in live.items() if key not in {"metadata", "status"}}
    return {**rest, "metadata": kept}


def _loses_volumes(live: JsonObject) -> bool:
    """A StatefulSet may take its claims along."""
    policy = part(live, "spec", "persistentVolumeClaimRetentionPolicy")
    return live.get("kind") == "StatefulSet" and policy.get("whenDeleted") == "Delete"
