"""A network that fails between the operator and the API server: once is still once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.crowd import Crowd
from tests.support.eventually import eventually
from tests.support.fault_proxy import (
    Asked,
    Fault,
    FaultProxy,
    Happening,
    cut_off,
    end,
    refused,
    reset_after,
    reset_before,
    silence,
    slow,
)
from tests.support.shop import condition

LATER, STORE_DOWN = "plan-met-an-error", "store-down"
"""Tried again half a minute later; their tests come last, so that nobody waits for that."""
RETRY = {"limit": 2, "delay": "100ms"}
REQUEST_TIMEOUT = 3.0
ENV = {
    "COUNTERSIGN_REQUEST_TIMEOUT": str(REQUEST_TIMEOUT),
    "COUNTERSIGN_SWEEP_SECONDS": "5",
}


@dataclass(frozen=True)
class Stage:
    """An operator that reaches the API server by way of the proxy alone."""

    crowd: Crowd
    proxy: FaultProxy
    operator: OperatorProcess

    def fault(self, fits: Callable[[Asked], bool], happens: Happening, *, times: int = 1) -> Fault:
        """Something goes wrong from now on."""
        return self.proxy.inject(Fault(fits, happens, times))


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Iterator[Stage]:
    with FaultProxy(cluster) as proxy, Crowd.gathered(cluster) as crowd:
        direct = cluster.service_account_kubeconfig("countersign-system", "countersign-operator")
        env = {**ENV, "KUBECONFIG": str(proxy.kubeconfig(direct))}
        operator = cluster.start_operator(name="proxied", env=env)
        crowd.deploy(LATER, STORE_DOWN)
        proxy.inject(Fault(reading(LATER), reset_before, times=2))  # A GET is repeated by itself.
        crowd.propose(LATER, STORE_DOWN)
        crowd.when_all_planned(STORE_DOWN)
        store_down = proxy.inject(Fault(saving, refused(503)))
        crowd.sign(STORE_DOWN)
        eventually(lambda: is_unwritten(crowd.statuses()[STORE_DOWN]), what="it to be unwritten")
        assert store_down.met == 1
        yield Stage(crowd, proxy, operator)
        assert operator.terminate() == 0


def effect_on(name: str) -> Callable[[Asked], bool]:
    """The write that carries an action out."""

    def fits(request: Asked) -> bool:
        is_target = request.path.endswith(f"/deployments/{name}")
        return request.method == "PATCH" and is_target and "dryRun" not in request.query

    return fits


def watch_of(name: str) -> Callable[[Asked], bool]:
    """What an outcome is seen by."""

    def fits(request: Asked) -> bool:
        selected = request.query.get("fieldSelector") == f"metadata.name={name}"
        return request.query.get("watch") == "true" and selected

    return fits


def reading(name: str) -> Callable[[Asked], bool]:
    def fits(request: Asked) -> bool:
        return request.method == "GET" and request.path.endswith(f"/deployments/{name}")

    return fits


def saving(request: Asked) -> bool:
    """What writes knowledge down."""
    return request.method == "PATCH" and "/configmaps/countersign-knowledge" in request.path


def is_unwritten(status: dict[str, Any]) -> bool:
    """Whether it is over, but for its knowledge."""
    recorded = condition(status, "Recorded").get("status")
    return status.get("phase") == "Succeeded" and recorded == "False"


def assert_told(status: dict[str, Any], retries: int) -> None:
    """Each retry is in the attempts, in the timeline and in the outcome's sentence."""
    assert len(status["attempts"]) == retries + 1
    assert [a.get("transient") for a in status["attempts"]] == [True] * retries + [None]
    warnings = [e for e in status["timeline"] if (e["type"], e["status"]) == ("exec", "warning")]
    assert len(warnings) == retries
    for number, warning in enumerate(warnings, start=1):
        assert f"{number}/2" in warning["title"]
        assert status["attempts"][number - 1]["error"] in warning["description"]
    noun = "retry" if retries == 1 else "retries"
    said = f"succeeded after {retries} {noun}"
    assert (said in status["message"]) == (retries > 0), status["message"]


CASES: dict[str, tuple[Happening, int, int]] = {
    # What happens, how many times, and how many retries that takes.
    "reset-before-the-server-acted": (reset_before, 1, 1),
    "reset-after-the-server-acted": (reset_after, 1, 1),
    "reset-twice-after-the-server-acted": (reset_after, 2, 2),
    "answer-cut-off-after-the-server-acted": (cut_off, 1, 1),
    "answer-slower-than-the-timeout": (slow(REQUEST_TIMEOUT + 1), 1, 1),
    "answer-slow-but-in-time": (slow(0.5), 1, 0),
    "conflict": (refused(409), 1, 0),
    "too-many-requests": (refused(429, Retry_After="1"), 1, 1),
    "internal-error": (refused(500), 1, 1),
    "internal-error-twice": (refused(500), 2, 2),
    "service-unavailable": (refused(503), 2, 2),
}


