"""Which policies a request comes under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from countersign.api.policy_match import PolicyMatch
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.subject import Subject, Touched
from countersign.policy.reading.selectors import matches as labels_match

Labels = Mapping[str, str]
Spaces = Mapping[str | None, Labels | None]
"""Labels of namespaces by name, None where they are not known."""
_NOWHERE: Spaces = MappingProxyType({})


def applying(
    policies: Iterable[NamedPolicy],
    subject: Subject,
    labels: Labels | None,
    elsewhere: Spaces = _NOWHERE,
) -> tuple[NamedPolicy, ...]:
    """The policies that match, in their order; ``partial`` where they are not about all of it."""
    return tuple(
        each if covers(each, subject, labels, elsewhere) else replace(each, partial=True)
        for each in policies
        if applies(each, subject, labels, elsewhere)
    )


def applies(
    policy: NamedPolicy, subject: Subject, labels: Labels | None, elsewhere: Spaces = _NOWHERE
) -> bool:
    """Whether one policy matches: what is done in a namespace is its policies' from anywhere.

    ``labels``: of the request's namespace; ``elsewhere``: of others that its targets are in. None
    where they are not known, and then a policy that selects namespaces counts as one that matches.
    """
    match = policy.match
    if match is None:
        return True
    return _fits(match, subject) and (
        (_selects(match, labels) and _has_target(match, subject))
        or any(
            each.space in elsewhere
            and _selects(match, elsewhere[each.space])
            and _is_target(match, each)
            for each in subject.targets
        )
    )


def covers(
    policy: NamedPolicy, subject: Subject, labels: Labels | None, elsewhere: Spaces = _NOWHERE
) -> bool:
    """Whether a policy that matches does so for each of the objects, and where each of them is.

    Only such a one may let something through that others would not: else whoever proposes could
    take any object along with one that it is easy on.
    """
    match = policy.match
    if match is None:
        return True
    spaces = {None: labels, subject.namespace: labels, **elsewhere}
    return _surely_selects(match, labels) and all(
        _is_target(match, each) and _surely_selects(match, spaces.get(each.space))
        for each in subject.targets
    )


def selects_namespaces(policies: Iterable[NamedPolicy]) -> bool:
    """Whether the labels of namespaces have to be known."""
    return any(
        each.match is not None and each.match.namespace_selector is not None for each in policies
    )


def _selects(match: PolicyMatch, labels: Labels | None) -> bool:
    if match.namespace_selector is None or labels is None:
        return True
    return labels_match(match.namespace_selector.to_json(), labels)


def _surely_selects(match: PolicyMatch, labels: Labels | None) -> bool:
    return match.namespace_selector is None or (labels is not None and _selects(match, labels))


def _fits(match: PolicyMatch, subject: Subject) -> bool:
    return (
        (not match.operations or not set(match.operations).isdisjoint(subject.operations))
        and (not match.risk_levels or subject.risk in match.risk_levels)
        and (match.requesters is None or _is_like(subject.requester, match.requesters.users))
    )


def _has_target(match: PolicyMatch, subject: Subject) -> bool:
    if not match.target_kinds and not match.target_names:
        return True
    return any(_is_target(match, target) for target in subject.targets)


def _is_target(match: PolicyMatch, target: Touched) -> bool:
    """Kind and name have to fit the same object."""
    return (not match.target_kinds or target.kind in match.target_kinds) and (
        not match.target_names or _is_like(target.name, match.target_names)
    )


def _is_like(name: str, patterns: Iterable[str]) -> bool:
    """Equal to one of them; ``*`` stands for any characters, and nothing else for anything."""
    return any(fnmatchcase(name, _only_stars(pattern)) for pattern in patterns)


def _only_stars(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("?", "[?]")
