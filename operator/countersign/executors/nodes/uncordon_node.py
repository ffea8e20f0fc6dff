"""UncordonNode: new pods may be put on a node again, as by ``kubectl uncordon``."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.nodes.schedulability import Schedulability


class UncordonNode(Schedulability):
    """The way back from CordonNode, and from the cordon of a DrainNode."""

    def __init__(self) -> None:
        """Open it."""
        super().__init__(OperationType.UNCORDON_NODE, OperationType.CORDON_NODE, closes=False)
