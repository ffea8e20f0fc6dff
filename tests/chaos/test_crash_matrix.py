"""kill -9 at each boundary of each operation: done once, ended rightly, nobody's work undone.

One run carries every operation to the same boundary at once; the proxy holds them there, the
operator is killed, and a new one has to make sense of what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import SETTINGS, kill_for_good
from tests.chaos.stays import EXEC, OPERATIONS, REPEATABLE, REQUEST, Stay, named, wait_for_the_end
from tests.support.cases import Case, state_of
from tests.support.effect_proxy import (
    EffectProxy,
    is_effect,
    is_final_status,
    is_watch,
    of,
)
from tests.support.eventually import eventually
from tests.support.fault_proxy import Fault, refused
from tests.support.shop import TERMINAL, condition
from tests.support.site import Site

RETRY = {"limit": 2, "delay": "3s"}
BOUNDARIES = ("before-the-effect", "after-the-effect", "in-verification", "in-a-retry-delay")
ENV = {
    **SETTINGS,
    "COUNTERSIGN_REQUEST_TIMEOUT": "90",  # What is held is not to time out.
    "COUNTERSIGN_PARALLEL": "64",
}
TOUCHED = tuple(
    case for case in REPEATABLE if isinstance(case.meddling, tuple) and case.name != "run-job"
)
"""Operations whose effect somebody can change by hand afterwards."""


@dataclass(frozen=True)
class Crash:
    """All of them, after the crash and the next start."""

    boundary: str
    stays: dict[str, Stay]
    operator: OperatorProcess

    def of(self, case: Case, *, touched: bool = False) -> Stay:
        return self.stays[_key(case, touched=touched)]


def _key(case: Case, *, touched: bool) -> str:
    return f"{case.name}-touched" if touched else case.name


def _arrived_at(boundary: str, proxy: EffectProxy, stays: list[Stay]) -> Any:
    """Arm the proxy; says when every operation has come to the boundary."""
    sites = {stay.site.namespace for stay in stays}
    if boundary == "in-a-retry-delay":
        for stay in stays:
            proxy.inject(Fault(of(stay.site.namespace, is_effect), refused(503)))

        def failed_once() -> bool:
            statuses = [stay.site.request(REQUEST).get("status") or {} for stay in stays]
            return all(each.get("attempts") for each in statuses)

        return failed_once
    fits = {
        "before-the-effect": is_effect,
        "after-the-effect": is_effect,
        "in-verification": lambda asked: is_watch(asked) or is_final_status(asked),
    }[boundary]
    hold = proxy.hold(fits, acted=boundary == "after-the-effect")
    return lambda: sites <= hold.reached


def _standing(stays: list[Stay], operator: OperatorProcess) -> str:
    """Where each operation stands, and what the operator said last of all."""
    statuses = {stay.case.name: stay.site.request(REQUEST).get("status") or {} for stay in stays}
    lines = [
        f"{name}: {status.get('phase')}, {len(status.get('attempts') or [])} attempts, "
        f"{status.get('message')}"
        for name, status in statuses.items()
    ]
    return "\n".join(["they are:", *lines, "its log ends:", operator.log_path.read_text()[-6000:]])


@pytest.fixture(scope="module", params=BOUNDARIES)
def crash(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Crash]:
    boundary: str = request.param
    wanted = [(case, False) for case in OPERATIONS]
    if boundary == "after-the-effect":
        wanted += [(case, True) for case in TOUCHED]
    with ExitStack() as stack:
        proxy = stack.enter_context(EffectProxy(cluster))
        direct = cluster.service_account_kubeconfig("countersign-system", "countersign-operator")
        env = {**ENV, "KUBECONFIG": str(proxy.kubeconfig(direct))}
        operator = cluster.start_operator(name=f"crash-{boundary}", env=env)
        stack.callback(operator.terminate)
        pool = stack.enter_context(ThreadPoolExecutor(8))
        stays = [
            Stay(case, site, RETRY, touched)
            for (case, touched), site in zip(
                wanted, pool.map(lambda _: Site.opened(cluster), wanted), strict=True
            )
        ]
        stack.callback(lambda: list(pool.map(Stay.close, stays)))
        list(pool.map(Stay.begin, stays))
        arrived = _arrived_at(boundary, proxy, stays)
        list(pool.map(Stay.sign, stays))
        try:
            eventually(arrived, what=f"every operation to be {boundary}", seconds=60)
        except AssertionError as error:
            raise AssertionError(f"{error}; {_standing(stays, operator)}") from None
        kill_for_good(cluster, operator)
        list(pool.map(Stay.touch, stays))
        proxy.calm()
        operator.start()
        operator.wait_until_ready()
        wait_for_the_end(cluster, stays, proxy.effects)
        yield Crash(boundary, {_key(s.case, touched=s.touched): s for s in stays}, operator)


@pytest.mark.parametrize("case", REPEATABLE, ids=named)
def test_it_is_done_once_and_ends_well(crash: Crash, case: Case) -> None:
    stay = crash.of(case)
    stay.assert_done_once(retries=int(crash.boundary == "in-a-retry-delay"))
    assert crash.operator.alive()


def test_a_command_never_runs_twice_and_what_is_not_known_is_said(crash: Crash) -> None:
    stay = crash.of(EXEC)
    assert stay.status["phase"] == "Failed"
    ran = {"after-the-effect": 1, "in-verification": 1}.get(crash.boundary, 0)
    assert stay.effects == ran
    reason = condition(stay.status, "Executed")["reason"]
    if crash.boundary == "in-a-retry-delay":
        # Refused before it began: known not to have run, and not repeatable.
        assert reason != "OutcomeUnknown"
    else:
        assert reason == "OutcomeUnknown"
        assert "It may have run or not" in stay.status["message"]


@pytest.mark.parametrize("crash", ["after-the-effect"], indirect=True)
@pytest.mark.parametrize("case", TOUCHED, ids=named)
def test_what_a_person_has_changed_since_is_not_overwritten(crash: Crash, case: Case) -> None:
    stay = crash.of(case, touched=True)
    assert stay.status["phase"] in TERMINAL
    assert state_of(case.seen(stay.site)) == stay.by_hand
    assert stay.effects == 1
