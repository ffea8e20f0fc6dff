"""The executing service account of a namespace, and what it may be allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countersign.plugin.exits import refused
from countersign.ports import JsonObject, ObjectPath

EXECUTOR = "countersign-executor"
_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"app.kubernetes.io/name": "countersign", "app.kubernetes.io/component": "executor"}
_CLUSTER_WIDE = frozenset({"nodes"})
ROLES: dict[str, str] = {
    "restart-and-scale": "restart and scale workloads",
    "rollouts": "change workloads: restart, scale, roll back, pause; image, environment, resources",
    "pods": "delete and evict single pods",
    "jobs": "run a CronJob's Job now",
    "exec": "run commands in containers",
    "objects": "label, annotate, patch, apply and delete ordinary objects",
    "nodes": "cordon, drain and taint nodes; in the whole cluster",
}
"""The ready ClusterRoles, without ``countersign-can-``, and what each is for."""
_WORDS: dict[str, str] = {
    "restart": "restart-and-scale",
    "scale": "restart-and-scale",
    "rollout": "rollouts",
    "rollback": "rollouts",
    "undo": "rollouts",
    "pause": "rollouts",
    "resume": "rollouts",
    "image": "rollouts",
    "env": "rollouts",
    "resources": "rollouts",
    "pod": "pods",
    "evict": "pods",
    "delete-pod": "pods",
    "job": "jobs",
    "cronjob": "jobs",
    "label": "objects",
    "annotate": "objects",
    "patch": "objects",
    "apply": "objects",
    "delete": "objects",
    "node": "nodes",
    "cordon": "nodes",
    "uncordon": "nodes",
    "drain": "nodes",
    "taint": "nodes",
}
"""What people may say instead."""


@dataclass(frozen=True)
class Applied:
    """An object, and where it is."""

    path: ObjectPath
    body: JsonObject


def roles_of(allow: Sequence[str]) -> tuple[str, ...]:
    """The roles that words stand for, each once. Raises ``PluginError``."""
    words = [word.strip().lower() for each in allow for word in each.split(",") if word.strip()]
    if not words:
        raise refused(f"Say what is to be allowed: --allow restart,scale. There are {_known()}.")
    found: dict[str, None] = {}
    for word in words:
        role = word if word in ROLES else _WORDS.get(word)
        if role is None:
            raise refused(f"--allow {word!r}: there is no such role. There are {_known()}.")
        found[role] = None
    return tuple(found)


def objects(namespace: str, roles: Sequence[str]) -> list[Applied]:
    """The service account and its bindings, in the order in which they are applied."""
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": EXECUTOR, "namespace": namespace, "labels": _LABELS},
        # Nothing runs in pods under this name; it exists to be impersonated.
        "automountServiceAccountToken": False,
    }
    where = ObjectPath("v1", "serviceaccounts", namespace, EXECUTOR)
    return [Applied(where, account), *(_binding(namespace, role) for role in roles)]


def _binding(namespace: str, role: str) -> Applied:
    """Of nodes, in the whole cluster: they have no namespace."""
    wide = role in _CLUSTER_WIDE
    name = f"countersign-can-{role}"
    own = f"{name}.{namespace}" if wide else name
    kind = "ClusterRoleBinding" if wide else "RoleBinding"
    place = None if wide else namespace
    body = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {
            "name": own,
            **({"namespace": namespace} if not wide else {}),
            "labels": _LABELS,
        },
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": EXECUTOR, "namespace": namespace}],
    }
    return Applied(ObjectPath(f"{_RBAC}/v1", f"{kind.lower()}s", place, own), body)


def _known() -> str:
    return ", ".join(ROLES)
