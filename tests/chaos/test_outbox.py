"""What follows an execution, on the real API server: written once, whatever was killed or down.

One run carries a request to each boundary between two effects; the proxy holds them there, the
operator is killed with ``kill -9``, and a new one has to go on from what it finds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import KILLED
from tests.support.effect_proxy import is_final_status
from tests.support.eventually import eventually
from tests.support.fault_proxy import Answer, Asked, Exchange, Fault, FaultProxy
from tests.support.hook import Hook
from tests.support.shop import JsonObject, Shop, condition

SCALE = "kubectl scale deployment/web --replicas=2"
SYSTEM = "countersign-system"
ENV = {**KILLED, "COUNTERSIGN_REQUEST_TIMEOUT": "90"}
"""What is held is not to time out."""
PATIENCE = 60.0


@dataclass
class Stay:
    """A shop with an incident, and one request that repairs it."""

    shop: Shop
    boundary: str
    acted: bool
    uid: str = ""
    incident_uid: str = ""
    reached: bool = False

    @classmethod
    def opened(cls, cluster: Cluster, boundary: str, *, acted: bool) -> Stay:
        stay = cls(Shop.opened(cluster), boundary, acted)
        stay.shop.deploy("web", replicas=1)
        stay.shop.settled("web")
        return stay

    def begin(self) -> None:
        """Everything up to the signature."""
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "Incident",
            "metadata": {"name": "inc-1"},
            "spec": {"signals": [{"labels": {"alertname": "TooFew", "app": "web"}}]},
        }
        self.shop.kubectl("create", "-f", "-", input=json.dumps(body))
        made = self.shop.propose(
            "r", action=SCALE, description="For INC-1.", verify={"enabled": False}
        )
        self.uid = made["metadata"]["uid"]
        self.shop.planned("r")
        self.incident_uid = eventually(self._counted, what="the incident to be counted")

    def _counted(self) -> str | None:
        incident = self.shop.get("incident", "inc-1")
        counted = "anomaly" in incident.get("status", {})
        return str(incident["metadata"]["uid"]) if counted else None

    # --- Its boundary -----------------------------------------------------------------------------

    def fits(self, asked: Asked) -> bool:
        """Whether a request to the API server is the one that this stay is held at."""
        return asked.method in ("PATCH", "POST") and BOUNDARIES[self.boundary](self, asked)

    async def hold(self, exchange: Exchange) -> Answer:
        """Nothing more is heard of it."""
        if self.acted:
            await exchange.passed_on()
        self.reached = True
        await asyncio.Event().wait()
        raise AssertionError("an Event that nobody sets was set")

    # --- What there is in the end -----------------------------------------------------------------

    def recorded(self) -> JsonObject:
        """Wait until nothing is left to be done."""

        def is_so(status: JsonObject) -> bool:
            return condition(status, "Recorded").get("status") == "True"

        return self.shop.when("r", is_so, seconds=PATIENCE)

    def assert_all_is_written_once(self) -> None:
        status = self.recorded()["status"]
        assert status["phase"] == "Succeeded"
        effects = {name: each["state"] for name, each in status["effects"].items()}
        messages = {each for name, each in effects.items() if name.startswith("message-")}
        assert messages <= {"Done", "Skipped"}
        rest = {name: each for name, each in effects.items() if not name.startswith("message-")}
        assert rest == dict.fromkeys(("knowledge", "incident", "playbook", "learning"), "Done")
        incident = self.shop.get("incident", "inc-1")["status"]
        assert incident["phase"] == "Resolved"
        assert [each["uid"] for each in incident["dispositions"]] == [self.uid]
        [playbook] = json.loads(self.shop.kubectl("get", "playbooks", "-o", "json").stdout)["items"]
        assert playbook["spec"]["sourceIncidents"] == ["inc-1"]
        assert [each["uid"] for each in playbook["status"]["outcomes"]] == [self.uid]
        assert (playbook["status"]["executions"], playbook["status"]["successes"]) == (1, 1)
        assert self.shop.get("deployment", "web")["metadata"]["generation"] == 2


def _is_store(asked: Asked) -> bool:
    return f"/namespaces/{SYSTEM}/configmaps" in asked.path


def _is_of(stay: Stay, asked: Asked, path: str) -> bool:
    return f"/namespaces/{stay.shop.namespace}/{path}" in asked.path


Fits = Callable[[Stay, Asked], bool]
BOUNDARIES: dict[str, Fits] = {
    "knowledge": lambda stay, asked: _is_store(asked) and stay.uid.encode() in asked.body,
    "final-status": lambda stay, asked: (
        _is_of(stay, asked, "approvalrequests/") and is_final_status(asked)
    ),
    "entry-of-the-incident": lambda stay, asked: (
        _is_store(asked) and stay.incident_uid.encode() in asked.body
    ),
    "incident": lambda stay, asked: _is_of(stay, asked, "incidents/"),
    "playbook": lambda stay, asked: _is_of(stay, asked, "playbooks") and asked.method == "POST",
    "learning": lambda stay, asked: _is_of(stay, asked, "playbooks/"),
    "what-is-done": lambda stay, asked: (
        _is_of(stay, asked, "approvalrequests/")
        and b'"learning"' in asked.body
        and not is_final_status(asked)
    ),
}


@dataclass
class Crash:
    """All of them, after the crash and the next start."""

    stays: dict[tuple[str, bool], Stay]
    operator: OperatorProcess
    hook: Hook
    left: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def crash(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crash]:
    wanted = [(boundary, acted) for boundary in BOUNDARIES for acted in (False, True)]
    with ExitStack() as stack:
        hook = stack.enter_context(Hook())
        proxy = stack.enter_context(FaultProxy(cluster))
        direct = cluster.service_account_kubeconfig(SYSTEM, "countersign-operator")
        told = hook.environment(tmp_path_factory.mktemp("hook"))
        env = {**ENV, **told, "KUBECONFIG": str(proxy.kubeconfig(direct))}
        operator = cluster.start_operator(name="outbox", env=env)
        stack.callback(operator.terminate)
        pool = stack.enter_context(ThreadPoolExecutor(8))
        stays = list(pool.map(lambda each: Stay.opened(cluster, each[0], acted=each[1]), wanted))
        list(pool.map(Stay.begin, stays))
        faults = [proxy.inject(Fault(stay.fits, stay.hold)) for stay in stays]
        list(pool.map(lambda stay: stay.shop.sign("r"), stays))
        crash = Crash({(s.boundary, s.acted): s for s in stays}, operator, hook)

        def arrived() -> bool:
            crash.left = [stay.boundary for stay in stays if not stay.reached]
            return not crash.left

        eventually(arrived, what="every request to be at its boundary", seconds=25)
        operator.kill()
        for fault in faults:
            fault.times = 0
        operator.start()
        yield crash


@pytest.mark.parametrize("acted", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_between_any_two_effects_all_is_written_once(
    crash: Crash, boundary: str, acted: bool
) -> None:
    stay = crash.stays[boundary, acted]
    stay.assert_all_is_written_once()
    assert {each.partition("-")[0] for each in crash.hook.steps(stay.uid)} >= {
        "signature", "approved", "executed",
    }  # fmt: skip
    assert crash.operator.alive()


def test_each_execution_and_each_incident_is_in_the_knowledge_once(
    crash: Crash, cluster: Cluster
) -> None:
    for stay in crash.stays.values():
        stay.recorded()
    get = cluster.kubectl("-n", SYSTEM, "get", "configmaps", "-o", "json")
    data = [each.get("data") or {} for each in json.loads(get.stdout)["items"]]
    for stay in crash.stays.values():
        for uid in (stay.uid, stay.incident_uid):
            assert sum(key == uid for each in data for key in each) == 1


# --- Down, and back -------------------------------------------------------------------------------


def _role(cluster: Cluster) -> JsonObject:
    get = cluster.kubectl("-n", SYSTEM, "get", "role", "countersign-operator", "-o", "json")
    role: JsonObject = json.loads(get.stdout)
    for key in ("resourceVersion", "uid", "creationTimestamp", "managedFields"):
        role["metadata"].pop(key, None)
    return role


def _without_config_maps(role: JsonObject) -> JsonObject:
    rules: list[Any] = [each for each in role["rules"] if "configmaps" not in each["resources"]]
    return {**role, "rules": rules}


def test_a_store_and_a_channel_that_were_down_get_everything_once_they_are_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    role = _role(cluster)
    with ExitStack() as stack:
        hook = stack.enter_context(Hook())
        operator = cluster.start_operator(name="down", env={**KILLED, **hook.environment(tmp_path)})
        stack.callback(operator.terminate)
        stay = Stay.opened(cluster, "none", acted=False)
        stay.begin()
        hook.answer = 503
        replace = ("replace", "-f", "-")
        stack.callback(lambda: cluster.kubectl(*replace, input=json.dumps(role)))
        cluster.kubectl(*replace, input=json.dumps(_without_config_maps(role)))
        stay.shop.sign("r")

        def is_tried(status: JsonObject) -> bool:
            effects = status.get("effects", {})
            return effects.get("learning", {}).get("state") == "Done"

        status = stay.shop.when("r", is_tried)["status"]
        assert status["phase"] == "Succeeded"
        assert condition(status, "Recorded")["status"] == "False"
        assert status["effects"]["knowledge"]["state"] == "Pending"
        assert "forbidden" in status["effects"]["knowledge"]["message"]
        assert status["effects"]["message-executed"]["state"] == "Pending"
        assert stay.shop.get("incident", "inc-1")["status"]["phase"] == "Resolved"
        eventually(lambda: hook.asked > 1, what="the channel to be asked")
        operator.kill()
        cluster.kubectl(*replace, input=json.dumps(role))
        hook.answer = 204
        operator.start()
        stay.assert_all_is_written_once()
        assert "executed" in hook.steps(stay.uid)
        asked = hook.asked
        assert stay.recorded()["status"]["knowledge"]["entry"] == stay.uid
        assert hook.asked == asked
