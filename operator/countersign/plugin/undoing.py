"""The operations that take back what a request has done."""

from __future__ import annotations

from itertools import groupby

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import MAX_TARGETS, Operation
from countersign.api.phase import Phase
from countersign.api.status import PlanStep
from countersign.plugin import words
from countersign.plugin.exits import refused


def reverse_of(request: ApprovalRequest) -> tuple[Operation, ...]:
    """What takes the effect back, in the order in which it has to be done.

    ``PluginError`` where nothing was done, or where something cannot be taken back.
    """
    result, plan = request.status.result, request.status.plan
    if not request.phase.terminal:
        raise refused(
            f"{request.key} is {request.phase}: there is nothing to take back yet. To call it off: "
            f"kubectl countersign cancel {words.at(request)}."
        )
    if result is None or plan is None or not result.changed:
        raise refused(f"{request.key} has changed nothing: there is nothing to take back.")
    if len(plan.steps) == 1:
        undo = request.status.undo
        if undo is None:
            raise refused(_no_way(request, plan.steps[0].summary))
        return (undo,)
    done = [step for at, step in enumerate(plan.steps) if _was_done(request, at)]
    without = next((step for step in done if step.undo is None), None)
    if without is not None:
        raise refused(_no_way(request, without.summary))
    return _joined([_undo_of(step) for step in reversed(done)])


def _undo_of(step: PlanStep) -> Operation:
    assert step.undo is not None  # noqa: S101 - looked for above
    return step.undo


def _was_done(request: ApprovalRequest, at: int) -> bool:
    """Whether a step has changed its object; all have where the result does not tell."""
    result = request.status.result
    steps = result.steps if result is not None else ()
    return at >= len(steps) or steps[at].changed


def _no_way(request: ApprovalRequest, summary: str) -> str:
    also = "" if request.phase is Phase.SUCCEEDED else " (it ended otherwise than planned)"
    return (
        f"There is no operation that takes this back{also}: {summary}. Propose by hand what is to "
        "be done instead."
    )


def _joined(operations: list[Operation]) -> tuple[Operation, ...]:
    """Neighbours that differ in nothing but their object become one operation on several."""
    joined: list[Operation] = []
    for _, group in groupby(operations, key=lambda each: each.on(operations[0].one).to_json()):
        same = list(group)
        for start in range(0, len(same), MAX_TARGETS):
            part = same[start : start + MAX_TARGETS]
            targets = tuple(each.one for each in part)
            joined.append(
                part[0]
                if len(part) == 1
                else part[0].model_copy(update={"target": None, "targets": targets})
            )
    return tuple(joined)
