"""What matters here of the metadata that every object has."""

from __future__ import annotations

from countersign.api.base import Model, Time

OBJECT_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class Metadata(Model):
    """The part of ObjectMeta that matters here."""

    name: str
    namespace: str
    uid: str
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time
    deletion_timestamp: Time | None = None

    @property
    def version(self) -> int:
        """The resource version, which since Kubernetes 1.35 is promised to be a growing number."""
        return int(self.resource_version) if self.resource_version.isdecimal() else 0
