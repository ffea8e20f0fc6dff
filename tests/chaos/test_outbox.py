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

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import SETTINGS, kill_for_good
from tests.chaos.repairs import SYSTEM, Repair
from tests.support.effect_proxy import is_final_status
from tests.support.eventually import eventually
from tests.support.fault_proxy import Answer, Asked, Exchange, Fault, FaultProxy
from tests.support.hook import Hook
from tests.support.knowledge import entries_about

ENV = {**SETTINGS, "COUNTERSIGN_REQUEST_TIMEOUT": "90"}
"""What is held is not to time out."""


@dataclass
class Stay(Repair):
    """One that is held at a boundary."""

    boundary: str = ""
    acted: bool = False
    reached: bool = False

    @classmethod
    def at(cls, cluster: Cluster, boundary: str, *, acted: bool) -> Stay:
        """``acted``: held once the API server has done as it was told."""
        stay = cls.opened(cluster)
        stay.boundary, stay.acted = boundary, acted
        return stay

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
        stays = list(pool.map(lambda each: Stay.at(cluster, each[0], acted=each[1]), wanted))
        list(pool.map(Stay.begin, stays))
        faults = [proxy.inject(Fault(stay.fits, stay.hold)) for stay in stays]
        list(pool.map(lambda stay: stay.shop.sign("r"), stays))
        crash = Crash({(s.boundary, s.acted): s for s in stays}, operator, hook)

        def arrived() -> bool:
            crash.left = [stay.boundary for stay in stays if not stay.reached]
            return not crash.left

        eventually(arrived, what="every request to be at its boundary", seconds=25)
        kill_for_good(cluster, operator)
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
    kept = ("-l", "countersign.dev/store=knowledge", "-o", "json")
    get = cluster.kubectl("-n", SYSTEM, "get", "configmaps", *kept)
    maps = json.loads(get.stdout)["items"]
    about = entries_about(maps)
    for stay in crash.stays.values():
        assert about[stay.uid] == 1
        assert sum(key == stay.incident_uid for each in maps for key in each["data"]) == 1
