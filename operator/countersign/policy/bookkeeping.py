"""What is to be written and told besides a status, and how the status says how far that is.

One entry of ``status.effects`` for each effect. ``Recorded`` is True once none of them is Pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from countersign.actions.render import action_text
from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.conditions import ConditionType, condition
from countersign.api.effects import EffectState, EffectStatus
from countersign.api.phase import Phase
from countersign.api.status import VALUE_LIMIT, KnowledgeReference
from countersign.api.text import clip
from countersign.policy.status_draft import StatusDraft
from countersign.records.incident import incident_name

KNOWLEDGE = "knowledge"
INCIDENT = "incident"
PLAYBOOK = "playbook"
LEARNING = "learning"
LATE = (INCIDENT, PLAYBOOK, LEARNING)
"""What follows the final status, in this order."""
MESSAGE = "message-"
MAX_MESSAGES = 16
"""Entries about messages; the oldest settled ones make room."""
NO_INCIDENT = "No incident is linked: neither spec.incident nor an INC-… in the texts."

Effects = Mapping[str, EffectStatus]


@dataclass(frozen=True)
class Result:
    """What came of trying an effect. ``knowledge``: where the entry is now, if it was written."""

    state: EffectState
    message: str | None = None
    knowledge: KnowledgeReference | None = None


def succeeded(request: ApprovalRequest) -> bool:
    """Whether a finished request ended well."""
    return request.phase is Phase.SUCCEEDED


def effects_of(request: ApprovalRequest, now: datetime) -> dict[str, EffectStatus]:
    """The effects of a request, as far as they are.

    Where an execution's status names none, an older operator has written it, or an older CRD has
    dropped them: then whatever was not seen to be done is to be tried, which does no harm twice.
    """
    effects = dict(request.status.effects)
    if _is_recorded(request.status) is False and KNOWLEDGE not in effects:
        began = _begun(request, success=succeeded(request), now=now)
        if request.status.knowledge is not None:
            began[KNOWLEDGE] = EffectStatus(state=EffectState.DONE, since=now)
        effects = began | effects
    return effects


def needs_record(request: ApprovalRequest) -> bool:
    """Whether something about a finished request is still to be written or told."""
    recorded = _is_recorded(request.status)
    return recorded is False or bool(pending(request.status.effects))


def pending(effects: Effects) -> tuple[str, ...]:
    """Names of the effects that are still to be done."""
    return tuple(name for name, each in effects.items() if not each.state.settled)


def begin(draft: StatusDraft, *, success: bool) -> None:
    """An execution has ended: these are its effects, and none of them is done yet."""
    began = _begun(draft.request, success=success, now=draft.now)
    draft.fields["effects"] = {**draft.request.status.effects, **began}
    _say(draft)


def recorded(
    request: ApprovalRequest, results: Mapping[str, Result], now: datetime
) -> ApprovalRequestStatus | None:
    """The status after effects were tried; None where it says all of that already."""
    draft, before = StatusDraft(request, now), effects_of(request, now)
    draft.fields["effects"] = before | {
        name: _after(before.get(name), result, now) for name, result in results.items()
    }
    for result in results.values():
        if result.knowledge is not None:
            draft.fields["knowledge"] = result.knowledge
    if _is_recorded(request.status) is not None:
        _say(draft)
    status = draft.done(request.status.message or "")
    return None if status == request.status else status


def recorded_late(
    request: ApprovalRequest, results: Mapping[str, Result], now: datetime
) -> ApprovalRequestStatus | None:
    """The same, some time after the end: that the entry was written late is worth telling."""
    status = recorded(request, results, now)
    entry = results.get(KNOWLEDGE)
    if status is None or entry is None or entry.knowledge is None:
        return status
    draft = StatusDraft(request.model_copy(update={"status": status}), now)
    draft.tell("record", "success", "Recorded", entry.knowledge.location)
    return draft.done(status.message or "")


def with_messages(
    request: ApprovalRequest,
    status: ApprovalRequestStatus,
    names: Iterable[str],
    now: datetime,
) -> ApprovalRequestStatus:
    """The status that is about to be written, and that these messages are due with it."""
    due = {name: EffectStatus(state=EffectState.PENDING, since=now) for name in names}
    if not due:
        return status
    draft = StatusDraft(request.model_copy(update={"status": status}), now)
    draft.fields["effects"] = _bounded({**due, **status.effects}, due.keys())
    if _is_recorded(status) is not None:
        _say(draft)
    return draft.done(status.message or "")


def without_messages(request: ApprovalRequest) -> ApprovalRequest:
    """A request that is gone: nobody can write into it what came of a message."""
    effects = request.status.effects.items()
    left = {name: each for name, each in effects if not name.startswith(MESSAGE)}
    return request.model_copy(
        update={"status": request.status.model_copy(update={"effects": left})}
    )


def _begun(request: ApprovalRequest, *, success: bool, now: datetime) -> dict[str, EffectStatus]:
    pending_ = EffectStatus(state=EffectState.PENDING, since=now)
    incident = incident_name(request, action_text(request))
    effects = {KNOWLEDGE: pending_}
    if success and incident is not None:
        effects |= {INCIDENT: pending_, PLAYBOOK: pending_}
    elif success:
        skipped = EffectState.SKIPPED
        effects[PLAYBOOK] = EffectStatus(state=skipped, message=NO_INCIDENT, since=now)
    if incident is not None or request.spec.playbook is not None:
        effects[LEARNING] = pending_
    return effects


def _after(before: EffectStatus | None, result: Result, now: datetime) -> EffectStatus:
    message = clip(result.message, VALUE_LIMIT) if result.message else None
    same = before is not None and before.state is result.state
    since = before.since if before is not None and same else now
    return EffectStatus(state=result.state, message=message, since=since)


def _bounded(effects: dict[str, EffectStatus], due: Iterable[str]) -> dict[str, EffectStatus]:
    """Without the messages beyond so many: those that are settled go first, then the oldest."""
    due = set(due)
    old = [name for name in effects if name.startswith(MESSAGE) and name not in due]
    old.sort(key=lambda name: (not effects[name].state.settled, effects[name].since))
    gone = set(old[: max(0, len(old) + len(due) - MAX_MESSAGES)])
    return {name: each for name, each in effects.items() if name not in gone}


def _say(draft: StatusDraft) -> None:
    """Set the condition Recorded from the effects."""
    effects: Effects = draft.fields["effects"]
    entry: KnowledgeReference | None = draft.fields.get("knowledge", draft.request.status.knowledge)
    left = pending(effects)
    if left == (KNOWLEDGE,):
        text = "The knowledge entry could not be written; it is tried again until it can."
        draft.set(ConditionType.RECORDED, "False", "StoreUnavailable", text)
    elif left:
        text = f"Still to be done: {', '.join(left)}."
        draft.set(ConditionType.RECORDED, "False", "Outstanding", text)
    else:
        dead = [name for name, each in effects.items() if each.state is EffectState.DEAD]
        given_up = f" Given up: {', '.join(dead)}." if dead else ""
        where = entry.location if entry is not None else "Nothing is left to be done."
        draft.set(ConditionType.RECORDED, "True", "Recorded", f"{where}{given_up}")


def _is_recorded(status: ApprovalRequestStatus) -> bool | None:
    """What the condition Recorded says; None where there is none: nothing was carried out."""
    said = condition(status.conditions, ConditionType.RECORDED)
    return said.status == "True" if said is not None else None
