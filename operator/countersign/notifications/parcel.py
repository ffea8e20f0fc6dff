"""A message as one service wants it: what is posted. The address is not in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parcel:
    """The body of a POST and its headers."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
