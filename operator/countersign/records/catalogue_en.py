"""Entries in English."""

from __future__ import annotations

from countersign.records.catalogue import Catalogue, Mode

ENGLISH = Catalogue(
    automatic=Mode("Automatic repair", "Automatic repair", "automatic: confidence >= 0.65"),
    human=Mode("Human-approved repair", "Human-approved repair", "approved by people"),
    break_glass="break-glass: {}",
    failed="failed: {}",
    separator=", ",
    alert="Alert name",
    category="Category",
    services="Affected services",
    command="Command",
    result="Result",
    risk="Risk level",
    path="Path",
    signers="Signed by",
    incident="Incident ID",
    approval="Approval ID",
    description="Description",
    resolved_incident="Resolved incident",
    repairs="Repaired by",
    effectiveness="Effectiveness",
    learned="What repaired it",
    unknown_reason="unknown reason",
    unknown_risk="unknown",
    no_services="not linked",
    no_signers="nobody",
    no_incident="none",
    no_description="no description",
    no_repairs="nobody",
    unjudged="not judged",
)
