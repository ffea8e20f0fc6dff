"""How much can go wrong."""

from __future__ import annotations

from enum import StrEnum


class Risk(StrEnum):
    """How much can go wrong; in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low … 3 for critical."""
        return list(Risk).index(self)
