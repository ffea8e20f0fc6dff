"""What policies look at in a request: small enough to be kept of every request there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation_type import OperationType
from countersign.api.risk import Risk
from countersign.api.status import Plan


@dataclass(frozen=True, slots=True)
class Touched:
    """One object that a request is about."""

    kind: str
    namespace: str | None
    name: str
    exists: bool = True

    @property
    def space(self) -> str | None:
        """The namespace it is in, or is; None of what is in none."""
        return self.name if self.kind == "Namespace" else self.namespace


@dataclass(frozen=True, slots=True)
class Subject:
    """One request, as policies see it: what it does to what, how risky that is, who wants it."""

    uid: str
    namespace: str
    name: str
    requester: str
    risk: Risk
    operations: tuple[OperationType, ...]
    targets: tuple[Touched, ...]

    @property
    def elsewhere(self) -> frozenset[str]:
        """Namespaces that it reaches into beside its own."""
        return _spaces(self.targets) - {self.namespace}

    @property
    def populated(self) -> frozenset[str]:
        """Namespaces that are there for certain: its own, and all but those that it would make."""
        there = (each for each in self.targets if each.exists or each.kind != "Namespace")
        return _spaces(there) | {self.namespace}


def _spaces(targets: Iterable[Touched]) -> frozenset[str]:
    return frozenset(each.space for each in targets if each.space is not None)


def subject_of(
    request: ApprovalRequest, plan: Plan | None = None, risk: Risk | None = None
) -> Subject | None:
    """Of a request and its plan (its own where none is given); None before there is one.

    Without a known risk it counts as critical.
    """
    plan = plan or request.status.plan
    if plan is None:
        return None
    steps = plan.steps
    return Subject(
        uid=request.metadata.uid,
        namespace=request.metadata.namespace,
        name=request.metadata.name,
        requester=request.spec.requested_by or "",
        risk=risk or request.status.risk_level or Risk.CRITICAL,
        operations=tuple(dict.fromkeys(step.operation.type for step in steps)),
        targets=tuple(
            Touched(
                step.target.kind,
                step.target.namespace,
                step.target.name,
                exists=step.target.uid is not None,
            )
            for step in steps
        ),
    )
