"""Every operation there is, and the kinds of objects that it works on."""

from __future__ import annotations

from enum import StrEnum


class OperationType(StrEnum):
    """Every operation this version can carry out."""

    RESTART_ROLLOUT = "RestartRollout"
    SCALE = "Scale"
    ROLLBACK_ROLLOUT = "RollbackRollout"
    PAUSE_ROLLOUT = "PauseRollout"
    RESUME_ROLLOUT = "ResumeRollout"
    SET_IMAGE = "SetImage"
    SET_ENV = "SetEnv"
    SET_RESOURCES = "SetResources"
    LABEL = "Label"
    ANNOTATE = "Annotate"
    PATCH = "Patch"
    APPLY = "Apply"
    DELETE_POD = "DeletePod"
    EVICT_POD = "EvictPod"
    DELETE_RESOURCE = "DeleteResource"
    CORDON_NODE = "CordonNode"
    UNCORDON_NODE = "UncordonNode"
    DRAIN_NODE = "DrainNode"
    TAINT_NODE = "TaintNode"
    RUN_JOB = "RunJob"
    EXEC = "Exec"

    @property
    def parameters(self) -> str | None:
        """JSON name of the field that holds its parameters; None where it takes none."""
        return None if self in _BARE else self.value[0].lower() + self.value[1:]

    @property
    def attribute(self) -> str:
        """The same as the model's attribute."""
        return self.name.lower()


_BARE = frozenset(
    {
        OperationType.RESTART_ROLLOUT,
        OperationType.PAUSE_ROLLOUT,
        OperationType.RESUME_ROLLOUT,
        OperationType.CORDON_NODE,
        OperationType.UNCORDON_NODE,
    }
)


class Kind(StrEnum):
    """Kinds that single operations are made for; others have any kind as their target."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    REPLICA_SET = "ReplicaSet"
    POD = "Pod"
    NODE = "Node"
    JOB = "Job"
    CRON_JOB = "CronJob"


_ROLLOUTS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
_TEMPLATES = (*_ROLLOUTS, Kind.REPLICA_SET)
_NODES = (Kind.NODE,)
_PODS = (Kind.POD,)

ALLOWED_KINDS: dict[OperationType, tuple[Kind, ...]] = {
    OperationType.RESTART_ROLLOUT: _ROLLOUTS,
    OperationType.SCALE: (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.REPLICA_SET),
    OperationType.ROLLBACK_ROLLOUT: _ROLLOUTS,
    OperationType.PAUSE_ROLLOUT: (Kind.DEPLOYMENT,),
    OperationType.RESUME_ROLLOUT: (Kind.DEPLOYMENT,),
    OperationType.SET_IMAGE: (*_TEMPLATES, Kind.POD, Kind.CRON_JOB),
    OperationType.SET_ENV: (*_TEMPLATES, Kind.CRON_JOB),
    OperationType.SET_RESOURCES: (*_TEMPLATES, Kind.CRON_JOB),
    OperationType.DELETE_POD: _PODS,
    OperationType.EVICT_POD: _PODS,
    OperationType.CORDON_NODE: _NODES,
    OperationType.UNCORDON_NODE: _NODES,
    OperationType.DRAIN_NODE: _NODES,
    OperationType.TAINT_NODE: _NODES,
    OperationType.RUN_JOB: (Kind.CRON_JOB,),
    OperationType.EXEC: _PODS,
}
"""The kinds an operation works on; one that is not here works on any."""
