"""What a request still needs, and who could give it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from countersign.api.approval_request import GROUP, PLURAL, ApprovalRequest, Phase, Risk
from countersign.plugin import words
from countersign.plugin.details import signatures
from countersign.plugin.screen import Line, line
from countersign.policy.decide import current_plan, tally
from countersign.policy.fields import listed, part
from countersign.policy.requirement import requirement
from countersign.ports import JsonObject

_VERB = "approve"


@dataclass(frozen=True)
class Needs:
    """What is asked for, and how much of it is there."""

    policies: tuple[str, ...]
    needed: int
    signed: tuple[str, ...]
    denied: tuple[str, ...]
    digest_demanded: bool

    @property
    def missing(self) -> int:
        """Signatures that are still to come."""
        return max(0, self.needed - len(self.signed))


def needs_of(request: ApprovalRequest) -> Needs:
    """The one place that knows the policy in force."""
    found = requirement(request, request.status.risk_level or Risk.CRITICAL)
    counted = tally(request)
    return Needs(
        policies=tuple(each.name for each in found.policies),
        needed=found.signatures,
        signed=tuple(each.signer for each in counted.approvals) if counted else (),
        denied=tuple(each.signer for each in counted.denials) if counted else (),
        digest_demanded=found.digest_demanded,
    )


def explanation(request: ApprovalRequest, able: Sequence[str] | None) -> Iterator[Line]:
    """Which policies apply, what is missing and who could give it.

    ``able`` are those who hold the right to sign; None where one may not see that.
    """
    yield line((request.key, "bold"), "  ", words.phase(request))
    if request.phase is not Phase.PENDING:
        yield line(request.status.message or "It has been decided.")
        yield from signatures(request)
        return
    if current_plan(request) is None:
        yield line("It is not planned yet, so nobody knows its risk or what it needs.")
        return
    needs = needs_of(request)
    level, style = words.risk(request)
    yield line("Risk ", (level, style), f", under policy {', '.join(needs.policies)}.")
    yield _missing(needs)
    if needs.digest_demanded:
        yield line("Each signature has to name the plan; the plugin and the API server see to it.")
    yield from signatures(request)
    yield line()
    yield from _who_could(request, level, able, needs)


def _missing(needs: Needs) -> Line:
    if needs.denied:
        return line((f"Denied by {', '.join(needs.denied)}.", "red"))
    of = f"{needs.needed} {'signature' if needs.needed == 1 else 'signatures'}"
    if not needs.missing:
        return line((f"All of {of} are there.", "green"))
    return line((f"Missing: {needs.missing} of {of}.", "yellow"))


def _who_could(
    request: ApprovalRequest, level: str, able: Sequence[str] | None, needs: Needs
) -> Iterator[Line]:
    place = request.metadata.namespace
    yield line(("Who could sign", "bold"))
    requester = request.spec.requested_by
    if able is None:
        yield line(
            f"  whoever has the verb approve on approvalrequests/{level} in namespace {place}; "
            "you may not read the role bindings that say who.",
            hang=2,
        )
        yield line(f"  yourself? kubectl auth can-i approve approvals --subresource={level}")
        return
    done = {f"user {name}" for name in (*needs.signed, *needs.denied)}
    for who in able:
        if who == f"user {requester}":
            yield line("  ", (f"{who}: proposed it, so not this one", "dim"))
        else:
            yield line(f"  {who}", (" (has signed)" if who in done else "", "dim"))
    if not able:
        yield line("  ", ("nobody: no binding gives that right here", "red"))
    yield line(
        "  ",
        (f"by the role bindings; {requester or 'the requester'} never signs their own", "dim"),
    )


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
