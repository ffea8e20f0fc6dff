"""All that a decision depends on besides the request and the time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from countersign.policy.history import Past
from countersign.policy.matching import Labels, applies, applying, selects_namespaces
from countersign.policy.named_policy import NamedPolicy
from countersign.policy.reliance import Reliance
from countersign.policy.subject import Subject


@dataclass(frozen=True)
class Circumstances:
    """The policies there are, the labels of namespaces, and what was approved before.

    ``namespaces`` has those whose labels are known, by name. ``reliance`` is there where the
    decision depends on it, see ``decide.asks_for_trust``.
    """

    policies: tuple[NamedPolicy, ...]
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    past: Collection[Past] = ()
    reliance: Reliance | None = None

    def in_force(self, subject: Subject) -> tuple[NamedPolicy, ...]:
        """The policies that a request comes under."""
        return applying(self.policies, subject, self.namespaces.get(subject.namespace))

    def counts(self, policy: NamedPolicy, earlier: Past) -> bool:
        """Whether something that was approved before is of what a policy matches.

        Whatever is approved is in a namespace whose labels are known then: one that is not there
        any more has been deleted since, and no selector selects it.
        """
        labels = self.namespaces.get(earlier.subject.namespace)
        if labels is None and selects_namespaces((policy,)):
            return False
        return applies(policy, earlier.subject, labels)

    def knows(self, namespace: str) -> bool:
        """Whether it can be told which policies a request of this namespace comes under."""
        return namespace in self.namespaces or not selects_namespaces(self.policies)
