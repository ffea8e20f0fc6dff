"""Label: an object gets and loses labels, as by ``kubectl label``."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.labels.metadata_entries import MetadataEntries


class Label(MetadataEntries):
    """The object's own labels; those of its pods come from its template."""

    def __init__(self) -> None:
        """For any kind."""
        super().__init__(OperationType.LABEL, "labels", "label")
