"""How each operation is carried out: one operation a file.

Each says how it is kept from happening twice, by what carries it out:

- ``Convergent``: one patch whose content follows from the operation and the object (a *recipe*);
- ``Rehearsed``: a write that people wrote themselves, whose effect a dry run shows;
- ``Conditional``: an end, with the object's UID as the precondition;
- of their own: DrainNode and RunJob, which are asked round by round, RollbackRollout, which reads
  revisions first, and Exec, which is never run twice.
"""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.annotate import Annotate
from countersign.executors.apply import Apply
from countersign.executors.conditional import Conditional
from countersign.executors.convergent import Convergent
from countersign.executors.cordon_node import CordonNode
from countersign.executors.delete_pod import DeletePod
from countersign.executors.delete_resource import DeleteResource
from countersign.executors.drain_node import DrainNode
from countersign.executors.evict_pod import EvictPod
from countersign.executors.exec import Exec
from countersign.executors.label import Label
from countersign.executors.patch import Patch
from countersign.executors.pause_rollout import PauseRollout
from countersign.executors.rehearsed import Rehearsed
from countersign.executors.restart_rollout import RestartRollout
from countersign.executors.resume_rollout import ResumeRollout
from countersign.executors.rollback_rollout import RollbackRollout
from countersign.executors.run_job import RunJob
from countersign.executors.scale import Scale
from countersign.executors.set_env import SetEnv
from countersign.executors.set_image import SetImage
from countersign.executors.set_resources import SetResources
from countersign.executors.taint_node import TaintNode
from countersign.executors.uncordon_node import UncordonNode
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
