"""What is known of policies, namespaces and earlier approvals, kept in memory.

It is told by watches, and answers without asking anybody. Until all that the policies depend on is
known it answers nothing: decisions wait, so that nothing is approved under policies that have only
not arrived yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.phase import Phase
from countersign.api.policy_require import REMEMBERED
from countersign.policy.approval_policies.matching import (
    Labels,
    Spaces,
    applies,
    selects_namespaces,
)
from countersign.policy.approval_policies.named_policy import NamedPolicy, read_policy
from countersign.policy.approval_policies.subject import Subject, subject_of
from countersign.policy.memory.circumstances import Circumstances
from countersign.policy.memory.flapping import FLAPPING_WITHIN
from countersign.policy.memory.history import Past, past_of
from countersign.ports import Clock

_FORGET_EVERY = 512
_OPEN = (Phase.PENDING, Phase.APPROVED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that a change of policy may concern, and where it is."""

    uid: str
    namespace: str
    name: str
    subject: Subject | None

    @property
    def spaces(self) -> frozenset[str]:
        """Its namespace, and those that it reaches into."""
        elsewhere = self.subject.elsewhere if self.subject is not None else frozenset()
        return elsewhere | {self.namespace}


class _Values(Collection[Past]):
    """What is known of the past, without a copy for every decision."""

    def __init__(self, known: Mapping[str, tuple[int, Past]]) -> None:
        self._known = known

    def __contains__(self, item: object) -> bool:
        return any(each == item for each in self)

    def __iter__(self) -> Iterator[Past]:
        return (past for _, past in self._known.values())

    def __len__(self) -> int:
        return len(self._known)


