"""What executing service accounts can be allowed: the ready roles, and who needs which.

``manifests/cluster/executors`` has them as ClusterRoles ``countersign-can-…``.
"""

from __future__ import annotations

from enum import StrEnum

from countersign.api.operation import OperationType

EXECUTOR = "countersign-executor"
"""The service account that actions run as where a request names no other."""


class Ability(StrEnum):
    """A ready ClusterRole, without its prefix."""

    RESTART_AND_SCALE = "restart-and-scale"
    ROLLOUTS = "rollouts"
    PODS = "pods"
    JOBS = "jobs"
    EXEC = "exec"
    OBJECTS = "objects"
    NODES = "nodes"

    @property
    def role(self) -> str:
        """Name of the ClusterRole."""
        return f"countersign-can-{self.value}"

    @property
    def cluster_wide(self) -> bool:
        """Whether it takes a ClusterRoleBinding: nodes have no namespace."""
        return self is Ability.NODES


_NEEDED: dict[OperationType, Ability] = {
    OperationType.RESTART_ROLLOUT: Ability.RESTART_AND_SCALE,
    OperationType.SCALE: Ability.RESTART_AND_SCALE,
    OperationType.ROLLBACK_ROLLOUT: Ability.ROLLOUTS,
    OperationType.PAUSE_ROLLOUT: Ability.ROLLOUTS,
    OperationType.RESUME_ROLLOUT: Ability.ROLLOUTS,
    OperationType.SET_IMAGE: Ability.ROLLOUTS,
    OperationType.SET_ENV: Ability.ROLLOUTS,
    OperationType.SET_RESOURCES: Ability.ROLLOUTS,
    OperationType.LABEL: Ability.OBJECTS,
    OperationType.ANNOTATE: Ability.OBJECTS,
    OperationType.PATCH: Ability.OBJECTS,
    OperationType.APPLY: Ability.OBJECTS,
    OperationType.DELETE_POD: Ability.PODS,
    OperationType.EVICT_POD: Ability.PODS,
    OperationType.DELETE_RESOURCE: Ability.OBJECTS,
    OperationType.CORDON_NODE: Ability.NODES,
    OperationType.UNCORDON_NODE: Ability.NODES,
    OperationType.DRAIN_NODE: Ability.NODES,
    OperationType.TAINT_NODE: Ability.NODES,
    OperationType.RUN_JOB: Ability.JOBS,
    OperationType.EXEC: Ability.EXEC,
}


def needed_for(operation: OperationType) -> Ability:
    """The least ready role that allows an operation, on Kubernetes' own ordinary kinds."""
    return _NEEDED[operation]
