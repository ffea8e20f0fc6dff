"""Annotate: an object gets and loses annotations, as by ``kubectl annotate``."""

from __future__ import annotations

from countersign.api.operation import OperationType
from countersign.executors.labels.metadata_entries import MetadataEntries


class Annotate(MetadataEntries):
    """The object's own annotations, beside which the stamp is written."""

    def __init__(self) -> None:
        """For any kind."""
        super().__init__(OperationType.ANNOTATE, "annotations", "annotation")