class PolicyBook:
    """The ``Policies`` port."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is known yet."""
        self._clock = clock
        self._policies: dict[str, NamedPolicy] = {}
        self._namespaces: dict[str, Labels] = {}
        self._former: dict[str, Labels] = {}
        self._past: dict[str, tuple[int, Past]] = {}
        self._waiting: dict[str, Waiting] = {}
        self._lacks = {"policies"}
        self._complete = asyncio.Event()
        self._namespaces_known = self._past_known = False
        self._seen = 0
        self._stirred: set[str] = set()

    # --- The port -----------------------------------------------------------------------------

    async def around(self, request: ApprovalRequest) -> Circumstances:
        """What a decision depends on; a request that is over depends on nothing."""
        if not request.phase.terminal:
            await self._complete.wait()
        return self.now()

    def now(self) -> Circumstances:
        """What is known at this moment, complete or not."""
        policies = tuple(self._policies[name] for name in sorted(self._policies))
        return Circumstances(
            policies,
            self._namespaces,
            self._former,
            complete=self._namespaces_known,
            past=_Values(self._past),
        )

    def approved(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> None:
        """Count an approval before it is written: two at once must not both be the last one."""
        past = past_of(request.model_copy(update={"status": status}))
        if past is not None:
            self._past[request.metadata.uid] = (request.metadata.version, past)

    # --- Policies -----------------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether decisions can be made."""
        return self._complete.is_set()

    @property
    def lacks(self) -> str:
        """What is still to be read, for people."""
        return ", ".join(sorted(self._lacks))

    @property
    def selects_namespaces(self) -> bool:
        """Whether the labels of namespaces are needed."""
        return selects_namespaces(self._policies.values())

    @property
    def looks_back(self) -> bool:
        """Whether it has to be known what was approved before."""
        return any(policy.looks_back for policy in self._policies.values())

    def policies_are(self, bodies: Iterable[Mapping[str, Any]]) -> list[Waiting]:
        """These are all; returns the requests that the differences may concern."""
        before, self._policies = self._policies, {}
        for body in bodies:
            policy = read_policy(body)
            self._policies[policy.name] = policy
        changed = [
            policy
            for name in before.keys() | self._policies.keys()
            if before.get(name) != self._policies.get(name)
            for policy in (before.get(name), self._policies.get(name))
            if policy is not None
        ]
        self._lacks.discard("policies")
        return self._changed(changed)

    def policy_is(self, body: Mapping[str, Any]) -> list[Waiting]:
        """One was made or changed."""
        policy = read_policy(body)
        before = self._policies.get(policy.name)
        if before == policy:
            return []
        self._policies[policy.name] = policy
        return self._changed([policy] if before is None else [before, policy])

    def policy_is_gone(self, name: str) -> list[Waiting]:
        """One was deleted."""
        before = self._policies.pop(name, None)
        return self._changed([before] if before is not None else [])

    def policies_are_unknown(self) -> None:
        """The watch is lost: what is in force now cannot be told."""
        self._lacks.add("policies")
        self._judge()

    def _changed(self, policies: list[NamedPolicy]) -> list[Waiting]:
        self._judge()
        if not policies:
            return []
        return self._stir(each for each in self._waiting.values() if self._concerns(policies, each))

    def _stir(self, concerned: Iterable[Waiting]) -> list[Waiting]:
        found = list(concerned)
        self._stirred |= {each.uid for each in found}
        return found

    def _concerns(self, policies: list[NamedPolicy], waiting: Waiting) -> bool:
        subject, known = waiting.subject, self._namespaces
        if subject is None:
            return True
        labels = known.get(waiting.namespace)
        elsewhere: Spaces = {name: known.get(name) for name in subject.elsewhere}
        return any(applies(each, subject, labels, elsewhere) for each in policies)

    # --- Namespaces ---------------------------------------------------------------------------

    def namespaces_are(self, labels: Mapping[str, Labels]) -> list[Waiting]:
        """These are all, by name; returns the requests in those that differ."""
        names = labels.keys() | self._namespaces.keys()
        differ = {name for name in names if labels.get(name) != self._namespaces.get(name)}
        self._former |= {
            name: known for name, known in self._namespaces.items() if name not in labels
        }
        self._namespaces = dict(labels)
        self._namespaces_known = True
        self._judge()
        return self._in(differ)

    def namespace_is(self, name: str, labels: Labels | None) -> list[Waiting]:
        """One was made or changed; without labels: deleted."""
        if self._namespaces.get(name) == labels:
            return []
        if labels is None:
            self._former[name] = self._namespaces.pop(name)
        else:
            self._namespaces[name] = labels
        return self._in({name})

    def namespaces_are_unknown(self) -> None:
        """They are not watched, or the watch is lost."""
        self._namespaces_known = False
        self._judge()

    def _in(self, namespaces: set[str]) -> list[Waiting]:
        if not namespaces or not self.selects_namespaces:
            return []
        waiting = self._waiting.values()
        return self._stir(each for each in waiting if not namespaces.isdisjoint(each.spaces))

    # --- Requests -----------------------------------------------------------------------------

    def saw(self, request: ApprovalRequest) -> None:
        """A request as it was listed or has become."""
        uid, version = request.metadata.uid, request.metadata.version
        if request.phase in _OPEN:
            metadata = request.metadata
            self._waiting[uid] = Waiting(
                uid, metadata.namespace, metadata.name, subject_of(request)
            )
        else:
            self._wait_no_more(uid)
        known = self._past.get(uid)
        if known is not None and known[0] > version:
            return  # An event from before the approval.
        past = past_of(request)
        if past is None or past.latest < self._clock.now() - self._kept_for:
            self._past.pop(uid, None)
        else:
            self._past[uid] = (version, past)
            self._forget_what_is_old()

    def is_looked_at(self, uid: str) -> None:
        """A request is about to be decided under what is known now."""
        self._stirred.discard(uid)

    def has_stirred(self, uid: str) -> bool:
        """Whether anything that concerns an open request has changed since."""
        return uid in self._stirred

    def forget(self, uid: str) -> None:
        """A request is gone. That something was approved is not forgotten with it."""
        self._wait_no_more(uid)

    def _wait_no_more(self, uid: str) -> None:
        self._waiting.pop(uid, None)
        self._stirred.discard(uid)

    def past_is_known(self) -> None:
        """Every request there was has been seen."""
        self._past_known = True
        self._judge()

    @property
    def _kept_for(self) -> timedelta:
        """All is read when a policy first looks back; before that, the last hours tell enough."""
        return REMEMBERED if self._past_known or self.looks_back else FLAPPING_WITHIN

    def _forget_what_is_old(self) -> None:
        self._seen += 1
        if self._seen % _FORGET_EVERY == 0:
            oldest = self._clock.now() - self._kept_for - timedelta(minutes=1)
            for uid in [uid for uid, (_, past) in self._past.items() if past.latest < oldest]:
                del self._past[uid]
            of_the_past = {
                name
                for _, past in self._past.values()
                for name in (past.subject.namespace, *past.subject.elsewhere)
            }
            for name in self._former.keys() - of_the_past:
                del self._former[name]

    def _judge(self) -> None:
        """Whether all is known that the policies of now depend on."""
        needs = {
            "namespaces": self.selects_namespaces and not self._namespaces_known,
            "earlier approvals": self.looks_back and not self._past_known,
        }
        self._lacks -= needs.keys()
        self._lacks |= {what for what, lacking in needs.items() if lacking}
        if self._lacks:
            self._complete.clear()
        else:
            self._complete.set()
