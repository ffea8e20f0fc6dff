"""Kinds of objects as people write them."""

from __future__ import annotations

from countersign.actions.parser.wordlist import words
from countersign.api.operation import Kind

_NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.DEPLOYMENT: ("deployment", "deployments", "deploy"),
    Kind.STATEFUL_SET: ("statefulset", "statefulsets", "sts"),
    Kind.DAEMON_SET: ("daemonset", "daemonsets", "ds"),
    Kind.REPLICA_SET: ("replicaset", "replicasets", "rs"),
}
# Only the group these kinds live in: deployments.apps.example.com is another thing.
_GROUPS = ("", ".apps", ".v1.apps")
_KINDS = {
    f"{name}{group}": kind for kind, names in _NAMES.items() for name in names for group in _GROUPS
}
_OTHERS = words(
    "pod pods po node nodes no service services svc job jobs cronjob cronjobs cj configmap "
    "configmaps cm secret secrets ingress ingresses ing namespace namespaces ns pvc pvcs "
    "persistentvolumeclaim persistentvolumeclaims pv persistentvolume persistentvolumes hpa "
    "horizontalpodautoscaler pdb poddisruptionbudget netpol networkpolicy serviceaccount sa crd "
    "crds customresourcedefinition dc deploymentconfig deploymentconfigs rc "
    "replicationcontroller replicationcontrollers event events endpoints ep release"
)


def kind_of(word: str) -> Kind | None:
    """The kind that a word of a command names, such as ``deploy`` or ``statefulsets.apps``."""
    return _KINDS.get(word.lower())


def is_plural(word: str) -> bool:
    """Whether the word is a plural: in a sentence it speaks of several objects."""
    return word.lower().partition(".")[0].endswith("sets") or word.lower() == "deployments"


def is_other_kind(word: str) -> bool:
    """Whether the word names a kind that no operation of this version has as its target."""
    return word.lower().partition(".")[0] in _OTHERS
