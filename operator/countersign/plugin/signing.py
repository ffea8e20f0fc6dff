"""One's own signature: what is sent, and when nothing is."""

from __future__ import annotations

import hashlib

from countersign.api.approval_request import ApprovalRequest
from countersign.api.conditions import ConditionType
from countersign.api.phase import Phase
from countersign.api.signature import Signature
from countersign.plugin import words
from countersign.plugin.commands.deciding import Decision
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.plugin.requests import bare
from countersign.plugin.reviews import Person
from countersign.policy.decide import SIGNATURES_MISSING, SUSPENDED, current_plan
from countersign.ports import JsonObject

_LONGEST_MANAGER = 128


def manager_of(person: Person) -> str:
    """The field manager of a person's own entries, so that nobody's apply removes another's.

    It is the user name, as docs/signing.md has people write it by hand.
    """
    if len(person.name) <= _LONGEST_MANAGER and person.name.isprintable():
        return person.name
    return "countersign-" + hashlib.sha256(person.name.encode()).hexdigest()[:32]


def entry_body(
    request: ApprovalRequest, person: Person, decision: Decision, digest: str, comment: str | None
) -> JsonObject:
    """What is applied: the person's own entry alone, bound to the plan that was shown.

    With ``groups``, also where the API server would fill them in: an older one does not.
    """
    entry: JsonObject = {"signer": person.name, "decision": decision.written, "plan": digest}
    if person.groups_to_sign_with:
        entry["groups"] = list(person.groups_to_sign_with)
    if comment is not None:
        entry["comment"] = comment
    if decision is Decision.BREAK_GLASS:
        entry["breakGlass"] = True
    body = bare(request.metadata.name, request.metadata.namespace)
    # Another request of the same name is another request.
    body["metadata"]["uid"] = request.metadata.uid
    body["spec"] = {"signatures": [entry]}
    return body


def digest_to_sign(request: ApprovalRequest, person: Person, expected: str | None) -> str:
    """The digest of the plan that there is to sign; ``PluginError`` where there is none.

    ``expected`` is one that a script has seen before.
    """
    _still_pending(request, "signed")
    plan = current_plan(request)
    if plan is None:
        raise refused(
            f"{request.key} has no plan yet that could be signed. Wait for it: kubectl countersign "
            f"wait {words.at(request)} --for planned."
        )
    if person.name in (request.spec.requested_by, request.spec.submitted_by):
        raise refused(
            f"You ({person.name}) proposed {request.key} and so cannot sign it. Somebody else has "
            "to; you can call it off: kubectl countersign cancel."
        )
    if request.spec.dry_run:
        raise refused(f"{request.key} is a dry run: there is nothing to sign.")
    if expected is not None and plan.digest != expected:
        raise changed(request)
    return plan.digest


def changed(request: ApprovalRequest) -> PluginError:
    """The plan is not the one that was seen."""
    return refused(
        f"The plan of {request.key} has changed since it was shown, so nothing was signed. Look at "
        f"the new one: kubectl countersign show {words.at(request)}."
    )


def replaced(request: ApprovalRequest) -> PluginError:
    """It is another one of the same name."""
    return refused(
        f"{request.key} was deleted and proposed anew since it was shown, so nothing was signed. "
        f"Look at the new one: kubectl countersign show {words.at(request)}."
    )


def lacks_signatures(request: ApprovalRequest) -> bool:
    """Whether people still have to sign, also while the kill switch is why it waits."""
    if _waits_because(request, SUSPENDED):
        more = _still_wanted(request)
        return more is not None and more > 0
    return _waits_because(request, SIGNATURES_MISSING)


def is_held_with_enough(request: ApprovalRequest) -> bool:
    """Whether the kill switch is why it waits, and the number of signatures is reached.

    Whether somebody of a group is missing all the same is then for the policies to say.
    """
    more = _still_wanted(request)
    return _waits_because(request, SUSPENDED) and more is not None and more <= 0


def _waits_because(request: ApprovalRequest, reason: str) -> bool:
    approved = request.status.condition(ConditionType.APPROVED)
    if request.phase is not Phase.PENDING or approved is None or current_plan(request) is None:
        return False
    return approved.reason == reason


def _still_wanted(request: ApprovalRequest) -> int | None:
    """How many signatures are missing by their number; None where the status does not say it."""
    have, _, wanted = (request.status.signed or "").partition("/")
    return int(wanted) - int(have) if have.isdecimal() and wanted.isdecimal() else None


def own(request: ApprovalRequest, name: str) -> Signature | None:
    """The entry of the person of that name."""
    return next((each for each in request.spec.signatures if each.signer == name), None)


def says_so_already(
    request: ApprovalRequest, person: Person, decision: Decision, digest: str, comment: str | None
) -> bool:
    """Whether the entry that would be written is there."""
    entry = own(request, person.name)
    if entry is None or entry.recorded_by is not None:
        return False
    glass = decision is Decision.BREAK_GLASS
    written = (entry.decision, entry.plan, bool(entry.break_glass))
    same = written == (decision.written, digest, glass)
    return same and comment in (None, entry.comment)


def withdrawal(request: ApprovalRequest, person: Person) -> list[JsonObject]:
    """The JSON patch that takes one's own entry out, wherever it stands and whoever else writes.

    ``PluginError`` where there is none, or the request has been decided.
    """
    _still_pending(request, "withdrawn from")
    for at, each in enumerate(request.spec.signatures):
        if each.signer == person.name:
            path = f"/spec/signatures/{at}"
            return [
                {"op": "test", "path": "/metadata/uid", "value": request.metadata.uid},
                {"op": "test", "path": f"{path}/signer", "value": person.name},
                {"op": "remove", "path": path},
            ]
    raise PluginError(
        f"You ({person.name}) have not signed {request.key}: there is nothing to withdraw.",
        Exit.MISSING,
    )


def _still_pending(request: ApprovalRequest, what: str) -> None:
    if request.phase is not Phase.PENDING:
        raise refused(
            f"{request.key} is {request.phase}: it has been decided, and can no longer be {what}."
        )
