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
    those that were deleted; ``complete`` says that there are no others. ``reliance`` is there where
    the decision depends on it, see ``decide.asks_for_trust``.
    """

    policies: tuple[NamedPolicy, ...]
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    former: Mapping[str, Labels] = field(default_factory=dict)
    complete: bool = False
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
        subject, known = earlier.subject, {**self.former, **self.namespaces}
        labels, elsewhere = known.get(subject.namespace), self._elsewhere(subject, known)
        if labels is None and self.complete and selects_namespaces((policy,)):
            return bool(elsewhere) and applies(policy, subject, {}, elsewhere)
        return applies(policy, subject, labels, elsewhere)

    def _elsewhere(self, subject: Subject, known: Mapping[str, Labels] | None = None) -> Spaces:
        """Labels of the other namespaces that it reaches into; one that is not there has none."""
        known = self.namespaces if known is None else known
        return {
            name: known.get(name)
            for name in subject.elsewhere
            if name in known or not self.complete
        }

    def knows(self, namespace: str) -> bool:
        """Whether it can be told which policies a request of this namespace comes under."""
        return namespace in self.namespaces or not selects_namespaces(self.policies)
