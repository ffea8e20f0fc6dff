"""What each operation needs to know beside its target: one model an operation.

A parameter that is left out means the same as its default, so a text and a typed operation that
say the same are the same.
"""

from countersign.api.parameters.limits import (
    CONTAINER_PATTERN,
    MANIFEST_LIMIT,
    MAX_ITEMS,
    MAX_REPLICAS,
    NAME_PATTERN,
    PATCH_LIMIT,
)
from countersign.api.parameters.nodes import (
    DrainNodeParameters,
    Effect,
    Taint,
    TaintNodeParameters,
    TaintRemoval,
)
from countersign.api.parameters.objects import (
    AnnotateParameters,
    ApplyParameters,
    DeleteResourceParameters,
    LabelParameters,
    PatchParameters,
)
from countersign.api.parameters.pods import (
    DeletePodParameters,
    EvictPodParameters,
    ExecParameters,
    RunJobParameters,
)
from countersign.api.parameters.workloads import (
    ContainerImage,
    RollbackRolloutParameters,
    ScaleParameters,
    SetEnvParameters,
    SetImageParameters,
    SetResourcesParameters,
)

__all__ = [
    "CONTAINER_PATTERN",
    "MANIFEST_LIMIT",
    "MAX_ITEMS",
    "MAX_REPLICAS",
    "NAME_PATTERN",
    "PATCH_LIMIT",
    "AnnotateParameters",
    "ApplyParameters",
    "ContainerImage",
    "DeletePodParameters",
    "DeleteResourceParameters",
    "DrainNodeParameters",
    "Effect",
    "EvictPodParameters",
    "ExecParameters",
    "LabelParameters",
    "PatchParameters",
    "RollbackRolloutParameters",
    "RunJobParameters",
    "ScaleParameters",
    "SetEnvParameters",
    "SetImageParameters",
    "SetResourcesParameters",
    "Taint",
    "TaintNodeParameters",
    "TaintRemoval",
]
