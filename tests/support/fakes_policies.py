"""Policies to test decisions with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from countersign.api.operation import OperationType
from countersign.api.risk import Risk
from countersign.policy.approval_policies.named_policy import NamedPolicy, read_policy
from countersign.policy.approval_policies.subject import Subject, Touched
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.history import Past
from tests.support.fakes_time import START

JsonObject = dict[str, Any]
SUBJECT = Subject(
    uid="u",
    namespace="shop",
    name="r",
    requester="system:serviceaccount:agents:fixer",
    risk=Risk.HIGH,
    operations=(OperationType.SCALE,),
    targets=(Touched("Deployment", "shop", "pay-api"), Touched("StatefulSet", "shop", "db")),
)
"""What policies may look at, of a request by a machine, on two targets."""


def policy_body(name: str = "p", match: JsonObject | None = None, **require: Any) -> JsonObject:
    """As the API server stores it; ``require`` in camel case, ``from_`` for ``from``."""
    spec: JsonObject = {"require": {key.rstrip("_"): value for key, value in require.items()}}
    if match is not None:
        spec["match"] = match
    return {"metadata": {"name": name, "generation": 1}, "spec": spec}


def policy(name: str = "p", match: JsonObject | None = None, **require: Any) -> NamedPolicy:
    """One that has been read."""
    return read_policy(policy_body(name, match, **require))


def under(*policies: NamedPolicy, past: list[Past] | None = None, **labels: str) -> Circumstances:
    """These policies, and namespace ``shop`` with these labels."""
    return Circumstances(policies, {"shop": labels}, past=past or [])


def absolute(hours_from: float, hours_to: float, **more: Any) -> JsonObject:
    """A freeze window around ``START``."""
    begins, ends = (START + timedelta(hours=hours) for hours in (hours_from, hours_to))
    times = {"from": begins.isoformat(), "to": ends.isoformat()}
    return {"name": "release", "absolute": times, **more}
