"""One request, in full: what people look at before they sign it, and afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from countersign.actions.render import action_text
from countersign.api.approval_request import ApprovalRequest
from countersign.api.phase import Phase
from countersign.api.signature import Signature
from countersign.api.status import MeasuredRadius, Plan, PlanStep, TimelineEvent
from countersign.plugin import words
from countersign.plugin.linked import NOTHING_READ, Linked
from countersign.plugin.screen import Line, Span, line
from countersign.plugin.signing import lacks_signatures
from countersign.policy.decide import current_plan
from countersign.policy.quorum import not_for

UNSEEN = (
    "The operator has not looked at it yet. If it stays so: kubectl get pods -n countersign-system."
)
_LABEL = 14
"""Width of the labels on the left."""
_SYMBOLS = {"success": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}
_CONDITIONS = {"True": "green", "False": "red", "Unknown": "yellow"}


def details(
    request: ApprovalRequest, now: datetime, named: Linked = NOTHING_READ
) -> Iterator[Line]:
    """All that there is to know; ``named`` are the incident and the playbook that it names."""
    yield from summary(request, now, named)
    yield from signatures(request)
    yield from _outcome(request)
    yield from timeline(request.status.timeline)
    yield from _conditions(request)
    yield from _next(request)


def summary(
    request: ApprovalRequest, now: datetime, named: Linked = NOTHING_READ
) -> Iterator[Line]:
    """What is asked for, and what exactly would be done: what a signature is for."""
    spec, status = request.spec, request.status
    yield line((request.key, "bold"), "  ", words.phase(request))
    if status.message or request.phase is Phase.PENDING:
        yield line(status.message or UNSEEN)
    yield line()
    yield from _action(request)
    if spec.description:
        yield from _field("Why", spec.description)
    for label, said in named.said(request, now):
        yield from _field(label, said)
    who = spec.requested_by or "unknown"
    ago = words.age(request.metadata.creation_timestamp, now)
    sure = "" if spec.confidence is None else f", {spec.confidence:.0%} sure"
    yield from _field("Requested by", f"{who}, {ago} ago{sure}")
    yield from _field("Runs as", f"service account {spec.service_account_name}")
    if status.risk_level is not None:
        yield from _field("Risk", words.risk(request))
    if spec.not_before is not None:
        yield from _field("Not before", words.clock(spec.not_before))
    if status.expires_at is not None:
        yield from _field("Expires", words.clock(status.expires_at))
    if spec.dry_run:
        yield from _field("Dry run", "planned only; nothing is ever carried out")
    yield from _expected(request)
    if status.plan is not None:
        yield from _plan(request, status.plan, now)


def _action(request: ApprovalRequest) -> Iterator[Line]:
    """What was asked for, to the letter: what a plan has no room for is signed as well."""
    if action := action_text(request):
        yield from _field("Action", action)
    operation, plan = request.spec.operation, request.status.plan
    if operation is not None and operation.apply is not None and plan and _leaves_out(plan):
        yield from _field("Manifest", operation.apply.manifest)


def _leaves_out(plan: Plan) -> bool:
    """Whether a value was too long, or changes were too many; each is marked by a digest."""
    return any(
        "… (sha256:" in (value or "") or change.field == "…"
        for step in plan.steps
        for change in step.changes
        for value in (change.before, change.after)
    )


def signatures(request: ApprovalRequest) -> Iterator[Line]:
    """Who has decided what, and whether it counts."""
    if not request.spec.signatures:
        return
    yield line()
    signed = f" ({request.status.signed})" if request.status.signed else ""
    yield line((f"Signatures{signed}", "bold"))
    for each in request.spec.signatures:
        yield _signature(request, each)


def timeline(events: Sequence[TimelineEvent]) -> Iterator[Line]:
    """What has happened to a request."""
    if not events:
        return
    yield line()
    yield line(("Timeline", "bold"))
    for event in events:
        said = f": {event.description}" if event.description else ""
        start = f"  {words.clock(event.time)}  "
        yield line(
            start,
            _SYMBOLS[event.status],
            f" {event.actor}: ",
            (event.title, "bold"),
            said,
            hang=len(start) + 2,
        )


def _plan(request: ApprovalRequest, plan: Plan, now: datetime) -> Iterator[Line]:
    yield line()
    stale = current_plan(request) is None and not request.phase.terminal
    yield line(
        (f"Plan {plan.revision}", "bold"),
        f", made {words.age(plan.planned_at, now)} ago",
        (" - stale: a new one is being made" if stale else "", "red"),
    )
    yield line("  ", (plan.digest, "dim"))
    if plan.flapping:
        yield line("  ", (plan.flapping, "bold yellow"), hang=4)
    for step in plan.steps:
        yield from _step(step)
    if plan.blast_radius is not None:
        for said in _felt(plan.blast_radius):
            yield from _field("  Felt by", said)


def _step(step: PlanStep) -> Iterator[Line]:
    yield line("  ", (step.summary, "cyan"), hang=4)
    for change in step.changes:
        yield line("    ", change.field, hang=6)
        if change.before is not None:
            yield line("    ", (f"- {change.before}", "red"), hang=6)
        if change.after is not None:
            yield line("    ", (f"+ {change.after}", "green"), hang=6)
    if not step.changes:
        yield line("    ", ("nothing to change", "dim"))


def _felt(radius: MeasuredRadius) -> Iterator[Span]:
    pods = "no pods" if not radius.pods else f"{radius.pods} pod{'s' * (radius.pods != 1)}"
    if radius.all_replicas:
        yield f"{pods}, all ready replicas of a workload at once", "red"
    else:
        yield pods, ""
    if radius.services:
        yield f"Services: {', '.join(radius.services)}", ""
    if radius.disruption_budgets:
        yield f"violates PodDisruptionBudgets: {', '.join(radius.disruption_budgets)}", "red"
    if radius.unknown:
        yield f"not measured: {radius.unknown}", "yellow"


def _expected(request: ApprovalRequest) -> Iterator[Line]:
    """What the proposer expects, which is a claim and no measurement."""
    expected = request.spec.blast_radius
    if expected is None:
        return
    services = ", ".join(expected.related_services) or "no services"
    yield from _field(
        "They expect",
        f"{expected.affected_pods} pods, {services}, downtime {expected.estimated_downtime}, "
        f"data impact {expected.data_impact}",
    )


def _signature(request: ApprovalRequest, each: Signature) -> Line:
    plan = current_plan(request)
    why_not = not_for(each, plan) if plan is not None else None
    approves = each.decision == "Approve"
    symbol = ("✓", "green") if approves else ("✗", "red")
    glass = " in an emergency (break-glass)" if each.break_glass else ""
    groups = f" ({', '.join(each.groups)})" if each.groups else ""
    recorded = f", recorded by {each.recorded_by}" if each.recorded_by else ""
    comment = f": {each.comment}" if each.comment else ""
    return line(
        "  ",
        symbol if why_not is None else ("-", "dim"),
        " ",
        (each.signer, "bold"),
        f"{groups} {'approves' if approves else 'denies'}",
        (glass, "bold red"),
        f"{recorded}{comment}",
        (f" - does not count: {why_not}" if why_not else "", "yellow"),
        hang=4,
    )


def _outcome(request: ApprovalRequest) -> Iterator[Line]:
    result, undo = request.status.result, request.status.undo
    if result is None:
        return
    yield line()
    yield line(("Outcome", "bold"))
    yield line("  ", result.message, hang=2)
    for step in result.steps:
        yield line(f"    {step.outcome:<9}  {step.target}  {step.message}", hang=4)
    if result.output:
        for said in result.output.splitlines():
            yield line("  | ", said)
    if undo is not None:
        yield line("  Taken back by: ", (f"kubectl countersign undo {words.at(request)}", "cyan"))


def _conditions(request: ApprovalRequest) -> Iterator[Line]:
    if not request.status.conditions:
        return
    yield line()
    yield line(("Conditions", "bold"))
    for each in request.status.conditions:
        yield line(
            f"  {each.type:<9} ",
            (f"{each.status:<8}", _CONDITIONS[each.status]),
            f"{each.reason}: {each.message}" if each.message else each.reason,
            hang=20,
        )


def _next(request: ApprovalRequest) -> Iterator[Line]:
    """What people can do with one that waits for them."""
    if request.phase is not Phase.PENDING or current_plan(request) is None:
        return
    yield line()
    if lacks_signatures(request):
        yield line("To sign it: ", (f"kubectl countersign approve {words.at(request)}", "cyan"))
    yield line(
        "What it still needs: ", (f"kubectl countersign explain {words.at(request)}", "cyan")
    )


def _field(label: str, value: str | Span) -> Iterator[Line]:
    """A label and its value; more lines of the value stand under the first."""
    text, style = (value, "") if isinstance(value, str) else value
    for number, each in enumerate(text.strip().splitlines() or [""]):
        yield line(f"{'' if number else label:<{_LABEL}}", (each, style), hang=_LABEL)
