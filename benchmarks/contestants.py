"""Who runs: each gets objects ready, and signs one. What follows is what is measured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from benchmarks.api import Api, JsonObject
from benchmarks.watching import Watch, planned

ROOT = "/apis/apps/v1/namespaces"
PLAIN = "/apis/bench.countersign.dev/v1/namespaces"
OURS = "/apis/countersign.dev/v1alpha1/namespaces"
_SIGNATURE: JsonObject = {"spec": {"signatures": [{"signer": "alice", "decision": "Approve"}]}}


@dataclass(frozen=True)
class Actors:
    """The bare clients: the cluster's admin, who prepares; people; and the floor's account."""

    admin: Api
    agent: Api
    alice: Api
    bench: Api


class Contestant(Protocol):
    """One way from a signature to the end."""

    name: str
    namespace: str
    pid: int | None
    """The operator's process, if there is one."""
    collection: str
    """Path of the objects that are signed."""
    share: int
    """It takes one ``share``-th of the approvals, at least 16."""
    verified: bool
    """Whether its end waits for kube-controller-manager."""

    async def propose(self, name: str, number: int, turn: int, watch: Watch) -> None:
        """Make an object ready to be signed, for Deployment ``number`` and this turn."""
        ...

    async def sign(self, name: str) -> None:
        """Sign it; return when the server has taken the signature."""
        ...


def deployment(number: int) -> str:
    """The Deployment that approval ``number`` of a lap acts on."""
    return f"target-{number}"


class PlainKopf:
    """The operator of ``tutorial.py``."""

    name = "plain Kopf"
    namespace = "bench-plain-kopf"
    share = 1
    verified = False

    def __init__(self, actors: Actors, pid: int | None) -> None:
        self._actors = actors
        self.pid = pid
        self.collection = f"{PLAIN}/{self.namespace}/plainapprovals"

    async def propose(self, name: str, number: int, turn: int, watch: Watch) -> None:
        """Nothing but the object: there is no plan."""
        del watch
        spec = {"deployment": deployment(number), "replicas": turn}
        body = {
            "apiVersion": "bench.countersign.dev/v1",
            "kind": "PlainApproval",
            "metadata": {"name": name},
            "spec": spec,
        }
        await self._actors.admin.create(self.collection, body)

    async def sign(self, name: str) -> None:
        """One merge patch."""
        await self._actors.alice.patch(f"{self.collection}/{name}", _SIGNATURE)


class Floor(PlainKopf):
    """No operator: who signs makes the three writes as well, one after the other."""

    name = "floor"
    namespace = "bench-floor"

    def __init__(self, actors: Actors) -> None:
        super().__init__(actors, None)
        self._work: dict[str, tuple[str, JsonObject]] = {}

    async def propose(self, name: str, number: int, turn: int, watch: Watch) -> None:
        """The same object, in a namespace that no operator watches."""
        await super().propose(name, number, turn, watch)
        target = f"{ROOT}/{self.namespace}/deployments/{deployment(number)}"
        self._work[name] = (target, {"spec": {"replicas": turn}})

    async def sign(self, name: str) -> None:
        """The signature, then status, Deployment, status."""
        await super().sign(name)
        api, status = self._actors.bench, f"{self.collection}/{name}/status"
        target, change = self._work.pop(name)
        await api.patch(status, {"status": {"phase": "Approved"}})
        await api.patch(target, change)
        await api.patch(status, {"status": {"phase": "Succeeded", "message": "done"}})


class Countersign:
    """The operator, with all its guarantees; nothing is verified afterwards."""

    name = "countersign"
    namespace = "bench-countersign"
    share = 1
    verified = False

    def __init__(self, actors: Actors, pid: int | None) -> None:
        self._actors = actors
        self.pid = pid
        self.collection = f"{OURS}/{self.namespace}/approvalrequests"

    async def propose(self, name: str, number: int, turn: int, watch: Watch) -> None:
        """The request, and wait for its plan."""
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalRequest",
            "metadata": {"name": name},
            "spec": {
                "operation": self._operation(number, turn),
                "requestedBy": "agent",
                "verify": {"enabled": self.verified},
            },
        }
        seen = watch.expect(name, planned)
        await self._actors.agent.create(self.collection, body)
        await watch.seen(seen, name)

    async def sign(self, name: str) -> None:
        """One merge patch; the API server fills the plan's digest in."""
        await self._actors.alice.patch(f"{self.collection}/{name}", _SIGNATURE)

    def _operation(self, number: int, turn: int) -> JsonObject:
        target = {"kind": "Deployment", "name": deployment(number)}
        return {"type": "Scale", "target": target, "scale": {"replicas": turn}}


class CountersignVerified(Countersign):
    """The same, and the rollout is watched until it is complete."""

    name = "countersign, verified"
    namespace = "bench-verified"
    share = 4
    verified = True

    def _operation(self, number: int, turn: int) -> JsonObject:
        """A restart: of a Deployment without pods it is complete once the controller says so."""
        del turn
        target = {"kind": "Deployment", "name": deployment(number)}
        return {"type": "RestartRollout", "target": target}


async def settled(api: Api, namespace: str) -> None:
    """Wait until kube-controller-manager has seen the latest change of every Deployment."""
    while True:
        items = (await api.get(f"{ROOT}/{namespace}/deployments"))["items"]
        if all(_seen(item) for item in items):
            return
        await asyncio.sleep(0.25)


def _seen(item: JsonObject) -> bool:
    observed = (item.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= item["metadata"]["generation"])