@pytest.mark.parametrize("case", CASES)
def test_the_effect_comes_once_whatever_happens_to_its_write(stage: Stage, case: str) -> None:
    happens, times, retries = CASES[case]
    stage.crowd.deploy(case)
    fault = stage.fault(effect_on(case), happens, times=times)
    done = stage.crowd.carried_out(case, retry=RETRY)
    assert fault.met == times
    stage.crowd.assert_each_took_effect_once(case)
    assert_told(done["status"], retries)
    assert stage.operator.alive()


def test_an_error_that_stays_ends_after_the_last_retry(stage: Stage) -> None:
    stage.crowd.deploy("stays")
    fault = stage.fault(effect_on("stays"), refused(503, "the server is down"), times=99)
    status = stage.crowd.carried_out("stays", retry=RETRY)["status"]
    assert fault.met == 3
    assert status["phase"] == "Failed"
    assert condition(status, "Executed")["reason"] == "RetriesExhausted"
    assert status["message"] == "Gave up after 2 retries: the server is down"
    assert [attempt["transient"] for attempt in status["attempts"]] == [True] * 3
    assert stage.crowd.revisions()["stays"] == 1


def test_the_server_s_retry_after_is_waited_for(stage: Stage) -> None:
    stage.crowd.deploy("asked-to-wait")
    stage.fault(effect_on("asked-to-wait"), refused(429, Retry_After="2"))
    status = stage.crowd.carried_out("asked-to-wait", retry=RETRY)["status"]
    [warning] = [event for event in status["timeline"] if event["status"] == "warning"]
    assert "in 2 s" in warning["description"]


@pytest.mark.parametrize(("name", "reason"), [("no-right", "Forbidden"), ("vetoed", "Blocked")])
def test_a_permanent_error_is_not_retried(stage: Stage, name: str, reason: str) -> None:
    stage.crowd.deploy(name)
    account = f"system:serviceaccount:{stage.crowd.namespace}:countersign-executor"
    said = {
        "no-right": f'"{name}" is forbidden: User "{account}" cannot patch resource "deployments"',
        "vetoed": 'admission webhook "freeze.example.com" denied the request: you cannot do that',
    }[name]
    fault = stage.fault(effect_on(name), refused(403, said), times=99)
    status = stage.crowd.carried_out(name, retry=RETRY)["status"]
    assert (
        fault.met == 2
    )  # A 403 is believed on asking a ready server once more; no attempt follows.
    assert status["phase"] == "Failed"
    executed = condition(status, "Executed")
    assert (executed["status"], executed["reason"]) == ("False", reason)
    assert said in executed["message"]
    assert [attempt["transient"] for attempt in status["attempts"]] == [False]
    assert stage.crowd.revisions()[name] == 1


def test_a_final_status_that_is_not_written_is_written_later(stage: Stage) -> None:
    stage.crowd.deploy("status-lost")

    def final(request: Asked) -> bool:
        is_status = request.path.endswith("/approvalrequests/status-lost/status")
        return request.method == "PATCH" and is_status and b'"Succeeded"' in request.body

    stage.fault(final, reset_before)
    stage.crowd.carried_out("status-lost")
    stage.crowd.assert_each_took_effect_once("status-lost")
    stage.crowd.assert_each_was_told_once("status-lost")


@pytest.mark.parametrize("how", [end, silence])
def test_a_rollout_is_seen_to_be_done_although_its_watch_fails(
    stage: Stage, how: Happening
) -> None:
    name = f"watch-{how.__name__}"
    # It is still under way when the watch begins: a pod counts only after two seconds.
    stage.crowd.deploy(name, replicas=1, minReadySeconds=2)
    fault = stage.fault(watch_of(name), how, times=9)
    stage.crowd.carried_out(name, verify={"timeout": "6s"})
    assert fault.met >= 1
    stage.crowd.assert_each_took_effect_once(name)


def test_a_plan_that_met_an_error_is_made_later(stage: Stage) -> None:
    """Nobody has signed yet, so there is no hurry."""
    stage.crowd.when_all_planned(LATER)
    stage.crowd.sign(LATER)
    stage.crowd.when_all_ended(LATER)
    stage.crowd.assert_each_took_effect_once(LATER)


def test_knowledge_that_cannot_be_written_is_written_later(stage: Stage) -> None:
    stage.crowd.when_all_ended(STORE_DOWN)
    stage.crowd.assert_each_took_effect_once(STORE_DOWN)
    stage.crowd.assert_each_was_told_once(STORE_DOWN)
