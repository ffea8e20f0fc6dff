"""How each operation is carried out: one operation a file, one room for what it is done to.

Each says how it is kept from happening twice, by what carries it out (``once``):

- ``Convergent``: one patch whose content follows from the operation and the object (a *recipe*);
- ``Rehearsed``: a write that people wrote themselves, whose effect a dry run shows;
- ``Conditional``: an end, with the object's UID as the precondition;
- of their own: DrainNode and RunJob, which are asked round by round, RollbackRollout, which reads
  revisions first, and Exec, which is never run twice.
"""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.jobs.run_job import RunJob
from countersign.executors.labels.annotate import Annotate
from countersign.executors.labels.label import Label
from countersign.executors.nodes.cordon_node import CordonNode
from countersign.executors.nodes.drain_node import DrainNode
from countersign.executors.nodes.taint_node import TaintNode
from countersign.executors.nodes.uncordon_node import UncordonNode
from countersign.executors.objects.apply import Apply
from countersign.executors.objects.delete_resource import DeleteResource
from countersign.executors.objects.patch import Patch
from countersign.executors.once.conditional import Conditional
from countersign.executors.once.convergent import Convergent
from countersign.executors.once.rehearsed import Rehearsed
from countersign.executors.pods.delete_pod import DeletePod
from countersign.executors.pods.evict_pod import EvictPod
from countersign.executors.pods.exec import Exec
from countersign.executors.rollouts.pause_rollout import PauseRollout
from countersign.executors.rollouts.restart_rollout import RestartRollout
from countersign.executors.rollouts.resume_rollout import ResumeRollout
from countersign.executors.rollouts.rollback_rollout import RollbackRollout
from countersign.executors.rollouts.scale import Scale
from countersign.executors.templates.set_env import SetEnv
from countersign.executors.templates.set_image import SetImage
from countersign.executors.templates.set_resources import SetResources
from countersign.ports import Clock, Cluster, Executor


def all_executors(cluster: Cluster, clock: Clock) -> dict[OperationType, Executor]:
    """Every executor there is, by its operation."""
    recipes = (
        RestartRollout(),
        Scale(),
        PauseRollout(),
        ResumeRollout(),
        SetImage(),
        SetEnv(),
        SetResources(),
        Label(),
        Annotate(),
        CordonNode(),
        UncordonNode(),
        TaintNode(),
    )
    executors: tuple[Executor, ...] = (
        *(Convergent(recipe, cluster) for recipe in recipes),
        *(Rehearsed(writing, cluster) for writing in (Patch(), Apply())),
        *(Conditional(removal, cluster) for removal in (DeletePod(), EvictPod(), DeleteResource())),
        RollbackRollout(cluster),
        DrainNode(cluster),
        RunJob(cluster, clock),
        Exec(cluster),
    )
    return {executor.operation: executor for executor in executors}
