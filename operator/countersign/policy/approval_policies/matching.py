"""Which policies a request comes under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from countersign.api.policy_match import PolicyMatch
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.subject import Subject
from countersign.policy.reading.selectors import matches as labels_match

Labels = Mapping[str, str]


def applying(
    policies: Iterable[NamedPolicy], subject: Subject, labels: Labels | None
) -> tuple[NamedPolicy, ...]:
    """The policies that match, in their order.

    ``labels``: of the request's namespace; None where they are not known, and then a policy that
    selects namespaces counts as one that matches.
    """
    return tuple(each for each in policies if applies(each, subject, labels))


def applies(policy: NamedPolicy, subject: Subject, labels: Labels | None) -> bool:
    """Whether one policy matches."""
    if policy.match is None:
        return True
    return _selects(policy.match, labels) and _fits(policy.match, subject)


def selects_namespaces(policies: Iterable[NamedPolicy]) -> bool:
    """Whether the labels of namespaces have to be known."""
    return any(
        each.match is not None and each.match.namespace_selector is not None for each in policies
    )


def _selects(match: PolicyMatch, labels: Labels | None) -> bool:
    if match.namespace_selector is None or labels is None:
        return True
    return labels_match(match.namespace_selector.to_json(), labels)


def _fits(match: PolicyMatch, subject: Subject) -> bool:
    return (
        (not match.operations or not set(match.operations).isdisjoint(subject.operations))
        and _has_target(match, subject)
        and (not match.risk_levels or subject.risk in match.risk_levels)
        and (match.requesters is None or _is_like(subject.requester, match.requesters.users))
    )


def _has_target(match: PolicyMatch, subject: Subject) -> bool:
    """Kind and name have to fit the same object."""
    if not match.target_kinds and not match.target_names:
        return True
    return any(
        (not match.target_kinds or target.kind in match.target_kinds)
        and (not match.target_names or _is_like(target.name, match.target_names))
        for target in subject.targets
    )


def _is_like(name: str, patterns: Iterable[str]) -> bool:
    """Equal to one of them; ``*`` stands for any characters, and nothing else for anything."""
    return any(fnmatchcase(name, _only_stars(pattern)) for pattern in patterns)


def _only_stars(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("?", "[?]")
