"""How far what a request does can be trusted: by the playbook it follows, or by its own record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

from countersign.actions.manifests import split
from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Operation, OperationType
from countersign.api.playbook import Playbook, PlaybookState
from countersign.api.status import Plan
from countersign.errors import RefusedError
from countersign.records.execution import Choice, Execution
from countersign.records.learning import trust

_ANEW_EACH_TIME = frozenset(
    {
        OperationType.ANNOTATE,
        OperationType.APPLY,
        OperationType.EXEC,
        OperationType.LABEL,
        OperationType.PATCH,
        OperationType.SET_ENV,
        OperationType.SET_IMAGE,
        OperationType.SET_RESOURCES,
        OperationType.TAINT_NODE,
    }
)
"""What these do is in their parameters: that one command went well says nothing of the next.

Nor does a label: an annotation of an Ingress may be an order to its controller.
"""


@dataclass(frozen=True)
class Reliance:
    """What is known of trust: a number and what it is in; or, without a number, why it is unknown.

    ``again_at`` is when to look again where something was only out of reach.
    """

    trust: float | None
    about: str
    again_at: datetime | None = None

    def doubt(self, least: float) -> str | None:
        """Why it is not enough, as a clause; None where it is."""
        if self.trust is None:
            return f"the trust is not known: {self.about}"
        if self.trust < least:
            return f"the trust in {self.about} is {rounded(self.trust)}, less than {least:g}"
        return None


def rounded(value: float) -> str:
    """Two digits, rounded down: what is shown as 0.70 is not less than 0.7."""
    return f"{floor(value * 100) / 100:.2f}"


def judged_at(request: ApprovalRequest, now: datetime) -> datetime:
    """As of when evidence counts: of what has been approved, as of then.

    So what was trusted when it was approved is not held back because a moment has passed since; it
    is where there is new evidence, or the playbook is not approved any more.
    """
    return request.status.approved_at or now


# --- By the playbook ------------------------------------------------------------------------------


def in_playbook(
    request: ApprovalRequest, plan: Plan, playbook: Playbook | None, now: datetime
) -> Reliance:
    """The trust in the playbook that a request says it follows, if it does follow it."""
    name = request.spec.playbook
    if playbook is None:
        where = request.metadata.namespace
        return Reliance(None, f"there is no playbook {name} in namespace {where}")
    if playbook.spec.state is not PlaybookState.APPROVED:
        return Reliance(None, f"playbook {name} is {playbook.spec.state}, not Approved")
    if not follows(request, plan, playbook):
        return Reliance(None, f"no step of playbook {name} is what the plan does")
    return Reliance(trust_in(playbook, judged_at(request, now)), f"playbook {name}")


def follows(request: ApprovalRequest, plan: Plan, playbook: Playbook) -> bool:
    """Whether one step of the playbook is exactly what the plan does: the same to the same objects.

    A step that chooses its objects by labels is none: whoever may label objects would choose them.
    """
    namespace = request.metadata.namespace
    planned = tuple(step.operation.in_namespace(namespace) for step in plan.steps)
    steps = (step.operation for step in playbook.spec.steps if step.operation is not None)
    return any(_singles(each, namespace) == planned for each in steps)


def trust_in(playbook: Playbook, now: datetime) -> float:
    """The trust in a playbook as of ``now``; what is told of another of its name does not count."""
    if playbook.status.uid != playbook.metadata.uid:
        return 0.0
    return trust(((each.at, each.success) for each in playbook.status.outcomes), now)


def _singles(operation: Operation, namespace: str) -> tuple[Operation, ...] | None:
    """An operation object by object, as plans have it; None for a manifest that cannot be read.

    Plans have no label selectors, so a step that has one is never what a plan does.
    """
    try:
        parts = split(operation.in_namespace(namespace), namespace)
    except RefusedError:
        return None
    singles = (part.on(target) for part in parts for target in part.all_targets)
    return tuple(each.in_namespace(namespace) for each in singles)


# --- By its own record ----------------------------------------------------------------------------


def record_unknown(plan: Plan) -> Reliance | None:
    """Why earlier executions say nothing of what this plan does; None where they do."""
    if plan.type not in _ANEW_EACH_TIME:
        return None
    return Reliance(
        None, f"one {plan.type} says nothing of the next, and the request follows no playbook"
    )


def given_up(request: ApprovalRequest, plan: Plan, retired: Iterable[Playbook]) -> Reliance | None:
    """Why its own record does not count where people have retired a playbook that does the same."""
    name = next((p.metadata.name for p in retired if follows(request, plan, p)), None)
    if name is None:
        return None
    return Reliance(None, f"playbook {name}, which does the same, is Retired")


def record_of(plan: Plan) -> tuple[Choice, ...]:
    """Which executions to look at: those of the same operation, one choice a target."""
    targets = (step.target for step in plan.steps)
    names = dict.fromkeys(f"{each.namespace or ''}/{each.kind}/{each.name}" for each in targets)
    return tuple(Choice(operation=str(plan.type), target=name) for name in names)


def in_record(
    request: ApprovalRequest,
    found: Sequence[tuple[Choice, Sequence[Execution]]],
    now: datetime,
) -> Reliance:
    """The trust in an operation on its targets: the lowest. ``found`` answers ``record_of``."""
    at = judged_at(request, now)
    lowest, choice = min(
        (
            (trust(((each.finished_at, each.success) for each in executions), at), choice)
            for choice, executions in found
        ),
        key=lambda pair: pair[0],
    )
    return Reliance(lowest, f"{choice.operation} of {(choice.target or '').lstrip('/')}")
