"""What becomes of an object that the models cannot read: the CRD is of another version."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import kopf
from pydantic import ValidationError

from countersign.api.base import first_problem
from countersign.api.conditions import ConditionType
from countersign.api.phase import MOVING, Phase
from countersign.api.text import clip_before

_ADVICE = (
    ". The object does not fit this operator: apply the crds/ of its version, then create a new "
    "request."
)
_MAY_BE_DONE = " It was approved, and may have been carried out: look at its target first."


def refuse_unreadable(
    body: Mapping[str, Any], patch: kopf.Patch, error: ValidationError, now: str
) -> None:
    """End it with a reason, on this version only; what is over stays as it is."""
    status = dict(body.get("status") or {})
    if status.get("phase") not in (None, Phase.PENDING, *MOVING):
        return
    type_, advice = ConditionType.PLANNED, _ADVICE
    if status.get("phase") in MOVING:
        type_ = ConditionType.VERIFIED if _is_applied(status) else ConditionType.EXECUTED
        advice += _MAY_BE_DONE
    message = clip_before(first_problem(error), advice)
    condition = {
        "type": str(type_),
        "status": "False",
        "reason": "Invalid",
        "message": message,
        "lastTransitionTime": now,
    }
    others = [c for c in status.get("conditions") or [] if c.get("type") != condition["type"]]
    version = body["metadata"]["resourceVersion"]

    def write(live: MutableMapping[str, Any]) -> None:
        if live["metadata"]["resourceVersion"] == version:
            live["status"] = status | {
                "phase": str(Phase.FAILED),
                "message": message,
                "conditions": [*others, condition],
            }

    patch.fns.append(write)  # type: ignore[arg-type]


def _is_applied(status: Mapping[str, Any]) -> bool:
    """Whether it was seen to be applied, which stays true."""
    said = {each.get("type"): each.get("status") for each in status.get("conditions") or []}
    return said.get(ConditionType.EXECUTED) == "True"
