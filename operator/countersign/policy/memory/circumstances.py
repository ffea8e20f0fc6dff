"""All that a decision depends on besides the request and the time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from countersign.policy.approval_policies.matching import (
    Labels,
    Spaces,
    applies,
    applying,
    selects_namespaces,
)
from countersign.policy.approval_policies.named_policy import NamedPolicy
from countersign.policy.approval_policies.subject import Subject
from countersign.policy.memory.history import Past
from countersign.policy.memory.reliance import Reliance


@dataclass(frozen=True)
class Circumstances:
    """The policies there are, the labels of namespaces, and what was approved before.

    ``namespaces`` has those whose labels are known, by name; ``former`` has the last labels of
    those that were deleted; ``complete`` says that there are no others, ``absent`` has those that
    are known not to be there where that cannot be said of all. ``reliance`` is there where
    the decision depends on it, see ``decide.asks_for_trust``.
    """

    policies: tuple[NamedPolicy, ...]
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    former: Mapping[str, Labels] = field(default_factory=dict)
    complete: bool = False
    absent: Collection[str] = ()
    past: Collection[Past] = ()
    reliance: Reliance | None = None

    def in_force(self, subject: Subject) -> tuple[NamedPolicy, ...]:
        """The policies that a request comes under."""
        labels = self.namespaces.get(subject.namespace)
        return applying(self.policies, subject, labels, self._elsewhere(subject))

    def counts(self, policy: NamedPolicy, earlier: Past) -> bool:
        """Whether something that was approved before is of what a policy matches.

        To delete its namespace does not make room for more. One that was deleted before any policy
        selected namespaces has had no labels that anybody knows, and is in nobody's way.
        """
        subject = earlier.subject
        labels, elsewhere = self._last_known(subject.namespace), self._elsewhere(subject)
        if labels is None and self.complete and selects_namespaces((policy,)):
            return bool(elsewhere) and applies(policy, subject, {}, elsewhere)
        return applies(policy, subject, labels, elsewhere)

    def unknown(self, subject: Subject) -> tuple[str, ...]:
        """Namespaces whose labels decide which policies a request comes under, and are not known.

        The watch of namespaces may be behind: what is there is waited for.
        """
        if not selects_namespaces(self.policies):
            return ()
        names = (name for name in subject.populated if self._last_known(name) is None)
        return tuple(sorted(names))

    def _elsewhere(self, subject: Subject) -> Spaces:
        """Labels of the other namespaces that it reaches into; one that is not there has none."""
        labels: Spaces = {name: self._last_known(name) for name in subject.elsewhere}
        return {
            name: each
            for name, each in labels.items()
            if each is not None or not (self.complete or name in self.absent)
        }

    def _last_known(self, namespace: str) -> Labels | None:
        return self.namespaces.get(namespace, self.former.get(namespace))
