"""Every operation in a namespace of its own, for what goes wrong around its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from devcluster import Cluster
from tests.chaos.repairs import SYSTEM
from tests.support.cases import CASES, Case, state_of
from tests.support.knowledge import entries_about
from tests.support.site import JsonObject, Site
from tests.support.workloads import node, on_node, pod, workload

REQUEST = "do-it"
_BY_NAME = {case.name: case for case in CASES}
_ORDINARY = (
    "restart-Deployment", "scale-Deployment", "rollback-Deployment", "pause-Deployment",
    "resume-Deployment", "set-image-Deployment", "set-env-Deployment",
    "set-resources-Deployment", "label-Deployment", "annotate-ConfigMap", "patch-merge-ConfigMap",
    "patch-json-Deployment", "apply-new-ConfigMap", "apply-existing-ConfigMap",
    "delete-ConfigMap", "delete-Pod", "evict-Pod", "run-job", "cordon", "uncordon", "taint",
)  # fmt: skip
REMOVED = ("delete-ConfigMap", "delete-Pod", "evict-Pod")
"""What is gone afterwards: a second look cannot tell who has removed it."""


def _one_pod_there(site: Site) -> tuple[JsonObject, ...]:
    body = workload("Deployment")
    body["spec"]["template"]["spec"] |= on_node(site.node)
    return (node(site.node), body)


DRAIN = replace(_BY_NAME["drain"], laid=_one_pod_there)
EXEC = Case(
    name="exec",
    operation={
        "type": "Exec",
        "target": {"kind": "Pod", "name": "lone"},
        "exec": {"command": ["date"]},
    },
    text=None,
    risk="high",
    laid=lambda site: (pod("lone"),),
    changes=(),
    done=lambda live: True,
)
OPERATIONS = (*(_BY_NAME[name] for name in _ORDINARY), DRAIN, EXEC)
REPEATABLE = tuple(case for case in OPERATIONS if case is not EXEC)


def named(case: Case) -> str:
    return case.name


@dataclass
class Stay:
    """One request in a namespace of its own, and what became of it."""

    case: Case
    site: Site
    retry: JsonObject
    touched: bool = False
    by_hand: JsonObject | None = None
    uid: str = ""
    status: JsonObject = field(default_factory=dict)
    effects: int = 0
    entries: int = 0

    def begin(self) -> None:
        """Everything up to its plan."""
        self.case.prepared(self.site)
        made = self.site.propose(REQUEST, operation=self.case.typed(self.site), retry=self.retry)
        self.uid = made["metadata"]["uid"]
        self.site.planned(REQUEST)

    def sign(self) -> None:
        """As many as it takes."""
        self.site.sign(REQUEST)

    def touch(self) -> None:
        """What somebody changes by hand while no operator runs."""
        if self.touched:
            self.case.meddle(self.site)
            self.by_hand = state_of(self.case.seen(self.site))

    def close(self) -> None:
        """Leave nothing that another operator would look at, and no node.

        Not the whole namespace: the controller manager makes ninety requests to delete one.
        """
        ours = (
            ("ApprovalRequest", REQUEST),
            ("Node", self.site.node),
            ("ClusterRoleBinding", f"{self.site.namespace}.countersign-can-nodes"),
        )
        for kind, name in ours:
            if self.site.find(kind, name) is not None:
                self.site.delete(kind, name)

    @property
    def wanted_effects(self) -> int:
        """A drain is a cordon and an eviction."""
        return 2 if self.case is DRAIN else 1

    def assert_done_once(self, *, retries: int) -> None:
        """The effect is there, came once, and all that is to be written has been written once."""
        self.case.assert_done(self.site, self.status)
        assert self.effects == self.wanted_effects
        assert len(self.status["attempts"]) - 1 == retries
        assert self.case.name in REMOVED or self.status["result"]["changed"] is True
        assert self.entries == 1
        ends = [reason for reason in self.site.events(REQUEST) if reason == "Succeeded"]
        assert len(ends) == 1


def wait_for_the_end(cluster: Cluster, stays: Sequence[Stay], effects: Mapping[str, int]) -> None:
    """Of each, and of what came of it; ``effects`` are counted by namespaces.

    One after the other: who asks for all of them at once takes the operator's time.
    """
    for stay in stays:
        stay.status = stay.site.ended(REQUEST, seconds=90)
        stay.effects = effects[stay.site.namespace]
    maps = Site(cluster, SYSTEM).every("ConfigMap", "countersign.dev/store=knowledge")
    entries = entries_about(maps)
    for stay in stays:
        stay.entries = entries[stay.uid]
