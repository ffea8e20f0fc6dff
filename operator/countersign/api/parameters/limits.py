"""Bounds and patterns that parameters share."""

from __future__ import annotations

from pydantic.config import JsonDict

MAX_REPLICAS = 10_000
MAX_ITEMS = 32
PATCH_LIMIT = 16_384
MANIFEST_LIMIT = 65_536
NAME_PATTERN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
CONTAINER_PATTERN = r"^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$"
ENV_NAME = r"^[-._a-zA-Z][-._a-zA-Z0-9]*$"
KEY = r"^([a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?/)?[a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?$"
LABEL_VALUE = r"^([a-z0-9A-Z]([-._a-z0-9A-Z]*[a-z0-9A-Z])?)?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?([eE][0-9]+|[EPTGMkmun]|[KMGTPE]i)?$"
GRACE = "Seconds that pods get to end by themselves; the pods' own where it is left out."


def strings(pattern: str, longest: int) -> JsonDict:
    """The schema of texts in a list or map."""
    return {"type": "string", "pattern": pattern, "maxLength": longest}
