"""Many approvals at once, written and read through the API itself: kubectl would be the load."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import httpx

from devcluster import Cluster
from tests.support.eventually import eventually
from tests.support.knowledge import entries_about
from tests.support.shop import TERMINAL, Shop, condition

JsonObject = dict[str, Any]
Meanwhile = Callable[[], object]
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
STAMP = "countersign.dev/executed"
_APPROVALS = "/apis/countersign.dev/v1alpha1/namespaces/{namespace}/approvalrequests"
_PEOPLE = ("admin", "agent", "alice")
PATIENCE = 120.0
"""Seconds that anything may take on a machine that others use as well."""


def api_client(cluster: Cluster, user: str) -> httpx.Client:
    """The API server, spoken to as one of its people."""
    return httpx.Client(
        base_url=cluster.server,
        headers={"Authorization": f"Bearer {cluster.token(user)}"},
        verify=ssl.create_default_context(cafile=str(cluster.ca_file)),
        timeout=30.0,
        trust_env=False,
    )


class Crowd:
    """One namespace full of Deployments, each with a request of its own name to restart it."""

    def __init__(self, shop: Shop, people: dict[str, httpx.Client]) -> None:
        self.shop = shop
        self.namespace = shop.namespace
        self._people = people
        self._requests = _APPROVALS.format(namespace=shop.namespace)
        self._apps = f"/apis/apps/v1/namespaces/{shop.namespace}"

    @classmethod
    @contextmanager
    def gathered(cls, cluster: Cluster, names: Iterable[str] = ()) -> Iterator[Crowd]:
        """A namespace with an executing account and a Deployment of each name."""
        with ExitStack() as stack:
            people = {user: stack.enter_context(api_client(cluster, user)) for user in _PEOPLE}
            crowd = cls(Shop.opened(cluster), people)
            crowd.deploy(*names)
            yield crowd

    # --- What people do -----------------------------------------------------------------------

    def deploy(self, *names: str, replicas: int = 0, **spec: Any) -> None:
        """Create Deployments and wait until each has its first revision.

        Those of no replicas cost next to nothing, and a restart makes a new revision all the same.
        """
        for name in names:
            body = _deployment(name, replicas, spec)
            self._post("admin", f"{self._apps}/deployments", body)
        wanted = set(names)

        def settled() -> bool:
            live = self.deployments()
            return wanted <= self.revisions().keys() and all(
                live[name].get("status", {}).get("observedGeneration") == 1 for name in wanted
            )

        eventually(settled, what="every Deployment to have a revision", seconds=PATIENCE)

    def propose(self, *names: str, **spec: Any) -> None:
        """A request for each Deployment of these names, by the agent."""
        for name in names:
            action = f"kubectl rollout restart deployment/{name}"
            body = {
                "apiVersion": "countersign.dev/v1alpha1",
                "kind": "ApprovalRequest",
                "metadata": {"name": name},
                "spec": {"action": action, **spec},
            }
            self._post("agent", self._requests, body)

    def sign(self, *names: str) -> None:
        """Alice signs, as kubectl apply --server-side would send it."""
        for name in names:
            body = {
                "apiVersion": "countersign.dev/v1alpha1",
                "kind": "ApprovalRequest",
                "metadata": {"name": name},
                "spec": {"signatures": [{"signer": "alice", "decision": "Approve"}]},
            }
            answer = self._people["alice"].patch(
                f"{self._requests}/{name}",
                params={"fieldManager": "alice"},
                headers={"Content-Type": "application/apply-patch+yaml"},
                content=json.dumps(body),
            )
            assert answer.is_success, answer.text

    # --- What there is ------------------------------------------------------------------------

    def request(self, name: str) -> JsonObject:
        """One request as it is now."""
        answer = self._people["admin"].get(f"{self._requests}/{name}")
        return cast("JsonObject", answer.raise_for_status().json())

    def statuses(self) -> dict[str, JsonObject]:
        """The status of every request; {} while the API server is not there."""
        try:
            found = self._list(self._requests)
        except httpx.HTTPError:
            return {}
        return {item["metadata"]["name"]: item.get("status") or {} for item in found}

    def requests(self) -> dict[str, JsonObject]:
        """Every request."""
        return {item["metadata"]["name"]: item for item in self._list(self._requests)}

    def deployments(self) -> dict[str, JsonObject]:
        """Every Deployment."""
        found = self._list(f"{self._apps}/deployments")
        return {item["metadata"]["name"]: item for item in found}

    def revisions(self) -> Counter[str]:
        """How many ReplicaSets, that is revisions, each Deployment has had."""
        found = self._list(f"{self._apps}/replicasets")
        return Counter(item["metadata"]["labels"]["app"] for item in found)

    def end_events(self) -> Counter[str]:
        """How many Events say that a request has succeeded."""
        found = self._list(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events")
        return Counter(e["regarding"]["name"] for e in found if e["reason"] == "Succeeded")

    def knowledge(self) -> Counter[str]:
        """How many entries of one knowledge base tell of each request, by its UID.

        Of two operators with a base each, both may have written one.
        """
        maps = self._people["admin"].get(
            "/api/v1/configmaps", params={"labelSelector": "countersign.dev/store=knowledge"}
        )
        found = maps.raise_for_status().json()["items"]
        most: Counter[str] = Counter()
        for namespace in {each["metadata"]["namespace"] for each in found}:
            most |= entries_about(m for m in found if m["metadata"]["namespace"] == namespace)
        return most

    # --- Waiting ------------------------------------------------------------------------------

    def when_all_planned(self, *names: str, meanwhile: Meanwhile = lambda: None) -> None:
        """Wait until each of them can be signed."""
        self._when_all(names, is_planned, "every request to be planned", meanwhile)

    def when_all_ended(self, *names: str, meanwhile: Meanwhile = lambda: None) -> None:
        """Wait until each of them is over and has been written down."""
        self._when_all(names, is_over, "every request to end", meanwhile)

    def carried_out(self, name: str, **spec: Any) -> JsonObject:
        """Propose, sign, and wait for the end."""
        self.propose(name, **spec)
        self.when_all_planned(name)
        self.sign(name)
        self.when_all_ended(name)
        return self.request(name)

    def _when_all(self, names: Iterable[str], is_so: Any, what: str, meanwhile: Meanwhile) -> None:
        wanted = set(names)

        def look() -> bool:
            meanwhile()
            statuses = self.statuses()
            return wanted <= {name for name, status in statuses.items() if is_so(status)}

        try:
            eventually(look, what=what, seconds=PATIENCE)
        except AssertionError as error:
            laggards = {n: s for n, s in self.statuses().items() if n in wanted and not is_so(s)}
            raise AssertionError(f"{error}: {json.dumps(laggards, indent=1)[:4000]}") from None

    # --- The promise --------------------------------------------------------------------------

    def assert_each_took_effect_once(self, *names: str) -> None:
        """One new revision for each request, by its own hand, and all of it written down."""
        requests, deployments, revisions = self.requests(), self.deployments(), self.revisions()
        knowledge = self.knowledge()
        for name in names:
            request, live, status = requests[name], deployments[name], requests[name]["status"]
            template = live["spec"]["template"]["metadata"]
            assert status["phase"] == "Succeeded", (name, status)
            assert condition(status, "Recorded")["status"] == "True", (name, status)
            assert live["metadata"]["generation"] == 2, name
            assert revisions[name] == 2, name
            assert live["metadata"]["annotations"][STAMP] == request["metadata"]["uid"], name
            assert template["annotations"][RESTARTED_AT] == status["approvedAt"], name
            assert knowledge[request["metadata"]["uid"]] == 1, name
            assert "progress" not in status.get("kopf", {}), name

    def assert_each_was_told_once(self, *names: str) -> None:
        """One Event at the end of each."""
        told = self.end_events()
        assert {name: told[name] for name in names} == dict.fromkeys(names, 1)

    # --- Requests to the API server -----------------------------------------------------------

    def _post(self, user: str, path: str, body: JsonObject) -> None:
        answer = self._people[user].post(path, json=body)
        assert answer.is_success, answer.text

    def _list(self, path: str) -> list[JsonObject]:
        answer = self._people["admin"].get(path)
        return list(answer.raise_for_status().json()["items"])


def is_planned(status: JsonObject) -> bool:
    """Whether a request with this status can be signed."""
    return condition(status, "Planned").get("status") == "True"


def is_over(status: JsonObject) -> bool:
    """Whether nothing is left to be done about a request with this status."""
    recorded = condition(status, "Recorded")
    return status.get("phase") in TERMINAL and recorded.get("status", "True") == "True"


def numbered(count: int) -> tuple[str, ...]:
    """Names for so many."""
    return tuple(f"r{number:02d}" for number in range(count))


def _deployment(name: str, replicas: int, spec: JsonObject) -> JsonObject:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "example/web:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template,
            **spec,
        },
    }
