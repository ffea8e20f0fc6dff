"""CordonNode: no new pods are put on a node, as by ``kubectl cordon``."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.nodes.schedulability import Schedulability


class CordonNode(Schedulability):
    """Pods that run there stay; DrainNode evicts them."""

    def __init__(self) -> None:
        """Close it."""
        super().__init__(OperationType.CORDON_NODE, OperationType.UNCORDON_NODE, closes=True)
