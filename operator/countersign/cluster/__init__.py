"""The API server as the workflow's ports: targets, the operator's desk, its own few objects."""

from countersign.cluster.casebook import KubernetesCasebook
from countersign.cluster.comparing import status_changes
from countersign.cluster.desk import OperatorDesk
from countersign.cluster.own_objects import KubernetesConfigMaps, KubernetesLease, KubernetesSchema
from countersign.cluster.reflector import Mirror, Reflector
from countersign.cluster.targets import FIELD_MANAGER, KubernetesCluster

__all__ = [
    "FIELD_MANAGER",
    "KubernetesCasebook",
    "KubernetesCluster",
    "KubernetesConfigMaps",
    "KubernetesLease",
    "KubernetesSchema",
    "Mirror",
    "OperatorDesk",
    "Reflector",
    "status_changes",
]
