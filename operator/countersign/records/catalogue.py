"""The words of a knowledge entry, in one language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Locale(StrEnum):
    """The languages that entries are written in, as BCP 47 names them."""

    EN = "en"
    ZH_TW = "zh-TW"


@dataclass(frozen=True)
class Mode:
    """How one way of approving is spoken of."""

    title: str
    """Begins the title, in brackets."""
    heading: str
    path: str


@dataclass(frozen=True)
class Catalogue:
    """All that an entry says by itself. ``{}`` stands for what is put in."""

    automatic: Mode
    human: Mode
    break_glass: str
    failed: str
    separator: str
    """Between names."""

    # Labels.
    alert: str
    category: str
    services: str
    command: str
    result: str
    risk: str
    path: str
    signers: str
    incident: str
    approval: str
    description: str

    # Of an incident that is resolved.
    resolved_incident: str
    repairs: str
    effectiveness: str
    learned: str

    # What is said where nothing is known.
    unknown_reason: str
    unknown_risk: str
    no_services: str
    no_signers: str
    no_incident: str
    no_description: str
    no_repairs: str
    unjudged: str
