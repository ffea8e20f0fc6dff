"""What a request still needs, who could give it, and when that changes: as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from countersign.api.approval_request import GROUP, PLURAL, ApprovalRequest
from countersign.api.base import format_time
from countersign.api.phase import Phase
from countersign.plugin import words
from countersign.plugin.details import signatures
from countersign.plugin.screen import Line, Span, line
from countersign.plugin.signing import own
from countersign.policy.decide import current_plan
from countersign.policy.explaining.explained import Explanation, Missing, Rights
from countersign.policy.quorum import not_for
from countersign.policy.reading.fields import listed, part
from countersign.ports import JsonObject

_VERB = "approve"


@dataclass(frozen=True)
class You:
    """Who asks; ``may``: whether RBAC lets them sign requests of that risk there."""

    name: str
    may: bool


def explanation(
    request: ApprovalRequest,
    found: Explanation,
    able: Sequence[str] | None,
    unseen: Sequence[str] = (),
    about: Sequence[tuple[str, Span]] = (),
    you: You | None = None,
) -> Iterator[Line]:
    """Which policies apply, what is missing and who could give it.

    ``able`` are those who hold the right to sign; None where one may not see that. ``unseen`` is
    what else one may not see, a sentence each. ``about`` is what it belongs to, with a label each.
    ``you`` is who asks, where that is known.
    """
    yield line((request.key, "bold"), "  ", words.phase(request))
    yield line(found.message or "It has been decided.")
    if found.policies:
        level, style = words.risk(request)
        risk = ("Risk ", (level, style), ", under ") if level else ("Under ",)
        yield line(*risk, f"policy {', '.join(each.name for each in found.policies)}.")
    for label, said in about:
        yield line(f"{label} ", said, ".", hang=2)
    if request.phase is not Phase.PENDING or found.rights is None:
        yield from signatures(request)
        return
    yield from _standing(request, found)
    yield from signatures(request)
    for each in found.ignored:
        yield line("  ", (f"{each.signer}'s approval does not count: {each.why}.", "yellow"))
    yield line()
    yield from _who_could(request, found, found.rights, able)
    if you is not None:
        yield line("  ", *_could_you(request, found.rights, you), hang=2)
    for sentence in unseen:
        yield line((sentence, "yellow"))


def _standing(request: ApprovalRequest, found: Explanation) -> Iterator[Line]:
    for each in found.met:
        yield line(("✓ ", "green"), each)
    for missing in found.missing:
        yield line(("· ", "yellow"), _missing(missing), hang=2)
    for obstruction in found.obstructions:
        yield line(("! ", "red"), _sentence(obstruction.message), hang=2)
    for doubt in found.not_automatic:
        yield line("  ", ("Not automatic: ", "dim"), doubt, hang=2)
    if found.comment_demanded:
        yield line("Each signature has to say why (-m).")
    if found.digest_demanded:
        yield line("Each signature has to name the plan; the plugin and the API server see to it.")
    if found.break_glass_groups:
        groups = " or ".join(found.break_glass_groups)
        yield line(
            f"In an emergency one signature of {groups} is enough: "
            f"kubectl countersign approve {words.at(request)} --break-glass -m REASON",
            hang=2,
        )
    if found.expires_at is not None:
        yield line(f"Expires at {format_time(found.expires_at)}.")
    if found.next_change is not None and found.next_change != found.expires_at:
        yield line(f"The next change by itself: {format_time(found.next_change)}.")


def _missing(missing: Missing) -> str:
    number = f"{missing.count} more {'signature' if missing.count == 1 else 'signatures'}"
    if missing.policy is None:
        return f"Missing: {number} of {missing.what}."
    named = [f"group {each}" for each in missing.groups] + [
        f"user {each}" for each in missing.users
    ]
    of_whom = f": {', '.join(named)}" if named else ""
    return f"Missing: {number} for {missing.what} (policy {missing.policy}){of_whom}."


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _who_could(
    request: ApprovalRequest, found: Explanation, rights: Rights, able: Sequence[str] | None
) -> Iterator[Line]:
    yield line(("Who could sign", "bold"))
    requester, level = request.spec.requested_by, rights.subresource
    if able is None:
        yield line(
            f"  whoever has the verb approve on approvalrequests/{level} in namespace "
            f"{rights.namespace}; you may not read the role bindings that say who.",
            hang=2,
        )
        return
    done = {f"user {each.signer}" for each in request.spec.signatures}
    for who in able:
        if who in (f"user {requester}", f"user {request.spec.submitted_by}"):
            yield line("  ", (f"{who}: proposed it, so not this one", "dim"))
        else:
            yield line(f"  {who}", (" (has signed)" if who in done else "", "dim"))
    if not able:
        yield line("  ", ("nobody: no binding gives that right here", "red"))
    narrowed = "; of them, whom the policies above name" if _is_narrowed(found) else ""
    never = f"{requester or 'the requester'} never signs their own"
    yield line("  ", (f"by the role bindings{narrowed}; {never}", "dim"))


def _could_you(request: ApprovalRequest, rights: Rights, you: You) -> Sequence[str | Span]:
    if you.name in (request.spec.requested_by, request.spec.submitted_by):
        return (f"You ({you.name}) proposed it, so not you.",)
    if not you.may:
        right = f"approve on approvalrequests/{rights.subresource}"
        return (f"You ({you.name}) could not: that takes the verb {right} here.",)
    entry = own(request, you.name)
    plan = current_plan(request)
    if entry is not None and plan is not None and not_for(entry, plan) is None:
        return (f"You ({you.name}) have signed.",)
    command = f"kubectl countersign approve {words.at(request)}"
    return f"You ({you.name}) could: ", (command, "cyan")


def _is_narrowed(found: Explanation) -> bool:
    return any(each.users or each.groups for each in found.missing)


def may_approve(
    level: str, roles: Iterable[JsonObject], bindings: Iterable[JsonObject]
) -> list[str]:
    """The subjects whose bindings let them sign requests of that risk, as ``group sre``.

    ``roles`` are Roles and ClusterRoles; ``bindings`` those that hold in the namespace.
    """
    able = {
        (str(role.get("kind")), str(part(role, "metadata").get("name")))
        for role in roles
        if any(_allows(rule, level) for rule in listed(role, "rules"))
    }
    found = {
        _subject(subject)
        for binding in bindings
        if _role_of(binding) in able
        for subject in listed(binding, "subjects")
    }
    return sorted(found)


def _role_of(binding: JsonObject) -> tuple[str, str]:
    role = part(binding, "roleRef")
    return str(role.get("kind")), str(role.get("name"))


def _allows(rule: JsonObject, level: str) -> bool:
    resources = {"*", f"{PLURAL}/{level}", f"*/{level}"}
    return (
        _has(rule, "verbs", {"*", _VERB})
        and _has(rule, "apiGroups", {"*", GROUP})
        and _has(rule, "resources", resources)
        and not rule.get("resourceNames")
    )


def _has(rule: JsonObject, field: str, wanted: set[str]) -> bool:
    values = rule.get(field)
    return isinstance(values, list) and any(
        isinstance(each, str) and each in wanted for each in values
    )


def _subject(subject: JsonObject) -> str:
    kind, name = str(subject.get("kind")), str(subject.get("name"))
    if kind == "ServiceAccount":
        return f"service account {subject.get('namespace')}/{name}"
    return f"{kind.lower()} {name}"
