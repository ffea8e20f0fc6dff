"""How much can go wrong with an object of a kind, by what is done to it.

| kinds                                             | mark     | write    | delete   |
|---------------------------------------------------|----------|----------|----------|
| Deployment, ReplicaSet, ReplicationController     | low      | medium   | high     |
| StatefulSet, DaemonSet: state, or every node      | low      | high     | critical |
| Pod                                               | low      | medium   | medium   |
| Job, CronJob, HorizontalPodAutoscaler             | low      | medium   | medium   |
| ConfigMap                                         | low      | medium   | high     |
| Service, Ingress, Endpoints, EndpointSlice, Lease | medium   | high     | high     |
| Secret, ServiceAccount                            | medium   | high     | high     |
| what protects: NetworkPolicy, PodDisruptionBudget | medium   | high     | high     |
| ResourceQuota, LimitRange                         | medium   | high     | high     |
| PersistentVolumeClaim: data                       | medium   | high     | critical |
| Node, Namespace, PersistentVolume                 | high     | high     | critical |
| other namespaced kinds of Kubernetes' own         | low      | medium   | medium   |
| other cluster-scoped ones (StorageClass, …)       | medium   | high     | high     |
| kinds of others                                   | medium   | high     | high     |
| kinds of others that have no namespace            | high     | high     | critical |
| rights: roles and bindings, admission, CRDs,      | critical | critical | critical |
| API services, certificate requests; all of ours   |          |          |          |

To *mark* is to label or annotate, to *write* is to patch or apply. A label on a Pod is medium: it
may take it out of its Service; an annotation on a ServiceAccount or Ingress may be an instruction
to a controller, which is why those are not low.
"""

from __future__ import annotations

from typing import NamedTuple

from countersign.api.kinds import built_in
from countersign.api.operation import Target
from countersign.api.risk import Risk


class Sensitivity(NamedTuple):
    """The risk of each kind of handling."""

    mark: Risk
    write: Risk
    delete: Risk


_LOW, _MEDIUM, _HIGH, _CRITICAL = Risk
_ORDINARY = Sensitivity(_LOW, _MEDIUM, _MEDIUM)
_LOAD = Sensitivity(_LOW, _MEDIUM, _HIGH)
_RELIED_ON = Sensitivity(_MEDIUM, _HIGH, _HIGH)
_STATE = Sensitivity(_LOW, _HIGH, _CRITICAL)
_DATA = Sensitivity(_MEDIUM, _HIGH, _CRITICAL)
_GROUND = Sensitivity(_HIGH, _HIGH, _CRITICAL)
_RIGHTS = Sensitivity(_CRITICAL, _CRITICAL, _CRITICAL)

_BY_KIND = {
    kind: sensitivity
    for sensitivity, kinds in (
        (_LOAD, "Deployment ReplicaSet ReplicationController ConfigMap"),
        (_STATE, "StatefulSet DaemonSet"),
        (_RELIED_ON, "Service Ingress Endpoints EndpointSlice Lease Secret ServiceAccount"),
        (_RELIED_ON, "NetworkPolicy PodDisruptionBudget ResourceQuota LimitRange"),
        (_DATA, "PersistentVolumeClaim"),
        (_GROUND, "Node Namespace PersistentVolume"),
    )
    for kind in kinds.split()
}
_RIGHTS_GROUPS = frozenset(
    {
        "rbac.authorization.k8s.io",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "certificates.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "countersign.dev",
    }
)
"""Who writes here decides what others, or the same, may do next."""


def sensitivity(target: Target) -> Sensitivity:
    """The row of the table for a target, whose namespace is filled in if its kind has one."""
    resource = built_in(target.kind, target.api_version)
    if resource is not None:
        if resource.group in _RIGHTS_GROUPS:
            return _RIGHTS
        return _BY_KIND.get(target.kind, _ORDINARY if resource.namespaced else _RELIED_ON)
    if (target.api_version or "").rpartition("/")[0] in _RIGHTS_GROUPS:
        return _RIGHTS
    # The kind may be another version of one that is known, or somebody else's of the same name.
    known = _BY_KIND.get(target.kind, _RELIED_ON)
    least = _RELIED_ON if target.namespace else _GROUND
    return Sensitivity(
        *(max(pair, key=lambda risk: risk.rank) for pair in zip(known, least, strict=True))
    )
