"""The executing service account of a namespace, and what it may be allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countersign.plugin.exits import refused
from countersign.policy.abilities import EXECUTOR, Ability
from countersign.policy.reading.fields import listed
from countersign.ports import JsonObject, ObjectPath

_RBAC = "rbac.authorization.k8s.io"
_LABELS = {"app.kubernetes.io/name": "countersign", "app.kubernetes.io/component": "executor"}
MEANINGS: dict[Ability, str] = {
    Ability.RESTART_AND_SCALE: "restart and scale workloads",
    Ability.ROLLOUTS: "change workloads: restart, scale, roll back, pause; image, environment, "
    "resources",
    Ability.PODS: "delete and evict single pods",
    Ability.JOBS: "run a CronJob's Job now",
    Ability.EXEC: "run commands in containers",
    Ability.OBJECTS: "label, annotate, patch, apply and delete ordinary objects",
    Ability.NODES: "cordon, drain and taint nodes, in the whole cluster",
}
_WORDS: dict[str, Ability] = {
    "restart": Ability.RESTART_AND_SCALE,
    "scale": Ability.RESTART_AND_SCALE,
    "rollout": Ability.ROLLOUTS,
    "rollback": Ability.ROLLOUTS,
    "undo": Ability.ROLLOUTS,
    "pause": Ability.ROLLOUTS,
    "resume": Ability.ROLLOUTS,
    "image": Ability.ROLLOUTS,
    "env": Ability.ROLLOUTS,
    "resources": Ability.ROLLOUTS,
    "pod": Ability.PODS,
    "evict": Ability.PODS,
    "delete-pod": Ability.PODS,
    "job": Ability.JOBS,
    "cronjob": Ability.JOBS,
    "label": Ability.OBJECTS,
    "annotate": Ability.OBJECTS,
    "patch": Ability.OBJECTS,
    "apply": Ability.OBJECTS,
    "delete": Ability.OBJECTS,
    "node": Ability.NODES,
    "cordon": Ability.NODES,
    "uncordon": Ability.NODES,
    "drain": Ability.NODES,
    "taint": Ability.NODES,
}
"""What people may say instead."""


@dataclass(frozen=True)
class Applied:
    """An object, and where it is."""

    path: ObjectPath
    body: JsonObject


def abilities_of(allow: Sequence[str]) -> tuple[Ability, ...]:
    """The abilities that words stand for, each once. Raises ``PluginError``."""
    words = [word.strip().lower() for each in allow for word in each.split(",") if word.strip()]
    if not words:
        raise refused(f"Say what is to be allowed: --allow restart,scale. There are {_KNOWN}.")
    found: dict[Ability, None] = {}
    for word in words:
        ability = Ability(word) if word in list(Ability) else _WORDS.get(word)
        if ability is None:
            raise refused(f"--allow {word!r}: there is no such role. There are {_KNOWN}.")
        found[ability] = None
    return tuple(found)


def objects(namespace: str, abilities: Sequence[Ability]) -> list[Applied]:
    """The service account and its bindings, in the order in which they are applied."""
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": EXECUTOR, "namespace": namespace, "labels": _LABELS},
        # Nothing runs in pods under this name; it exists to be impersonated.
        "automountServiceAccountToken": False,
    }
    where = ObjectPath("v1", "serviceaccounts", namespace, EXECUTOR)
    return [Applied(where, account), *(_binding(namespace, each) for each in abilities)]


def binds_as_well(live: JsonObject, wanted: JsonObject) -> bool:
    """Whether a binding that somebody else has written does what ours would."""
    [subject] = wanted["subjects"]
    same_role = live.get("roleRef") == wanted["roleRef"]
    # A RoleBinding's subject without a namespace is of the binding's own.
    own = {"namespace": wanted["metadata"].get("namespace")}
    return same_role and any(
        subject.items() <= (own | each).items() for each in listed(live, "subjects")
    )


def _binding(namespace: str, ability: Ability) -> Applied:
    wide = ability.cluster_wide
    name = f"{ability.role}.{namespace}" if wide else ability.role
    kind = "ClusterRoleBinding" if wide else "RoleBinding"
    place = {} if wide else {"namespace": namespace}
    body = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name, **place, "labels": _LABELS},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": ability.role},
        "subjects": [{"kind": "ServiceAccount", "name": EXECUTOR, "namespace": namespace}],
    }
    return Applied(
        ObjectPath(f"{_RBAC}/v1", f"{kind.lower()}s", place.get("namespace"), name), body
    )


_KNOWN = ", ".join(Ability)
